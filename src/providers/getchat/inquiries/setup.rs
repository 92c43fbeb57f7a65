//! Register the webhook of the bot's user, or set right the one that is there.

use serde_json::json;

use super::super::calls::read;
use super::super::{GetchatAccount, Receive, WEBHOOKS};
use super::ADVICE;
use crate::domain::{CallAnswer, CallBody, Inquiring, Progress};
use crate::providers::reports::{bare, call, report, well};

pub(super) fn next(account: &GetchatAccount, url: &str, progress: &Progress, answer: Option<&CallAnswer>) -> Inquiring {
    if account.receive == Receive::WebSocket {
        return report(vec![well("messages come over the WebSocket: there is no webhook to register")]);
    }
    let Some(answer) = answer else { return call(account.list_webhooks(), &"list") };
    let json = match read(answer, false) {
        Ok(json) => json,
        Err(outcome) => return report(vec![ADVICE.of(answer, &outcome)]),
    };
    match progress.as_str() {
        Some("create") => return report(vec![well(format!("the webhook {url} was registered"))]),
        Some("update") => return report(vec![well(format!("the webhook {url} was set right"))]),
        _ => {}
    }
    let hooks = account.our_webhooks(&json).unwrap_or_default();
    let address = account.door.address(url);
    let here = || hooks.iter().filter(|hook| bare(&hook.url) == bare(url));
    if here().any(|hook| hook.url == address && hook.tells_all) {
        return report(vec![well(format!("the webhook {url} is registered already"))]);
    }
    let hook = CallBody::Json(json!({
        "url": address, "on_incoming_message": true, "on_outgoing_message": true, "on_assigned": true, "headers": {},
    }));
    let webhooks = account.inferred.of(&WEBHOOKS);
    match here().find_map(|hook| hook.id) {
        Some(id) => call(account.call("PUT", &format!("{webhooks}{id}/"), hook, false), &"update"),
        None => call(account.call("POST", webhooks, hook, false), &"create"),
    }
}
