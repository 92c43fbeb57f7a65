//! Look-ups by V1: by the job where we know it, else in the list of messages, newest first. Asynchronous sends stand in the list only
//! once delivered, so absence means something only after settling.

use serde_json_borrow::Value as Json;

use super::super::PactAccount;
use super::super::calls::Step;
use super::super::fields::{self, Object};
use super::super::lookup::{self, Listed, MOST_PAGES};
use super::calls::messages_path;
use super::outcomes::{self, JobEnd};
use crate::domain::{CallAnswer, Errand, Found, Lookup, MessageId};

/// Messages asked for at once: the most that Pact gives.
const PER_PAGE: usize = 100;
/// The longest token of a next page, as documented.
pub(in super::super) const LONGEST_PAGE_TOKEN: usize = 255;

pub(in super::super) fn find(account: &PactAccount, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
    match (answer, Step::of(&errand.row.progress)) {
        (None, _) => first_look(account, errand),
        (Some(answer), Some(Step::Job)) => after_job(account, errand, answer),
        (Some(answer), Some(Step::Page { number })) => after_page(account, errand, answer, number),
        (Some(_), _) => look_at_page(account, errand, 1, None),
    }
}

fn first_look(account: &PactAccount, errand: &Errand<'_>) -> Lookup {
    let (Some(job), Some(channel)) = (&errand.row.job, &errand.state.conversation.channel_id) else {
        return look_at_page(account, errand, 1, None);
    };
    let path = account.path(&format!("channels/{channel}/jobs/{job}"));
    Lookup::Call { call: Box::new(account.get(&path)), progress: Step::Job.save() }
}

/// A job that Pact still works on is as good as sent: repeating it would send it twice.
fn after_job(account: &PactAccount, errand: &Errand<'_>, answer: &CallAnswer) -> Lookup {
    let CallAnswer::Http { status: 200..=299, body, .. } = answer else {
        return look_at_page(account, errand, 1, None);
    };
    let Some(data) = data_of(body) else { return look_at_page(account, errand, 1, None) };
    let message = fields::id(data.get("message_id")).map(MessageId::from);
    Lookup::Done(match outcomes::job_end(&data) {
        JobEnd::Failed { reason, .. } => Found::Failed { why: reason },
        JobEnd::Delivered | JobEnd::Pending => Found::Sent { message, job: errand.row.job.clone() },
    })
}

fn look_at_page(account: &PactAccount, errand: &Errand<'_>, number: u32, from: Option<&str>) -> Lookup {
    let from = from.map(|token| format!("&from={}", encoded(token))).unwrap_or_default();
    let path = format!("{}?per={PER_PAGE}&sort_direction=desc{from}", messages_path(account, errand));
    Lookup::Call { call: Box::new(account.get(&path)), progress: Step::Page { number }.save() }
}

fn after_page(account: &PactAccount, errand: &Errand<'_>, answer: &CallAnswer, number: u32) -> Lookup {
    let page = match lookup::body(answer).and_then(|body| page(body).ok_or_else(lookup::no_list)) {
        Ok(page) => page,
        Err(found) => return Lookup::Done(found),
    };
    if let Some(found) = lookup::among(&page.messages, errand) {
        return Lookup::Done(found);
    }
    let reached = page.messages.iter().any(|message| message.at < lookup::since(errand));
    match page.next {
        Some(_) if !reached && number >= MOST_PAGES => Lookup::Done(Found::CannotTell),
        Some(next) if !reached => look_at_page(account, errand, number + 1, Some(&next)),
        _ => Lookup::Done(Found::Absent),
    }
}

/// A token as it stands in an address.
pub(in super::super) fn encoded(token: &str) -> String {
    form_urlencoded::byte_serialize(token.as_bytes()).collect()
}

/// `{"data": {…}}`.
pub(in super::super) fn data_of(body: &[u8]) -> Option<Object<'_>> {
    let Json::Object(answer) = fields::json(body).ok()? else { return None };
    match answer.into_vec().into_iter().find(|(key, _)| key == "data")? {
        (_, Json::Object(data)) => Some(data),
        _ => None,
    }
}

/// The token of the next page of a list.
pub(in super::super) fn next_page(data: &Object<'_>) -> Option<String> {
    let next = data.get("next_page").and_then(Json::as_str);
    next.filter(|token| (1..=LONGEST_PAGE_TOKEN).contains(&token.len())).map(str::to_owned)
}

/// A page of messages, newest first.
struct Page {
    messages: Vec<Listed>,
    next: Option<String>,
}

fn page(body: &[u8]) -> Option<Page> {
    let data = data_of(body)?;
    let items = data.get("messages")?.as_array()?;
    let listed =
        |item: &Json<'_>| Listed::read(item.as_object()?, "external_id", &["created_at_timestamp", "created_at"]);
    let messages = items.iter().take(PER_PAGE).filter_map(listed).collect();
    Some(Page { messages, next: next_page(&data) })
}
