//! A status of a message of ours, told flat: `{"status": "failed", "messageId": …, "to": …, "error": …}`. Meta's reader reads it, once its
//! fields are named as Meta names them.

use serde_json::{Value as Json, json};

use super::PabblyAccount;
use super::mapping::{among, wrapped};
use super::receive::{SENT_BY, TO, person, time, word, words};
use crate::domain::Received;
use crate::providers::meta::{self, Reader, Told, fields, is_envelope};

const STATUS: &[&str] = &["/status", "/message/status", "/messageStatus"];
/// Words that tell how far a message has come.
const WORDS: [&str; 5] = ["sent", "delivered", "read", "played", "failed"];
/// Meta's list of errors, one of them, or words.
const ERROR: &[&str] = &["/errors/0", "/error", "/message/errors/0", "/message/error"];

impl PabblyAccount {
    /// Read a flat status; `None` where it is none. What says who wrote and what is a message, however far it has come, unless it failed: a
    /// message that arrives nowhere is nobody's word. One of Meta's lists is Meta's.
    pub(super) fn status(&self, json: &Json, reader: &Reader<'_>) -> Option<Received> {
        let word = among(json, STATUS, word).filter(|word| WORDS.contains(&word.as_str()))?;
        let lists = |inner: &Json| is_envelope(inner) && !inner.get("errors").is_some_and(Json::is_array);
        if self.is_message(json, &word) || wrapped(json).any(lists) {
            return None;
        }
        let status = json!({
            "status": word,
            "id": self.mapping.first(json, "id", |id| fields::id(Some(id))),
            "timestamp": self.mapping.first(json, "at", |at| time(at, reader.now)).map(|at| at.0),
            "recipient_id": among(json, TO, person),
            "errors": among(json, ERROR, error).into_iter().collect::<Vec<Json>>(),
        });
        let mut told = Told::default();
        reader.status(status.as_object()?, None, None, &mut told);
        Some(told.received())
    }

    /// It says who wrote; of ours, what failed is none, nor is what has no text.
    fn is_message(&self, json: &Json, word: &str) -> bool {
        match among(json, SENT_BY, self::word) {
            None => false,
            Some(by) if by == "user" => true,
            Some(_) => word != "failed" && self.mapping.first(json, "text", words).is_some(),
        }
    }
}

/// An error as Meta tells it; words become its title.
fn error(json: &Json) -> Option<Json> {
    match json {
        Json::Object(_) => Some(json.clone()),
        Json::String(words) => Some(match meta::outcomes::told(words) {
            Some(fault) => json!({ "code": fault.code, "title": words }),
            None => json!({ "title": words }),
        }),
        _ => None,
    }
}
