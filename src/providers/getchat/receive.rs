//! Reads the body of a webhook, in all its shapes: Meta's envelope, its content flat, and get.chat's own fields beside it or alone.
//! One message may stand in several of them; it is told once.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::news::News as Own;
use crate::domain::{AccountName, Body, News, Received, Time};
use crate::providers::meta::{self, Told};

/// get.chat's field of a status that names our message.
pub(super) const OUR_ID: &str = "getchat_id";

/// Read the body of a webhook whose secret was right. `us`: the bot's own user.
pub(super) fn body(account: &AccountName, us: Option<u64>, body: &[u8], now: Time) -> Received {
    match serde_json::from_slice::<Json>(body) {
        Ok(json) => read(account, us, &json, now),
        Err(error) => Received::Refused { status: 400, why: format!("not JSON: {error}") },
    }
}

fn read(account: &AccountName, us: Option<u64>, json: &Json, now: Time) -> Received {
    let reader = meta::Reader { account, now, number: None, job: OUR_ID };
    let mut told = Told::default();
    let own = Own { reader, us };
    own.fields(json, &mut told);
    // An empty list of statuses is what get.chat's own test of a webhook may be.
    if meta::is_envelope(json) || told_nothing(&told) {
        match reader.body(json) {
            Received::News(news) => told.news.extend(news),
            Received::Unfit { why } => told.unfit.push(why),
            other => return other,
        }
    }
    once(&mut told.news);
    told.news.iter_mut().for_each(name_by_our_id);
    told.received()
}

fn told_nothing(told: &Told) -> bool {
    told.news.is_empty() && told.unfit.is_empty()
}

/// Each event once, the first of them.
fn once(news: &mut Vec<News>) {
    let mut seen = HashSet::new();
    news.retain(|news| match news {
        News::Event(event) => event.key.as_ref().is_none_or(|key| seen.insert(key.clone())),
        _ => true,
    });
}

/// A message of ours goes by get.chat's id: it has one before WhatsApp gives it another.
fn name_by_our_id(news: &mut News) {
    if let News::Event(event) = news
        && let Body::Delivery(delivery) = &mut event.body
        && let Some(job) = delivery.job.take()
    {
        delivery.message = Some(job.as_str().into());
    }
}
