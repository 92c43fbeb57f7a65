//! What is asked of Pact beside the sends: its templates, whether all is well, and the registration of the webhook.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json_borrow::Value as Json;

use super::PactAccount;
use super::outcomes::failure;
use crate::domain::{Call, CallAnswer, Finding, Inquiring, Inquiry, Outcome, Progress, ReportLine};
use crate::providers::quoted;

mod check;
mod setup;
mod templates;

/// Webhooks that a company may have in V2.
const MOST_WEBHOOKS: usize = 5;

impl PactAccount {
    pub(super) fn ask(&self, inquiry: &Inquiry, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        match inquiry {
            Inquiry::Templates => templates::next(self, progress, answer),
            Inquiry::Check { url } => check::next(self, url.as_deref(), progress, answer),
            Inquiry::Setup { url } => setup::next(self, url, progress, answer),
            Inquiry::Login | Inquiry::Since(_) => Inquiring::Done(Finding::Unsupported),
        }
    }

    /// The webhook's address with its secret, as Pact is to call it.
    fn with_secret(&self, url: &str) -> String {
        self.door.address(url)
    }
}

fn call(call: Call, progress: &impl Serialize) -> Inquiring {
    Inquiring::Call { call: Box::new(call), progress: serde_json::to_value(progress).unwrap_or_default() }
}

fn come_to<T: DeserializeOwned + Default>(progress: &Progress) -> T {
    T::deserialize(progress).unwrap_or_default()
}

fn failed(why: impl Into<String>) -> Inquiring {
    Inquiring::Done(Finding::Failed { why: why.into() })
}

fn report(lines: Vec<ReportLine>) -> Inquiring {
    Inquiring::Done(Finding::Report(lines))
}

fn well(what: impl Into<String>) -> ReportLine {
    ReportLine { well: true, what: what.into(), todo: None }
}

fn amiss(what: impl Into<String>, todo: impl Into<String>) -> ReportLine {
    ReportLine { well: false, what: what.into(), todo: Some(todo.into()) }
}

/// The body of a 2xx, or what went wrong, for people.
fn body(answer: &CallAnswer) -> Result<&[u8], String> {
    match (failure(answer, false), answer) {
        (None, CallAnswer::Http { body, .. }) => Ok(body),
        (Some(outcome), _) => Err(why(&outcome)),
        (None, CallAnswer::NotSent(why) | CallAnswer::Lost(why)) => Err(quoted(why)),
    }
}

fn why(outcome: &Outcome) -> String {
    outcome.why().unwrap_or_default().to_owned()
}

/// An address without its query, which may hold a secret.
fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// A webhook of V2.
struct Webhook {
    id: String,
    url: String,
    active: bool,
}

/// `{"webhooks": […]}`, or the bare list: the document shows neither.
fn webhooks(body: &[u8]) -> Option<Vec<Webhook>> {
    let answer: Json<'_> = serde_json::from_slice(body).ok()?;
    let listed = answer.get("webhooks").as_array().or_else(|| answer.as_array())?;
    let read = |json: &Json<'_>| {
        let id = super::fields::id(Some(json.get("id")))?;
        let url = json.get("url").as_str()?.to_owned();
        Some(Webhook { id, url, active: super::fields::flag(Some(json.get("active"))).unwrap_or_default() })
    };
    Some(listed.iter().filter_map(read).collect())
}

/// The list of the company's webhooks.
fn list_webhooks(account: &PactAccount) -> Call {
    let path = format!("api/p2/companies/{}/webhooks", account.company_id);
    account.call("GET", &path, crate::domain::CallBody::Empty, false)
}
