//! Messages of contacts, of every kind that WhatsApp has, and those of humans on our side that it echoes.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::fields::{self, Object};
use super::{Reader, Told, data, faults::Fault, people};
use crate::domain::{Attachment, Body, Edit, Message, MessageId, MessageKind, Outgoing, Thread, hex};
use crate::providers::quoted;

/// Types of messages, what they are to us. A type that is not here is `Unsupported`.
const KINDS: [(&str, MessageKind); 16] = [
    ("text", MessageKind::Text),
    ("image", MessageKind::Image),
    ("audio", MessageKind::Audio),
    ("voice", MessageKind::Audio),
    ("video", MessageKind::Video),
    ("document", MessageKind::Document),
    ("sticker", MessageKind::Sticker),
    ("location", MessageKind::Location),
    ("contacts", MessageKind::Contacts),
    ("button", MessageKind::Button),
    ("interactive", MessageKind::Option),
    ("reaction", MessageKind::Reaction),
    ("order", MessageKind::Order),
    ("system", MessageKind::System),
    ("unsupported", MessageKind::Unsupported),
    ("unknown", MessageKind::Unsupported),
];
/// Ids that a `system` message of a changed number or id names: the new one first, then the old.
const CHANGED: [&str; 5] = ["wa_id", "new_wa_id", "user_id", "customer", "old_user_id"];
/// Bytes of a hash that stand for a message without an id.
const HASH_BYTES: usize = 16;

impl Reader<'_> {
    /// The messages of a change.
    pub(super) fn messages(&self, value: &Object, channel_id: Option<&str>, told: &mut Told) {
        let messages = fields::list(value, "messages");
        for message in messages {
            let Some(message) = message.as_object() else {
                told.unfit.push("a message that is no object".into());
                continue;
            };
            let contact = people::contact(value, message, &["from", "from_user_id"], messages.len() == 1);
            self.message(message, contact, channel_id, told);
        }
    }

    /// One message; `contact` is what is told of the person beside it.
    pub fn message(&self, message: &Object, contact: Option<&Object>, channel_id: Option<&str>, told: &mut Told) {
        let Some(thread) = people::of_sender(message, contact, channel_id) else {
            return told.unfit.push("a message without a sender".into());
        };
        let id = fields::id(message.get("id"));
        let key = format!("message/{}", id.clone().unwrap_or_else(|| hash(message)));
        let at = fields::time(message.get("timestamp"), self.now);
        let id = id.map(MessageId::from);
        let kind = type_of(message);
        let (thread, body) = match kind {
            "edit" | "revoke" => (thread, edit(message, kind)),
            // Somebody opened the chat for the first time and has not written yet.
            "request_welcome" => (thread, Body::Facts),
            "system" => (after_change(thread, message), Body::Message(incoming(message, kind, id, contact))),
            _ => (thread, Body::Message(incoming(message, kind, id, contact))),
        };
        told.news.push(self.event(thread, Some(key), at, body));
    }

    /// Messages that humans on our side wrote on their phone.
    pub(super) fn echoes(&self, value: &Object, channel_id: Option<&str>, told: &mut Told) {
        let echoes = fields::list(value, "message_echoes");
        for echo in echoes {
            let Some(echo) = echo.as_object() else {
                told.unfit.push("an echo that is no object".into());
                continue;
            };
            let contact = people::contact(value, echo, &["to", "to_user_id"], echoes.len() == 1);
            self.echo(echo, contact, channel_id, told);
        }
    }

    fn echo(&self, echo: &Object, contact: Option<&Object>, channel_id: Option<&str>, told: &mut Told) {
        let kind = type_of(echo);
        if matches!(kind, "edit" | "revoke" | "reaction") {
            return told.ignore("echo", format!("a human's {kind}"));
        }
        let Some(thread) = people::of(echo, &["to", "to_user_id"], contact, channel_id) else {
            return told.unfit.push("an echo without its recipient".into());
        };
        let id = fields::id(echo.get("id"));
        let key = format!("message/{}", id.clone().unwrap_or_else(|| hash(echo)));
        let at = fields::time(echo.get("timestamp"), self.now);
        let outgoing = Outgoing { message: id.map(MessageId::from), job: None, text: text(echo, kind) };
        told.news.push(self.event(thread, Some(key), at, Body::Outgoing(outgoing)));
    }
}

/// The type that a message says, else the first known one that it has something under.
fn type_of(message: &Object) -> &str {
    let said = message.get("type").and_then(Json::as_str).filter(|kind| !kind.is_empty());
    let shown = || KINDS.iter().map(|(name, _)| *name).find(|name| message.get(*name).is_some_and(Json::is_object));
    said.or_else(shown).unwrap_or_default()
}

fn incoming(message: &Object, kind: &str, id: Option<MessageId>, contact: Option<&Object>) -> Message {
    let known = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, known)| *known);
    let fault = Fault::first(message.get("errors"));
    let error = match (known, fault) {
        (_, Some(fault)) => Some(fault.words),
        (None | Some(MessageKind::Unsupported), None) => Some(format!("a message of the type `{}`", quoted(kind))),
        (Some(_), None) => None,
    };
    Message {
        id,
        kind: known.unwrap_or(MessageKind::Unsupported),
        text: text(message, kind),
        attachments: attachment(message, kind).into_iter().collect(),
        location: fields::object(message, "location").and_then(fields::location),
        option: option(message, kind),
        reply_to: fields::object(message, "context")
            .and_then(|context| fields::id(context.get("id")))
            .map(MessageId::from),
        contacts: data::cards(message),
        data: data::of(message, contact, known.is_none()),
        error,
    }
}

/// What people read of a message: its text, its caption, the label that was pressed, the mark that was set.
fn text(message: &Object, kind: &str) -> String {
    let within =
        |key: &str| fields::object(message, kind).map(|inner| fields::text(inner.get(key))).unwrap_or_default();
    match kind {
        "text" | "system" => within("body"),
        "image" | "video" | "document" | "audio" | "voice" | "sticker" => within("caption"),
        "button" => within("text"),
        "reaction" => within("emoji"),
        "interactive" => chosen(message).map(|(_, title)| title).unwrap_or_default(),
        _ => String::new(),
    }
}

fn option(message: &Object, kind: &str) -> Option<String> {
    match kind {
        "button" => fields::id(fields::object(message, "button")?.get("payload")),
        "interactive" => chosen(message)?.0,
        _ => None,
    }
}

/// Id and title of what was pressed; a form filled in has the words that stand in the chat.
fn chosen(message: &Object) -> Option<(Option<String>, String)> {
    let interactive = fields::object(message, "interactive")?;
    for reply in ["button_reply", "list_reply"] {
        if let Some(reply) = fields::object(interactive, reply) {
            return Some((fields::id(reply.get("id")), fields::text(reply.get("title"))));
        }
    }
    let form = fields::object(interactive, "nfm_reply").map(|form| fields::text(form.get("body")));
    // Our own side's, in echoes.
    let body = || fields::object(interactive, "body").map(|body| fields::text(body.get("text")));
    form.or_else(body).map(|text| (None, text))
}

fn attachment(message: &Object, kind: &str) -> Option<Attachment> {
    let shown_as = match kind {
        "image" | "video" | "document" | "audio" | "sticker" => kind,
        "voice" => "audio",
        _ => return None,
    };
    let file = fields::object(message, kind)?;
    let text = |key: &str| Some(fields::text(file.get(key))).filter(|text| !text.is_empty());
    Some(Attachment {
        kind: shown_as.to_owned(),
        id: fields::id(file.get("id")),
        mime: text("mime_type"),
        name: text("filename"),
        url: fields::url(file.get("url")).or_else(|| fields::url(file.get("link"))),
        size: file.get("file_size").and_then(Json::as_u64),
    })
}

/// A message that was changed or taken back: the event has an id of its own and names the message.
fn edit(message: &Object, kind: &str) -> Body {
    let change = fields::object(message, kind);
    let original = change.and_then(|change| fields::id(change.get("original_message_id")));
    let new = change.and_then(|change| fields::object(change, "message"));
    let text = (kind == "edit").then(|| new.map(|new| text(new, type_of(new))).unwrap_or_default());
    Body::Edited(Edit { message: original.map(MessageId::from), text })
}

/// A changed number or id: the conversation is found by the old one, and goes by the new one from now on.
fn after_change(thread: Thread, message: &Object) -> Thread {
    let Some(system) = fields::object(message, "system") else { return thread };
    let changed = people::ids(system, &CHANGED);
    let phone = changed.iter().find_map(|id| fields::phone(id)).or(thread.phone);
    let ids = [thread.conversation].into_iter().chain(thread.also).chain(changed);
    let Thread { channel_id, name, group, .. } = thread;
    match people::joined(ids.collect()) {
        Some(joined) => Thread { channel_id, name, phone, group, ..joined },
        None => Thread::default(),
    }
}

/// What stands for the id of a message that has none, so that the same again is known.
fn hash(message: &Object) -> String {
    let digest = Sha256::digest(Json::Object(message.clone()).to_string());
    format!("sha256:{}", hex(digest.get(..HASH_BYTES).unwrap_or(&digest)))
}
