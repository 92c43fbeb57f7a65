//! What V2's answers and statuses mean.

use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::outcomes::{failure, inside, refused, window_closed};
use crate::domain::{CallAnswer, DeliveryStatus, MessageId, Outcome};
use crate::providers::{quoted, unsure, words};

/// Meta's numbers for a closed window: the Cloud API's and the older one's.
const WINDOW_CLOSED: [i64; 2] = [131_047, 470];

/// Why a message was not delivered, and whether that is the closed window: `details.internal_reason.errors[].code` is Meta's number.
fn reason(details: Option<&Json<'_>>) -> (String, bool) {
    let Some(details) = details.filter(|details| !details.is_null()) else { return ("not delivered".into(), false) };
    let errors = details.get("internal_reason").get("errors").as_array().unwrap_or_default();
    let codes: Vec<i64> = errors.iter().filter_map(|error| fields::whole(Some(error.get("code")))).collect();
    let told = details.to_string();
    let closed = codes.iter().any(|code| WINDOW_CLOSED.contains(code)) || window_closed(&told);
    let said = match details.as_str() {
        Some(text) => quoted(text),
        None => words(errors.first().map_or(told, ToString::to_string).as_bytes()),
    };
    let numbered = codes.first().filter(|code| !said.contains(&code.to_string()));
    (numbered.map_or_else(|| said.clone(), |code| format!("{code}: {said}")), closed)
}

/// The status of a message that will not arrive.
pub fn failed(details: Option<&Json<'_>>) -> DeliveryStatus {
    let (reason, window_closed) = reason(details);
    DeliveryStatus::Failed { reason, window_closed }
}

/// What the answer to a send or an assignment means. `delivers`: the contact would see it twice.
pub fn outcome(answer: &CallAnswer, delivers: bool) -> Outcome {
    match (failure(answer, delivers), answer) {
        (Some(outcome), _) => outcome,
        (None, CallAnswer::Http { status: 204, .. }) if !delivers => Outcome::Accepted { message: None, job: None },
        (None, CallAnswer::Http { body, .. }) => success(body, delivers),
        (None, CallAnswer::NotSent(why) | CallAnswer::Lost(why)) => unsure(delivers, why.clone()),
    }
}

/// A 2xx: `{"message": {"id": …, "status": "sent"}}` for a message, `{"conversation": {…}}` for the rest. It may hold errors all the same.
fn success(body: &[u8], delivers: bool) -> Outcome {
    let Ok(Json::Object(answer)) = serde_json::from_slice(body) else {
        return unsure(delivers, "an answer that is not Pact's JSON".into());
    };
    if let Some(errors) = answer.get("errors").filter(|errors| !errors.is_null()) {
        return inside(Some(errors), body, delivers);
    }
    match answer.get("message").and_then(Json::as_object) {
        Some(message) => of_message(message, delivers),
        None if delivers => unsure(delivers, "an answer without `message`".into()),
        None => Outcome::Accepted { message: None, job: None },
    }
}

fn of_message(message: &Object<'_>, delivers: bool) -> Outcome {
    if message.get("status").and_then(Json::as_str) == Some("error") {
        let (why, closed) = reason(message.get("details"));
        return refused(why, closed);
    }
    match fields::id(message.get("id")).map(MessageId::from) {
        None if delivers => unsure(delivers, "an answer without the message's id".into()),
        message => Outcome::Accepted { message, job: None },
    }
}
