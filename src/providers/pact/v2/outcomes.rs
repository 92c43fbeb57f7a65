//! What V2's answers and statuses mean.

use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::outcomes::{failure, inside, refused, undelivered};
use crate::domain::{CallAnswer, DeliveryStatus, MessageId, Outcome, Undelivered};
use crate::providers::meta::faults::Fault;
use crate::providers::{meta, quoted, unsure, words};

/// Why a message was not delivered, and what follows from it: `details.internal_reason.errors[].code` is Meta's number.
fn reason(details: Option<&Json<'_>>) -> (String, Undelivered) {
    let Some(details) = details.filter(|details| !details.is_null()) else {
        return ("not delivered".into(), Undelivered::Final);
    };
    let errors = details.get("internal_reason").get("errors").as_array().unwrap_or_default();
    let codes: Vec<i64> = errors.iter().filter_map(|error| fields::whole(Some(error.get("code")))).collect();
    let told = details.to_string();
    let by_code = codes.iter().map(|code| meta::outcomes::undelivered(&Fault { code: *code, words: String::new() }));
    let why = by_code.chain([undelivered(&told)]).find(|why| *why != Undelivered::Final).unwrap_or(Undelivered::Final);
    let said = match details.as_str() {
        Some(text) => quoted(text),
        None => words(errors.first().map_or(told, ToString::to_string).as_bytes()),
    };
    let numbered = codes.first().filter(|code| !said.contains(&code.to_string()));
    (numbered.map_or_else(|| said.clone(), |code| format!("{code}: {said}")), why)
}

/// The status of a message that will not arrive.
pub fn failed(details: Option<&Json<'_>>) -> DeliveryStatus {
    let (reason, why) = reason(details);
    DeliveryStatus::Failed { reason, why }
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
    let Ok(Json::Object(answer)) = fields::json(body) else {
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
        let (words, why) = reason(message.get("details"));
        return refused(why, words);
    }
    match fields::id(message.get("id")).map(MessageId::from) {
        None if delivers => unsure(delivers, "an answer without the message's id".into()),
        message => Outcome::Accepted { message, job: None },
    }
}
