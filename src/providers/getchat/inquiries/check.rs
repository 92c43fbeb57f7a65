//! Is all well: whose the token is, and where the webhooks of that user go.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::calls::read;
use super::super::{GetchatAccount, Receive};
use super::ADVICE;
use crate::domain::{CallAnswer, Inquiring, Progress, ReportLine};
use crate::providers::quoted;
use crate::providers::reports::{amiss, bare, call, come_to, report, well};

const SET_UP: &str = "`frontdesk accounts setup` registers it";

#[derive(Debug, Default, Serialize, Deserialize)]
enum Step {
    #[default]
    User,
    Webhooks(ReportLine),
}

pub(super) fn next(
    account: &GetchatAccount,
    url: Option<&str>,
    progress: &Progress,
    answer: Option<&CallAnswer>,
) -> Inquiring {
    match (come_to(progress), answer) {
        (_, None) => call(account.get("users/current/"), &Step::User),
        (Step::User, Some(answer)) => match read(answer, false) {
            Err(outcome) => report(vec![ADVICE.of(answer, &outcome)]),
            Ok(json) => after_user(account, &json),
        },
        (Step::Webhooks(user), Some(answer)) => {
            let hooks = read(answer, false).ok().and_then(|json| account.our_webhooks(&json));
            let line = match hooks {
                Some(hooks) => of_webhooks(account, url, &hooks),
                None => amiss("the list of webhooks cannot be had", "try again later"),
            };
            report(vec![user, line])
        }
    }
}

/// Does the token belong to the user that the account names?
fn after_user(account: &GetchatAccount, json: &Json) -> Inquiring {
    let named = json.get("username").and_then(Json::as_str).map(quoted).unwrap_or_default();
    let ours = account.user_id;
    let line = match json.get("id").and_then(Json::as_u64) {
        Some(id) if id == ours => well(format!("the token is that of `{named}`, user {id}")),
        Some(id) => amiss(
            format!("the token is that of `{named}`, user {id}, and not of user {ours}"),
            format!("write `user_id: {id}`, or take the token of user {ours}"),
        ),
        None => amiss("get.chat did not say whose the token is", ADVICE.ids),
    };
    if account.receive == Receive::WebSocket {
        return report(vec![line, well("messages come over the WebSocket: no webhook is needed")]);
    }
    call(account.list_webhooks(), &Step::Webhooks(line))
}

fn of_webhooks(account: &GetchatAccount, url: Option<&str>, hooks: &[super::Webhook]) -> ReportLine {
    let Some(url) = url else {
        return match hooks {
            [] => amiss("the bot's user has no webhook", SET_UP),
            [first, ..] => well(format!("webhooks go to {}", quoted(bare(&first.url)))),
        };
    };
    let here: Vec<_> = hooks.iter().filter(|hook| bare(&hook.url) == bare(url)).collect();
    let secret = |hook: &&&super::Webhook| account.door.admits_address(&hook.url);
    match (here.iter().find(secret), here.first()) {
        (Some(hook), _) if hook.tells_all => well(format!("webhooks go to {}", bare(url))),
        (Some(_), _) => amiss(format!("the webhook to {} does not tell of all three events", bare(url)), SET_UP),
        (None, Some(_)) => amiss(
            format!("webhooks go to {} with another secret than the account's `webhook_secret`", bare(url)),
            SET_UP,
        ),
        (None, None) => amiss("no webhook of the bot's user leads here", SET_UP),
    }
}
