//! What was missed since a time: messages of contacts and of people, page by page, then what people did with chats meanwhile: assigned, labelled,
//! resolved. Of the last there is no list of events: each chat tells how it stands.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::super::calls::read;
use super::super::news::News as Own;
use super::super::receive::OUR_ID;
use super::super::{GetchatAccount, TAG_EVENTS};
use super::results;
use crate::domain::{Assigned, Body, CallAnswer, Finding, Inquiring, News, Progress, Span, Time};
use crate::providers::meta::{self, Told, fields};
use crate::providers::reports::{call, come_to, failed, why};

/// Messages asked for at once.
const PER_PAGE: usize = 200;
/// Pages read: a gap with more messages is a history, not a gap.
const MOST_PAGES: usize = 10;

/// Chats in which nothing was written for so long before the gap are left alone: quiet time has given them back to the bot.
const OLD_CHAT: Span = Span::days(2);

/// What the last call asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    #[default]
    Messages,
    Assignments,
    Labels,
    Chats,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Far {
    step: Step,
    /// Pages that were read of what is asked for.
    pages: usize,
    /// All as listed: the newest first.
    messages: Vec<Json>,
    assignments: Vec<Json>,
    labels: Vec<Json>,
    chats: Vec<Json>,
}

pub(super) fn next(
    account: &GetchatAccount,
    since: Time,
    progress: &Progress,
    answer: Option<&CallAnswer>,
) -> Inquiring {
    let Some(answer) = answer else { return ask(account, since, &Far::default()) };
    let mut far: Far = come_to(progress);
    let listed = match (read(answer, false), far.step) {
        (Ok(json), _) => results(&json).cloned(),
        (Err(outcome), Step::Messages) => return failed(why(&outcome)),
        // Without the right to see it a list is refused: the messages count all the same.
        (Err(_), _) => Some(Vec::new()),
    };
    let Some(listed) = listed.or_else(|| (far.step != Step::Messages).then(Vec::new)) else {
        return failed("an answer that is no list of messages");
    };
    far.pages += 1;
    let more = listed.len() >= PER_PAGE && far.pages < MOST_PAGES;
    let listed = listed.into_iter().take(PER_PAGE);
    match far.step {
        Step::Messages => far.messages.extend(listed),
        Step::Assignments => far.assignments.extend(listed),
        Step::Labels => far.labels.extend(listed),
        Step::Chats => far.chats.extend(listed.filter_map(|chat| resolved_lately(&chat, since))),
    }
    let step = match far.step {
        step if more => step,
        Step::Messages => Step::Assignments,
        Step::Assignments => Step::Labels,
        Step::Labels => Step::Chats,
        Step::Chats => return Inquiring::Done(Finding::News(news(account, since, &far))),
    };
    if step != far.step {
        (far.step, far.pages) = (step, 0);
    }
    ask(account, since, &far)
}

fn ask(account: &GetchatAccount, since: Time, far: &Far) -> Inquiring {
    let (seconds, offset) = (since.0.div_euclid(1000), far.pages * PER_PAGE);
    let list = match far.step {
        Step::Messages => format!("messages/?since_time={seconds}&"),
        Step::Assignments => format!("chat_assignment_events/?since_time={seconds}&"),
        Step::Labels => format!("{}?since_time={seconds}&", account.inferred.of(&TAG_EVENTS)),
        Step::Chats => "chats/?".to_owned(),
    };
    call(account.get(&format!("{list}limit={PER_PAGE}&offset={offset}")), far)
}

/// The chat as it would be told of when it was resolved; its last message stands for the moment, so that it is told once.
fn resolved_lately(chat: &Json, since: Time) -> Option<Json> {
    let chat = chat.as_object().filter(|chat| chat.get("resolved").and_then(Json::as_bool) == Some(true))?;
    let last = fields::object(chat, "last_message").and_then(|message| fields::object(message, "waba_payload"));
    let last = fields::time(last.and_then(|message| message.get("timestamp")), since);
    let id = format!("{}@{}", fields::address(chat.get("wa_id"))?, last.0);
    (last + OLD_CHAT >= since).then(|| json!({"id": id, "wa_id": chat.get("wa_id"), "resolved": true}))
}

/// All of it, the oldest first. What people wrote says more than that a chat was resolved: they may have gone on since.
fn news(account: &GetchatAccount, since: Time, far: &Far) -> Vec<News> {
    let reader = meta::Reader { account: &account.name, now: since, number: None, job: OUR_ID };
    let own = Own { reader, us: Some(account.user_id) };
    let objects = |list: &'_ [Json]| list.iter().rev().filter_map(|json| json.as_object().cloned()).collect::<Vec<_>>();
    let mut told = Told::default();
    for message in &objects(&far.messages) {
        own.message(message, &mut told);
    }
    for event in &objects(&far.assignments) {
        own.assignment(event, &mut told);
    }
    for event in &objects(&far.labels) {
        own.tagging(event, &mut told);
    }
    let time = |news: &News| if let News::Event(event) = news { event.at } else { since };
    told.news.sort_by_key(time);
    let mut closed = Told::default();
    for chat in &objects(&far.chats) {
        own.resolved(chat, &mut closed);
    }
    let goes_on = |of: &News| told.news.iter().any(|news| people_have(news) && conversation(news) == conversation(of));
    let closed: Vec<News> = closed.news.into_iter().filter(|news| !goes_on(news)).collect();
    told.news.extend(closed);
    told.news
}

fn conversation(news: &News) -> Option<&str> {
    if let News::Event(event) = news { Some(&event.thread.conversation) } else { None }
}

/// People wrote there, or took it.
fn people_have(news: &News) -> bool {
    let News::Event(event) = news else { return false };
    matches!(event.body, Body::Outgoing(_) | Body::Assigned(Assigned::Them(_)))
}
