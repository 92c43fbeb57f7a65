//! Is all well: the key, the company, its channels, where its webhooks go, its templates.

use serde::{Deserialize, Serialize};
use serde_json_borrow::Value as Json;

use super::super::fields::{self, Object};
use super::super::v1::lookup::{data_of, encoded, next_page};
use super::super::{Api, PactAccount};
use super::{ADVICE, body, list_webhooks, templates, webhooks};
use crate::domain::{CallAnswer, Inquiring, Progress, ReportLine};
use crate::providers::quoted;
use crate::providers::reports::{amiss, bare, call, come_to, report, well};

/// Pages of companies that are read.
const MOST_PAGES: u32 = 10;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Far {
    step: Step,
    lines: Vec<ReportLine>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    #[default]
    Begin,
    Companies {
        page: u32,
    },
    Channels,
    Webhooks,
    Templates,
}

pub(super) fn next(
    account: &PactAccount,
    wanted: Option<&str>,
    progress: &Progress,
    answer: Option<&CallAnswer>,
) -> Inquiring {
    let Far { step, lines } = come_to(progress);
    match (step, answer) {
        (_, None) | (Step::Begin, _) => companies(account, 1, None),
        (Step::Companies { page }, Some(answer)) => after_companies(account, wanted, page, answer),
        (Step::Channels, Some(answer)) => after_channels(account, lines, answer),
        (Step::Webhooks, Some(answer)) => after_webhooks(account, wanted, lines, answer),
        (Step::Templates, Some(answer)) => after_templates(account, lines, answer),
    }
}

fn companies(account: &PactAccount, page: u32, from: Option<&str>) -> Inquiring {
    let from = from.map(|token| format!("&from={}", encoded(token))).unwrap_or_default();
    call(account.get(&format!("companies?per=100{from}")), &Far { step: Step::Companies { page }, lines: Vec::new() })
}

fn after_companies(account: &PactAccount, wanted: Option<&str>, page: u32, answer: &CallAnswer) -> Inquiring {
    let body = match body(answer) {
        Ok(body) => body,
        Err(outcome) => return report(vec![ADVICE.of(answer, &outcome)]),
    };
    let Some(data) = data_of(body) else {
        return report(vec![amiss("what answers is not Pact", "look at `base_url`, or leave it out")]);
    };
    let all = data.get("companies").and_then(Json::as_array).unwrap_or_default();
    let number = account.company_id.to_string();
    let mine = |json: &&Json<'_>| fields::id(Some(json.get("external_id"))).as_ref() == Some(&number);
    match (all.iter().find(mine).and_then(Json::as_object), next_page(&data)) {
        (Some(company), _) => {
            let name = company.get("name").and_then(Json::as_str).map(|name| format!(" ({})", quoted(name)));
            let mut lines = vec![well(format!("the key works for company {number}{}", name.unwrap_or_default()))];
            if account.api == Api::V1 {
                lines.push(webhook_of(account, company, wanted));
            }
            let path = account.path("channels?per=100");
            call(account.get(&path), &Far { step: Step::Channels, lines })
        }
        (None, Some(from)) if page < MOST_PAGES => companies(account, page + 1, Some(&from)),
        (None, _) => report(vec![amiss(
            format!("the key works, and company {number} is none of its companies"),
            "write the number in the address of the company's settings in Pact as `company_id`",
        )]),
    }
}

const SET_UP: &str = "`frontdesk accounts setup` registers it";
const OTHER_SECRET: &str = "`frontdesk accounts setup` registers it again";

/// V1 has one address a company.
fn webhook_of(account: &PactAccount, company: &Object<'_>, wanted: Option<&str>) -> ReportLine {
    let url = company.get("webhook_url").and_then(Json::as_str).filter(|url| !url.is_empty());
    match (url, wanted) {
        (None, _) => amiss("no webhook is registered", SET_UP),
        (Some(url), Some(wanted)) if bare(url) != bare(wanted) => {
            amiss(format!("webhooks go to {}, and not to {}", quoted(bare(url)), bare(wanted)), SET_UP)
        }
        (Some(url), Some(_)) => goes_to(account, url),
        (Some(url), None) => well(format!("webhooks go to {}", quoted(bare(url)))),
    }
}

/// The address is ours; so must be its secret.
fn goes_to(account: &PactAccount, url: &str) -> ReportLine {
    let shown = quoted(bare(url));
    if account.brings_secret(url) {
        well(format!("webhooks go to {shown}"))
    } else {
        amiss(format!("webhooks go to {shown} with another secret than the account's `webhook_secret`"), OTHER_SECRET)
    }
}

fn after_channels(account: &PactAccount, mut lines: Vec<ReportLine>, answer: &CallAnswer) -> Inquiring {
    let data = body(answer).ok().and_then(data_of);
    let all = data.as_ref().and_then(|data| data.get("channels")?.as_array());
    let Some(all) = all else {
        lines.push(amiss("the list of channels cannot be had", "try again later"));
        return ask_webhooks(account, lines);
    };
    if all.is_empty() {
        lines.push(amiss("no messenger is connected", "connect one in Pact's settings"));
    }
    lines.extend(all.iter().filter_map(Json::as_object).map(channel));
    ask_webhooks(account, lines)
}

/// The document shows a channel's number and messenger; a state is read where there is one.
fn channel(channel: &Object<'_>) -> ReportLine {
    let word = |key: &str| channel.get(key).and_then(Json::as_str).map(quoted);
    let id = fields::id(channel.get("external_id")).unwrap_or_default();
    let what = format!("channel {id}: {}", word("provider").unwrap_or_else(|| "unknown".into()));
    match word("state") {
        Some(state) if !matches!(state.as_str(), "enabled" | "active" | "connected") => {
            amiss(format!("{what} is {state}"), "connect it again in Pact's settings")
        }
        _ => well(what),
    }
}

fn ask_webhooks(account: &PactAccount, lines: Vec<ReportLine>) -> Inquiring {
    match account.api {
        Api::V1 => ask_templates(account, lines),
        Api::V2 => call(list_webhooks(account), &Far { step: Step::Webhooks, lines }),
    }
}

fn after_webhooks(
    account: &PactAccount,
    wanted: Option<&str>,
    mut lines: Vec<ReportLine>,
    answer: &CallAnswer,
) -> Inquiring {
    let Some(all) = body(answer).ok().and_then(webhooks) else {
        lines.push(amiss("the list of webhooks cannot be had", "try again later"));
        return ask_templates(account, lines);
    };
    let fits = |url: &str| wanted.is_none_or(|wanted| bare(wanted) == bare(url));
    let mine = all.iter().filter(|webhook| fits(&webhook.url));
    let best = mine.max_by_key(|webhook| (webhook.active, account.brings_secret(&webhook.url)));
    lines.push(match best {
        Some(webhook) if webhook.active && wanted.is_some() => goes_to(account, &webhook.url),
        Some(webhook) if webhook.active => well(format!("webhooks go to {}", quoted(bare(&webhook.url)))),
        Some(webhook) => amiss(format!("the webhook to {} is not active", quoted(bare(&webhook.url))), SET_UP),
        None => amiss("no webhook leads here", SET_UP),
    });
    ask_templates(account, lines)
}

fn ask_templates(account: &PactAccount, lines: Vec<ReportLine>) -> Inquiring {
    call(templates::page(account, 1, None), &Far { step: Step::Templates, lines })
}

fn after_templates(account: &PactAccount, mut lines: Vec<ReportLine>, answer: &CallAnswer) -> Inquiring {
    let read = body(answer).ok().and_then(|body| templates::read(account.api, body));
    lines.push(match read {
        Some((entries, more)) => {
            let more = if more.is_some() { " and more" } else { "" };
            well(format!("templates: {}{more}", entries.len()))
        }
        None => amiss("the list of templates cannot be had", "try again later"),
    });
    report(lines)
}
