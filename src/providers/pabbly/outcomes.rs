//! What Pabbly's answers mean: `"status": "success"` or `"success": true`, else prose.

use serde_json::Value as Json;

use crate::domain::{CallAnswer, MessageId, Outcome, Whose};
use crate::providers::meta::fields;
use crate::providers::meta::outcomes::{by_number, told};
use crate::providers::{transport_outcome, unsure, words};

/// Pabbly's own refusals, in the words of its document's table of failures, in lower case, where the status of HTTP says something else.
const OWN: [(&str, Refused); 5] = [
    ("too many requests", Refused::TooMuch),
    ("unauthorized", Refused::Key),
    ("invalid api credentials", Refused::Key),
    ("invalid api key", Refused::Key),
    ("server error", Refused::Down),
];

/// What a refusal of Pabbly's own is about.
#[derive(Clone, Copy)]
enum Refused {
    /// Calls come too fast.
    TooMuch,
    /// The API key.
    Key,
    /// Pabbly itself: it may have sent all the same.
    Down,
}

/// The JSON of a success; else how the attempt ended.
pub(super) fn success(answer: &CallAnswer, delivers: bool) -> Result<Json, Outcome> {
    if let Some(outcome) = transport_outcome(answer, delivers) {
        return Err(match outcome {
            Outcome::Rejected { why } => refused(why, delivers),
            other => other,
        });
    }
    let CallAnswer::Http { body, .. } = answer else { return Err(unsure(delivers, "no answer".into())) };
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let (status, success) = (json.get("status").and_then(Json::as_str), json.get("success").and_then(Json::as_bool));
    match (status, success) {
        (Some("success"), None | Some(true)) | (None, Some(true)) => Ok(json),
        (None, None) => Err(unsure(delivers, "an answer that is not Pabbly's JSON".into())),
        _ => Err(refused(words(body), delivers)),
    }
}

/// A refusal told in prose: Meta's, which Pabbly passes on by number or name, or its own. What Meta says of the business's account is not said of
/// the API key: such a message is given up.
fn refused(why: String, delivers: bool) -> Outcome {
    let metas = told(&why).and_then(|fault| by_number(&fault));
    if let Some(outcome) = metas.filter(|outcome| !matches!(outcome, Outcome::Denied { .. })) {
        return outcome;
    }
    let lower = why.to_lowercase();
    match OWN.iter().find(|(words, _)| lower.contains(words)).map(|(_, refused)| *refused) {
        Some(Refused::TooMuch) => Outcome::Limited { whose: Whose::Credential, after: None, why },
        Some(Refused::Key) => Outcome::Denied { why },
        Some(Refused::Down) => unsure(delivers, why),
        None => Outcome::Rejected { why },
    }
}

/// How the call ended that does a row's work. The id of a message is Meta's.
pub(super) fn outcome(answer: &CallAnswer, delivers: bool) -> Outcome {
    match success(answer, delivers) {
        Err(outcome) => outcome,
        Ok(json) => {
            let id = fields::id(json.pointer("/data/metaResponse/messages/0/id"));
            Outcome::Accepted { message: id.map(MessageId::from), job: None }
        }
    }
}
