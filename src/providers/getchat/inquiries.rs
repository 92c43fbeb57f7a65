//! What the runtime asks beside the sends: whether the credentials and the webhook are right, to register the webhook, what was missed.

use serde_json::{Value as Json, json};

use super::GetchatAccount;
use super::calls::read;
use super::news::News;
use crate::domain::{Call, CallAnswer, CallBody, Finding, Inquiring, Inquiry, Outcome, Progress, ReportLine, Time};
use crate::providers::meta::{self, Told};
use crate::providers::quoted;

/// Messages asked for at once: a gap with more of them is a history, not a gap.
const MOST_MESSAGES: usize = 200;

fn calling(call: Call, step: &str) -> Inquiring {
    Inquiring::Call { call: Box::new(call), progress: Progress::from(step) }
}

fn failed(outcome: &Outcome) -> Inquiring {
    let why = outcome.why().unwrap_or_default().to_owned();
    Inquiring::Done(Finding::Failed { why })
}

fn line(well: bool, what: String, todo: Option<String>) -> ReportLine {
    ReportLine { well, what, todo }
}

impl GetchatAccount {
    pub(super) fn answer(&self, inquiry: &Inquiry, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let json = match answer.map(|answer| read(answer, false)) {
            Some(Err(outcome)) => return failed(&outcome),
            Some(Ok(json)) => Some(json),
            None => None,
        };
        match inquiry {
            Inquiry::Check { .. } => self.check(json.as_ref()),
            Inquiry::Setup { url } => self.set_up(url, progress, json.as_ref()),
            Inquiry::Since(since) => self.since(*since, json.as_ref()),
            Inquiry::Login | Inquiry::Templates => Inquiring::Done(Finding::Unsupported),
        }
    }

    /// Does the token belong to the user that the account names?
    fn check(&self, json: Option<&Json>) -> Inquiring {
        let Some(json) = json else { return calling(self.get("users/current/"), "user") };
        let named = json.get("username").and_then(Json::as_str).map(quoted).unwrap_or_default();
        let id = json.get("id").and_then(Json::as_u64);
        let report = match id {
            Some(id) if id == self.user_id => line(true, format!("the token is that of `{named}`, user {id}"), None),
            Some(id) => {
                let what = format!("the token is that of `{named}`, user {id}, and not of user {}", self.user_id);
                line(false, what, Some(format!("write `user_id: {id}`, or take the token of user {}", self.user_id)))
            }
            None => line(false, "get.chat did not say whose the token is".into(), Some("check `base_url`".into())),
        };
        Inquiring::Done(Finding::Report(vec![report]))
    }

    /// Register the webhook, unless one with this address is there.
    fn set_up(&self, url: &str, progress: &Progress, json: Option<&Json>) -> Inquiring {
        let address = self.door.address(url);
        let Some(json) = json else { return calling(self.get("webhooks/?limit=200"), "list") };
        if progress.as_str() != Some("list") {
            let what = format!("the webhook {url} was registered");
            return Inquiring::Done(Finding::Report(vec![line(true, what, None)]));
        }
        let listed = json.get("results").or(Some(json)).and_then(Json::as_array);
        let is_ours = |hook: &Json| hook.get("url").and_then(Json::as_str) == Some(address.as_str());
        if listed.is_some_and(|hooks| hooks.iter().any(is_ours)) {
            let what = format!("the webhook {url} is registered already");
            return Inquiring::Done(Finding::Report(vec![line(true, what, None)]));
        }
        let hook = json!({
            "url": address, "on_incoming_message": true, "on_outgoing_message": true, "on_assigned": true, "headers": {},
        });
        calling(self.call("POST", "webhooks/", CallBody::Json(hook), false), "create")
    }

    /// Messages of contacts and of people since then, the oldest first.
    fn since(&self, since: Time, json: Option<&Json>) -> Inquiring {
        let seconds = since.0.div_euclid(1000);
        let Some(json) = json else {
            return calling(self.get(&format!("messages/?since_time={seconds}&limit={MOST_MESSAGES}")), "messages");
        };
        let reader = meta::Reader { account: &self.name, now: since, number: None, job: super::receive::OUR_ID };
        let own = News { reader, us: Some(self.user_id) };
        let mut told = Told::default();
        let messages = json.get("results").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        messages.iter().rev().filter_map(Json::as_object).for_each(|message| own.message(message, &mut told));
        Inquiring::Done(Finding::News(told.news))
    }
}
