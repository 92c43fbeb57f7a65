//! What became of our messages, and calls.

use serde_json::Value as Json;

use super::faults::{self, Fault};
use super::fields::{self, Object};
use super::outcomes::undelivered;
use super::{Reader, Told, people};
use crate::domain::{Body, Delivery, DeliveryStatus, JobId, MessageId, Undelivered};
use crate::providers::quoted;

/// The ids of the recipient in a status.
const RECIPIENT: [&str; 3] = ["recipient_id", "recipient_user_id", "recipient_parent_user_id"];

impl Reader<'_> {
    /// The statuses of a change.
    pub(super) fn statuses(&self, value: &Object, channel_id: Option<&str>, told: &mut Told) {
        let statuses = fields::list(value, "statuses");
        for status in statuses {
            let Some(status) = status.as_object() else {
                told.unfit.push("a status that is no object".into());
                continue;
            };
            let contact = people::contact(value, status, &RECIPIENT, statuses.len() == 1);
            self.status(status, contact, channel_id, told);
        }
    }

    /// One status; `contact` is what is told of the recipient beside it.
    pub fn status(&self, status: &Object, contact: Option<&Object>, channel_id: Option<&str>, told: &mut Told) {
        let word = status.get("status").and_then(Json::as_str).unwrap_or_default();
        if status.get("type").and_then(Json::as_str) == Some("call") {
            return told.ignore("status", "of a call of ours");
        }
        let Some(what) = delivery_status(word, status) else {
            return told.ignore("status", quoted(&format!("`{word}`")));
        };
        let (id, job) = (fields::id(status.get("id")), fields::id(status.get(self.job)));
        let Some(named) = id.as_ref().or(job.as_ref()) else {
            return told.unfit.push("a status without `id`".into());
        };
        let by =
            fields::address(status.get("recipient_participant_id")).map(|who| format!("/{who}")).unwrap_or_default();
        let key = format!("status/{named}{by}/{word}");
        let at = fields::time(status.get("timestamp"), self.now);
        let mut thread = people::of(status, &RECIPIENT, contact, channel_id).unwrap_or_default();
        thread.group |= status.get("recipient_type").and_then(Json::as_str) == Some("group");
        let delivery = Delivery { message: id.map(MessageId::from), job: job.map(JobId::from), status: what };
        told.news.push(self.event(thread, Some(key), at, Body::Delivery(delivery)));
    }

    /// Calls of contacts open the window, taken or not. Each is told of several times: as it begins and as it ends.
    pub(super) fn calls(&self, value: &Object, channel_id: Option<&str>, told: &mut Told) {
        let calls = fields::list(value, "calls");
        for call in calls.iter().filter_map(Json::as_object) {
            if call.get("direction").and_then(Json::as_str) == Some("BUSINESS_INITIATED") {
                told.ignore("call", "a call of ours");
                continue;
            }
            let contact = people::contact(value, call, &["from", "from_user_id"], calls.len() == 1);
            let (Some(thread), Some(id)) = (people::of_sender(call, contact, channel_id), fields::id(call.get("id")))
            else {
                told.unfit.push("a call without its caller or its id".into());
                continue;
            };
            let at = fields::time(call.get("timestamp"), self.now);
            told.news.push(self.event(thread, Some(format!("call/{id}")), at, Body::Called));
        }
    }
}

/// Nothing for words that say nothing of the delivery.
fn delivery_status(word: &str, status: &Object) -> Option<DeliveryStatus> {
    Some(match word {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" | "played" => DeliveryStatus::Read,
        "failed" => {
            let all: Vec<Fault> = faults::all(status.get("errors")).collect();
            let first = all.first().map_or(Undelivered::Final, undelivered);
            let why = if all.iter().any(Fault::closes_window) { Undelivered::WindowClosed } else { first };
            let reason =
                all.into_iter().next().map_or_else(|| "failed without a reason".to_owned(), |fault| fault.words);
            DeliveryStatus::Failed { reason, why }
        }
        _ => return None,
    })
}
