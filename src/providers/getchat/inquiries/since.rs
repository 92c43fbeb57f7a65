//! What was missed since a time: messages of contacts and of people, page by page, and chats that were assigned meanwhile.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::GetchatAccount;
use super::super::calls::read;
use super::super::news::News as Own;
use super::super::receive::OUR_ID;
use super::results;
use crate::domain::{CallAnswer, Finding, Inquiring, News, Progress, Time};
use crate::providers::meta::{self, Told};
use crate::providers::reports::{call, come_to, failed, why};

/// Messages asked for at once.
const PER_PAGE: usize = 200;
/// Pages read: a gap with more messages is a history, not a gap.
const MOST_PAGES: usize = 10;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Far {
    pages: usize,
    /// As listed: the newest first.
    messages: Vec<Json>,
    /// Messages are all there; the last call asked for assignments.
    all: bool,
}

pub(super) fn next(
    account: &GetchatAccount,
    since: Time,
    progress: &Progress,
    answer: Option<&CallAnswer>,
) -> Inquiring {
    let seconds = since.0.div_euclid(1000);
    let page = |far: &Far| {
        let offset = far.pages * PER_PAGE;
        call(account.get(&format!("messages/?since_time={seconds}&limit={PER_PAGE}&offset={offset}")), far)
    };
    let Some(answer) = answer else { return page(&Far::default()) };
    let mut far: Far = come_to(progress);
    let json = read(answer, false);
    if far.all {
        // Without the right to see assignments their list is refused: the messages count all the same.
        let assignments = json.ok().and_then(|json| results(&json).cloned()).unwrap_or_default();
        return Inquiring::Done(Finding::News(news(account, since, &far.messages, &assignments)));
    }
    let json = match json {
        Ok(json) => json,
        Err(outcome) => return failed(why(&outcome)),
    };
    let Some(listed) = results(&json) else { return failed("an answer that is no list of messages") };
    far.messages.extend(listed.iter().take(PER_PAGE).cloned());
    far.pages += 1;
    if listed.len() >= PER_PAGE && far.pages < MOST_PAGES {
        return page(&far);
    }
    far.all = true;
    call(account.get(&format!("chat_assignment_events/?since_time={seconds}")), &far)
}

/// All of it, the oldest first.
fn news(account: &GetchatAccount, since: Time, messages: &[Json], assignments: &[Json]) -> Vec<News> {
    let reader = meta::Reader { account: &account.name, now: since, number: None, job: OUR_ID };
    let own = Own { reader, us: Some(account.user_id) };
    let mut told = Told::default();
    messages.iter().rev().filter_map(Json::as_object).for_each(|message| own.message(message, &mut told));
    assignments.iter().rev().filter_map(Json::as_object).for_each(|event| own.assignment(event, &mut told));
    let time = |news: &News| if let News::Event(event) = news { event.at } else { since };
    told.news.sort_by_key(time);
    told.news
}
