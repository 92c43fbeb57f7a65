//! What Meta's answers mean: by the number of the error first, by the status of HTTP else.

use serde_json::Value as Json;

use crate::domain::{CallAnswer, MessageId, Outcome, Whose};
use crate::providers::meta::faults::Fault;
use crate::providers::meta::fields::{self, Object};
use crate::providers::{transport_outcome, unsure};

/// Too much at once of the app, the business or the number.
const TOO_MUCH: [i64; 4] = [4, 80_007, 130_429, 131_048];
/// Too much to one contact: one message in 6 s.
const PAIR_RATE: i64 = 131_056;
/// A file that is not ready, a number being set up: repeated.
const WAITS: [i64; 2] = [131_053, 133_016];
/// The account, not the message: token, permission, lock, payment.
const OF_ACCOUNT: [i64; 8] = [0, 3, 10, 190, 368, 131_005, 131_031, 131_042];
/// Permissions of the Graph API.
const PERMISSIONS: std::ops::RangeInclusive<i64> = 200..=299;

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

fn by_number(fault: &Fault) -> Option<Outcome> {
    let why = fault.words.clone();
    Some(match fault.code {
        _ if fault.closes_window() => Outcome::WindowClosed { why },
        PAIR_RATE => Outcome::Limited { whose: Whose::Conversation, after: None, why },
        code if TOO_MUCH.contains(&code) => Outcome::Limited { whose: Whose::Credential, after: None, why },
        code if WAITS.contains(&code) => Outcome::NotSent { after: None, why },
        // An error without a number says nothing.
        0 if why == "0" => return None,
        code if OF_ACCOUNT.contains(&code) || PERMISSIONS.contains(&code) => Outcome::Denied { why },
        _ => return None,
    })
}

fn success(body: &Object, delivers: bool) -> Outcome {
    let message = fields::list(body, "messages").first().and_then(|message| fields::id(message.get("id")));
    match message {
        Some(id) => Outcome::Accepted { message: Some(MessageId::from(id)), job: None },
        None if !delivers => Outcome::Accepted { message: None, job: None },
        None => unsure(delivers, "an answer without the message's id".into()),
    }
}
