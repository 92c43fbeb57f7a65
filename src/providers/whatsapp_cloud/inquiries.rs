//! What is asked of Meta beside the sends: the templates, whether all is well, the webhook's registration.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{CloudAccount, outcomes};
use crate::domain::{CallAnswer, CallBody, Finding, Inquiring, Inquiry, Outcome, Progress, ReportLine, TemplateEntry};
use crate::providers::lies_at;
use crate::providers::meta::{
    self,
    fields::{self, Object},
};
use crate::providers::reports::{Advice, amiss, call, failed, report, well, why};

/// Meta's own hosts, where files lie.
const META: &[&str] = &["facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net"];
/// Pages of templates read: Meta allows 6000 of them, 100 a page.
const MOST_PAGES: u64 = 60;
/// What is asked of each template.
const FIELDS: &str = "id,name,language,status,category,components,parameter_format";

/// What to do about failures.
const ADVICE: Advice = Advice {
    provider: "Meta",
    credentials: "put a permanent token of a system user with `whatsapp_business_messaging` and `whatsapp_business_management` into `token`",
    ids: "copy `phone_number_id` and `business_account_id` again from WhatsApp, API Setup",
};
/// The account names no business account.
pub(super) const NO_BUSINESS: &str =
    "the account says no `business_account_id`, under which Meta keeps templates and webhooks";
pub(super) const BUSINESS_TODO: &str =
    "copy the id of the WhatsApp Business Account from WhatsApp, API Setup, into `business_account_id`";
/// Meta's error for an object that is not there, or that the token may not see.
const NO_SUCH_OBJECT: i64 = 100;

/// The body of an answer that went well, or how it failed.
pub(super) fn body(answer: &CallAnswer) -> Result<Object, Outcome> {
    let outcome = outcomes::outcome(answer, false);
    match (outcome, outcomes::read(answer).1) {
        (Outcome::Accepted { .. }, Some(body)) => Ok(body),
        (Outcome::Accepted { .. }, None) => Err(Outcome::Rejected { why: "an answer that is not Meta's JSON".into() }),
        (failed, _) => Err(failed),
    }
}

/// A failure in one line. Meta tells a wrong id with 400 and a number of its own.
pub(super) fn trouble(answer: &CallAnswer, outcome: &Outcome) -> ReportLine {
    let is_id = outcomes::read(answer).0.is_some_and(|fault| fault.code == NO_SUCH_OBJECT);
    match outcome {
        Outcome::Rejected { why } if is_id => amiss(format!("Meta knows nothing there: {why}"), ADVICE.ids),
        outcome => ADVICE.of(answer, outcome),
    }
}

impl CloudAccount {
    pub(super) fn inquired(&self, inquiry: &Inquiry, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        match (inquiry, &self.business) {
            (Inquiry::Check { url }, _) => self.check(url.as_deref(), progress, answer),
            (Inquiry::Templates, Some(business)) => self.templates(business, progress, answer),
            (Inquiry::Setup { url }, Some(business)) => self.set_up(business, url, answer),
            (Inquiry::Templates, None) => failed(NO_BUSINESS),
            (Inquiry::Setup { .. }, None) => report(vec![amiss(NO_BUSINESS, BUSINESS_TODO)]),
            (Inquiry::File { id, .. }, _) => self.find_file(id, answer),
            (Inquiry::Login | Inquiry::Since(_), _) => Inquiring::Done(Finding::Unsupported),
        }
    }

    pub(super) fn ask(&self, path: &str, progress: &impl Serialize) -> Inquiring {
        call(self.call("GET", path, CallBody::Empty, false), progress)
    }

    /// Meta tells where a file lies, for five minutes; it is given to whoever brings the token.
    fn find_file(&self, id: &str, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(answer) = answer else {
            return self.ask(&format!("{id}?phone_number_id={}", self.number), &Progress::Null);
        };
        let body = match body(answer) {
            Ok(body) => body,
            Err(outcome) => return failed(why(&outcome)),
        };
        let url = fields::text(body.get("url"));
        let key = SecretString::from(format!("Bearer {}", self.token.expose_secret()));
        lies_at(&url, &self.base_url, META, Some(("authorization", key)))
    }

    fn templates(&self, business: &str, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
        let path = format!("{business}/message_templates?limit=100&fields={FIELDS}");
        let Some(answer) = answer else { return self.ask(&path, &json!({"page": 1, "found": []})) };
        let body = match body(answer) {
            Ok(body) => body,
            Err(outcome) => return failed(why(&outcome)),
        };
        let mut found: Vec<TemplateEntry> =
            progress.get("found").and_then(|found| serde_json::from_value(found.clone()).ok()).unwrap_or_default();
        found.extend(fields::list(&body, "data").iter().filter_map(Json::as_object).filter_map(meta::templates::entry));
        let page = progress.get("page").and_then(Json::as_u64).unwrap_or(1);
        let paging = fields::object(&body, "paging").filter(|paging| paging.contains_key("next"));
        let after = paging.and_then(|paging| fields::id(fields::object(paging, "cursors")?.get("after")));
        match after.filter(|_| page < MOST_PAGES) {
            Some(after) => {
                let after: String = form_urlencoded::byte_serialize(after.as_bytes()).collect();
                self.ask(&format!("{path}&after={after}"), &json!({"page": page + 1, "found": found}))
            }
            None => Inquiring::Done(Finding::Templates(found)),
        }
    }

    fn set_up(&self, business: &str, url: &str, answer: Option<&CallAnswer>) -> Inquiring {
        let Some(word) = &self.verify_token else {
            return report(vec![amiss(
                "the account says no `verify_token`, which Meta asks for at the registration",
                "make up a long word: `verify_token: ${WHATSAPP_VERIFY_TOKEN}`",
            )]);
        };
        let Some(answer) = answer else {
            let body = CallBody::Json(json!({"override_callback_uri": url, "verify_token": word.expose_secret()}));
            return call(self.call("POST", &format!("{business}/subscribed_apps"), body, false), &Progress::Null);
        };
        report(vec![match body(answer) {
            Ok(_) => well(format!("webhooks go to {url}")),
            Err(outcome @ Outcome::Rejected { .. }) => amiss(
                format!("Meta does not take {url}: {}", why(&outcome)),
                "the server must run and be reachable at this address while this is done: Meta tries it out",
            ),
            Err(outcome) => trouble(answer, &outcome),
        }])
    }
}
