//! What V1's answers mean.

use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::outcomes::{failure, inside, refused, undelivered};
use crate::domain::{CallAnswer, JobId, MessageId, Outcome, Undelivered};
use crate::providers::{quoted, unsure, words};

/// How a delivery job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Pact delivered the message.
    Delivered,
    /// It will not.
    Failed {
        /// Pact's words.
        reason: String,
        /// What follows from it.
        why: Undelivered,
    },
    /// Nothing is known yet.
    Pending,
}

/// How the job of a webhook, of an answer or of the job's details stands.
pub fn job_end(data: &Object<'_>) -> JobEnd {
    let details = data.get("details").and_then(Json::as_object);
    let word =
        |json: Option<&Json<'_>>| json.and_then(Json::as_str).map(|word| word.trim().to_lowercase().replace('_', " "));
    let result = word(data.get("result")).or_else(|| word(details?.get("result"))).or_else(|| word(data.get("state")));
    match result.as_deref() {
        Some("delivered") => JobEnd::Delivered,
        Some("not delivered" | "failed" | "error") => {
            let told = data.get("details").filter(|details| details.is_string());
            let reason = data.get("reason").or_else(|| details?.get("reason")).or(told);
            match reason.filter(|reason| !reason.is_null()) {
                Some(reason) => JobEnd::Failed { reason: said(reason), why: undelivered(&reason.to_string()) },
                None => JobEnd::Failed { reason: "not delivered".into(), why: Undelivered::Final },
            }
        }
        _ => JobEnd::Pending,
    }
}

fn said(reason: &Json) -> String {
    reason.as_str().map_or_else(|| words(reason.to_string().as_bytes()), quoted)
}

/// What the answer to a send, a note or an assignment means. `delivers`: the contact would see it twice.
pub fn outcome(answer: &CallAnswer, delivers: bool) -> Outcome {
    match (failure(answer, delivers), answer) {
        (Some(outcome), _) => outcome,
        (None, CallAnswer::Http { status: 204, .. }) if !delivers => Outcome::Accepted { message: None, job: None },
        (None, CallAnswer::Http { body, .. }) => success(body, delivers),
        (None, CallAnswer::NotSent(why) | CallAnswer::Lost(why)) => unsure(delivers, why.clone()),
    }
}

/// A 2xx: `{"status": "ok", "data": {…}}`. `message_id` is null where delivery is asynchronous; `id` is the job's.
fn success(body: &[u8], delivers: bool) -> Outcome {
    let Ok(Json::Object(answer)) = fields::json(body) else {
        return unsure(delivers, "an answer that is not Pact's JSON".into());
    };
    match answer.get("status").and_then(Json::as_str) {
        Some("ok" | "created" | "updated") => {}
        Some(_) => return inside(answer.get("errors"), body, delivers),
        None => return unsure(delivers, "an answer without `status`".into()),
    }
    let empty = Object::default();
    let data = answer.get("data").and_then(Json::as_object).unwrap_or(&empty);
    match job_end(data) {
        JobEnd::Failed { reason, why } if delivers => refused(why, reason),
        _ => Outcome::Accepted {
            message: fields::id(data.get("message_id")).map(MessageId::from),
            job: fields::id(data.get("id")).map(JobId::from),
        },
    }
}
