//! What is asked of Pact beside the sends: its templates, whether all is well, and the registration of the webhook.

use serde_json_borrow::Value as Json;

use super::outcomes::failure;
use super::{PactAccount, fields};
use crate::domain::{Call, CallAnswer, Finding, Inquiring, Inquiry, Outcome, Progress};
use crate::providers::quoted;
use crate::providers::reports::Advice;

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
            Inquiry::Login | Inquiry::Since(_) | Inquiry::File { .. } => Inquiring::Done(Finding::Unsupported),
        }
    }

    /// The webhook's address with its secret, as Pact is to call it.
    fn with_secret(&self, url: &str) -> String {
        self.door.address(url)
    }

    /// Does an address bring what our webhooks must bring?
    fn brings_secret(&self, url: &str) -> bool {
        self.door.admits_address(url)
    }
}

/// What to do about failures.
const ADVICE: Advice = Advice {
    provider: "Pact",
    credentials: "copy the API key again from Pact's account settings into `token`, and see that the company is paid for",
    ids: "write the number in the address of the company's settings in Pact as `company_id`",
};

/// The body of a 2xx, or what went wrong.
fn body(answer: &CallAnswer) -> Result<&[u8], Outcome> {
    match (failure(answer, false), answer) {
        (None, CallAnswer::Http { body, .. }) => Ok(body),
        (Some(outcome), _) => Err(outcome),
        (None, CallAnswer::NotSent(why) | CallAnswer::Lost(why)) => {
            Err(Outcome::NotSent { after: None, why: quoted(why) })
        }
    }
}

/// A webhook of V2.
struct Webhook {
    id: String,
    url: String,
    active: bool,
}

/// `{"webhooks": […]}`, or the bare list: the document shows neither.
fn webhooks(body: &[u8]) -> Option<Vec<Webhook>> {
    let answer: Json<'_> = fields::json(body).ok()?;
    let listed = answer.get("webhooks").as_array().or_else(|| answer.as_array())?;
    let read = |json: &Json<'_>| {
        let id = fields::id(Some(json.get("id")))?;
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
