//! Register the webhook: V1 has one address a company, V2 up to five, created inactive.

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json_borrow::Value as Json;

use super::super::{Api, PactAccount, fields};
use super::{MOST_WEBHOOKS, body, list_webhooks, webhooks};
use crate::domain::{Call, CallAnswer, CallBody, Inquiring, Progress};
use crate::providers::reports::{amiss, bare, call, come_to, report, well};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    #[default]
    Begin,
    List,
    Create,
    Last,
}

pub(super) fn next(account: &PactAccount, url: &str, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
    match (account.api, come_to(progress), answer) {
        (Api::V1, _, None) => call(set_address(account, url), &Step::Last),
        (Api::V2, _, None) | (_, Step::Begin, _) => call(list_webhooks(account), &Step::List),
        (_, Step::List, Some(answer)) => after_list(account, url, answer),
        (_, Step::Create, Some(answer)) => after_create(account, url, answer),
        (_, Step::Last, Some(answer)) => ended(url, answer),
    }
}

/// Pact tries the address out before it takes it.
fn set_address(account: &PactAccount, url: &str) -> Call {
    let form = vec![("webhook_url".to_owned(), account.with_secret(url))];
    account.call("PUT", &format!("p1/companies/{}", account.company_id), CallBody::Form(form), false)
}

fn webhooks_path(account: &PactAccount) -> String {
    format!("api/p2/companies/{}/webhooks", account.company_id)
}

fn after_list(account: &PactAccount, url: &str, answer: &CallAnswer) -> Inquiring {
    let Ok(Some(all)) = body(answer).map(webhooks) else { return ended(url, answer) };
    let wanted = account.with_secret(url);
    match all.iter().find(|webhook| bare(&webhook.url) == bare(url)) {
        Some(webhook) if webhook.active && webhook.url == wanted => {
            report(vec![well(format!("webhooks went to {} already", bare(url)))])
        }
        Some(webhook) => call(activate(account, &webhook.id, url), &Step::Last),
        None if all.len() >= MOST_WEBHOOKS => report(vec![amiss(
            format!("the company has {} webhooks already, and {MOST_WEBHOOKS} are allowed", all.len()),
            "delete one that nobody needs in Pact, and do this again",
        )]),
        None => {
            let body = CallBody::Json(json!({"url": wanted}));
            call(account.call("POST", &webhooks_path(account), body, false), &Step::Create)
        }
    }
}

/// `{"webhook": {"id": …}}`, or the webhook itself: the document shows neither.
fn after_create(account: &PactAccount, url: &str, answer: &CallAnswer) -> Inquiring {
    let Ok(body) = body(answer) else { return ended(url, answer) };
    let created: Option<Json<'_>> = fields::json(body).ok();
    let id = created.as_ref().and_then(|created| {
        fields::id(Some(created.get("webhook").get("id"))).or_else(|| fields::id(Some(created.get("id"))))
    });
    match id {
        Some(id) => call(activate(account, &id, url), &Step::Last),
        None => report(vec![amiss("a webhook was created, and its number is not told", "do this again")]),
    }
}

fn activate(account: &PactAccount, id: &str, url: &str) -> Call {
    let body = CallBody::Json(json!({"url": account.with_secret(url), "active": true}));
    account.call("PUT", &format!("{}/{id}", webhooks_path(account)), body, false)
}

/// Pact's words may repeat the address with its secret: only the status is told.
fn ended(url: &str, answer: &CallAnswer) -> Inquiring {
    let line = match answer {
        CallAnswer::Http { status: 200..=299, body, .. } if !is_error(body) => {
            well(format!("webhooks go to {}", bare(url)))
        }
        CallAnswer::Http { status: 401 | 403, .. } => {
            amiss("Pact refuses the key", "copy the API key again from Pact's account settings into `token`")
        }
        CallAnswer::Http { status, .. } => amiss(
            format!("Pact does not take {} (status {status})", bare(url)),
            "the server must run and be reachable at `public_url` from outside: Pact tries the address out",
        ),
        CallAnswer::NotSent(_) | CallAnswer::Lost(_) => {
            amiss("Pact cannot be reached", "look at `base_url` and at the network, and do this again")
        }
    };
    report(vec![line])
}

fn is_error(body: &[u8]) -> bool {
    let answer: Option<Json<'_>> = fields::json(body).ok();
    answer.is_some_and(|answer| answer.get("status").as_str() == Some("error") || !answer.get("errors").is_null())
}
