//! What Meta's answers mean: by the number of the error first, by the status of HTTP else.

use serde_json::Value as Json;

use crate::domain::{CallAnswer, MessageId, Outcome};
use crate::providers::meta::faults::Fault;
use crate::providers::meta::fields::{self, Object};
use crate::providers::meta::outcomes::by_number;
use crate::providers::{transport_outcome, unsure};

/// What the answer to a send means. `delivers`: the contact would see it twice.
pub fn outcome(answer: &CallAnswer, delivers: bool) -> Outcome {
    let (fault, body) = read(answer);
    if let Some(outcome) = fault.as_ref().and_then(by_number) {
        return outcome;
    }
    match (transport_outcome(answer, delivers), fault, body) {
        (Some(Outcome::Rejected { .. }) | None, Some(fault), _) => Outcome::Rejected { why: fault.words },
        (Some(outcome), ..) => outcome,
        (None, None, Some(body)) => success(&body, delivers),
        (None, None, None) => unsure(delivers, "an answer that is not Meta's JSON".into()),
    }
}

/// The error in an answer, whatever its status, and its body.
pub fn read(answer: &CallAnswer) -> (Option<Fault>, Option<Object>) {
    let CallAnswer::Http { body, .. } = answer else { return (None, None) };
    let Ok(Json::Object(object)) = serde_json::from_slice(body) else { return (None, None) };
    let fault = fields::object(&object, "error").map(Fault::read).or_else(|| Fault::first(object.get("errors")));
    (fault, Some(object))
}

fn success(body: &Object, delivers: bool) -> Outcome {
    let message = fields::list(body, "messages").first().and_then(|message| fields::id(message.get("id")));
    match message {
        Some(id) => Outcome::Accepted { message: Some(MessageId::from(id)), job: None },
        None if !delivers => Outcome::Accepted { message: None, job: None },
        None => unsure(delivers, "an answer without the message's id".into()),
    }
}
