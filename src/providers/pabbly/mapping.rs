//! Where the body of a webhook has what: JSON Pointers, the account's own or those that are likely.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::providers::Keys;
use crate::yaml::{Node, Problem};

/// A field that is looked for: its name in `webhook:` and where it is looked for, in this order, unless the account says where.
struct Field {
    name: &'static str,
    places: &'static [&'static str],
}

/// All of them. The order of `text` is from the ways in which such bodies are known to be written; the rest is inferred.
const FIELDS: [Field; 8] = [
    Field {
        name: "from",
        places: &[
            "/from",
            "/message/from",
            "/wa_id",
            "/waId",
            "/mobile",
            "/phone",
            "/contact/mobile",
            "/contact/phone",
            "/contact/wa_id",
            "/sender/phone",
            "/sender",
        ],
    },
    Field {
        name: "name",
        places: &["/name", "/contact/name", "/contact/profile/name", "/profile/name", "/sender/name", "/senderName"],
    },
    Field {
        name: "text",
        places: &[
            "/message/body/text",
            "/message/body",
            "/message/text",
            "/message",
            "/text",
            "/body",
            "/message/payload/title",
            "/interactive/button_reply/title",
            "/interactive/list_reply/title",
            "/message/interactive/button_reply/title",
            "/message/interactive/list_reply/title",
            "/message/text/body",
            "/text/body",
            "/message/caption",
            "/caption",
        ],
    },
    Field {
        name: "id",
        places: &["/message/id", "/message/wamid", "/message/_id", "/wamid", "/messageId", "/message_id", "/id"],
    },
    Field { name: "type", places: &["/message/type", "/messageType", "/message/messageType", "/type"] },
    Field {
        name: "at",
        places: &["/message/timestamp", "/timestamp", "/message/createdAt", "/createdAt", "/created_at", "/at"],
    },
    Field {
        name: "reply_to",
        places: &[
            "/message/context/id",
            "/message/context/message_id",
            "/context/id",
            "/context/message_id",
            "/message/replyTo",
            "/replyTo",
            "/message/reply_to",
            "/reply_to",
        ],
    },
    // Unless the account says what, all of the body.
    Field { name: "data", places: &[""] },
];
/// A body may wrap what it tells in one of these.
const ROOTS: [&str; 3] = ["", "/data", "/payload"];

/// The account's own pointers, by field.
#[derive(Debug, Default)]
pub(super) struct Mapping(BTreeMap<&'static str, String>);

impl Mapping {
    /// Read `webhook:`.
    pub(super) fn read(node: Option<&Node>) -> (Self, Vec<Problem>) {
        let Some(node) = node else { return (Self::default(), Vec::new()) };
        let mut keys = Keys::new(node, "`webhook`");
        let names = FIELDS.map(|field| field.name);
        let help = format!("write `webhook: {{text: /message/body}}`; its keys are {}", names.join(", "));
        if node.entries().is_empty() {
            keys.wrong(&node.at, "`webhook` must be a mapping of JSON Pointers", help.clone());
        }
        for (key, _) in node.entries() {
            if !names.contains(&key.text.as_str()) {
                keys.wrong(&key.at, "`webhook` has no such key", help.clone());
            }
        }
        let is_pointer = |text: &str| text.starts_with('/').then(|| text.to_owned());
        let own = names
            .into_iter()
            .filter_map(|name| Some((name, keys.read(name, "a JSON Pointer like `/message/from`", is_pointer)?)));
        let mapping = Self(own.collect());
        (mapping, keys.into_problems())
    }

    /// The first of a field's places that has something readable.
    pub(super) fn first<T>(&self, body: &Json, field: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        if let Some(pointer) = self.0.get(field) {
            return body.pointer(pointer).and_then(read);
        }
        let places = FIELDS.iter().find(|known| known.name == field).map_or(&[][..], |known| known.places);
        among(body, places, read)
    }
}

/// What a body tells, however it is wrapped.
pub(super) fn wrapped(body: &Json) -> impl Iterator<Item = &Json> {
    ROOTS.iter().filter_map(|root| body.pointer(root))
}

/// The first of these places that has something readable.
pub(super) fn among<T>(body: &Json, places: &[&str], read: impl Fn(&Json) -> Option<T>) -> Option<T> {
    wrapped(body).find_map(|inner| places.iter().find_map(|place| inner.pointer(place).and_then(&read)))
}
