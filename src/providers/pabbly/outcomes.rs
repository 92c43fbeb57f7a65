//! What Pabbly's answers mean: `"status": "success"` or `"success": true`, else prose.

use serde_json::Value as Json;

use crate::domain::{CallAnswer, MessageId, Outcome};
use crate::providers::meta::fields;
use crate::providers::{transport_outcome, unsure, words};

/// How a closed window is told: Meta's number of the error, else its title, since Pabbly passes on words alone.
const WINDOW_CLOSED: [&str; 2] = ["131047", "re-engagement message"];

/// The JSON of a success; else how the attempt ended.
pub(super) fn success(answer: &CallAnswer, delivers: bool) -> Result<Json, Outcome> {
    if let Some(outcome) = transport_outcome(answer, delivers) {
        return Err(match outcome {
            Outcome::Rejected { why } => refused(why),
            other => other,
        });
    }
    let CallAnswer::Http { body, .. } = answer else { return Err(unsure(delivers, "no answer".into())) };
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let (status, success) = (json.get("status").and_then(Json::as_str), json.get("success").and_then(Json::as_bool));
    match (status, success) {
        (Some("success"), None | Some(true)) | (None, Some(true)) => Ok(json),
        (None, None) => Err(unsure(delivers, "an answer that is not Pabbly's JSON".into())),
        _ => Err(refused(words(body))),
    }
}

/// Do these words say that the window is closed?
pub(super) fn closes_window(why: &str) -> bool {
    let lower = why.to_lowercase();
    WINDOW_CLOSED.iter().any(|words| lower.contains(words))
}

fn refused(why: String) -> Outcome {
    if closes_window(&why) { Outcome::WindowClosed { why } } else { Outcome::Rejected { why } }
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
