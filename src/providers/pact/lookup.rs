//! Was an unknown send sent? Pact has no key of our own on a message, so it is looked for: by its job where we know it, else in the
//! conversation's messages since the call.
//!
//! A text is found by being equal (NFC, spaces folded). A template's final text is Pact's to make; it is found as a message that holds
//! all its parameters in order. Without parameters, the first outgoing message of nobody else since the call is taken for it: outside
//! the window only templates can leave, and a second template costs more than a missing one that a human's message replaced.
//! Asynchronous sends stand in the list only once delivered, so absence means something only after settling.

use serde_json_borrow::Value as Json;
use unicode_normalization::UnicodeNormalization;

use super::PactAccount;
use super::calls::{Step, effect_of};
use super::fields::{self, Object};
use super::outcomes::{self, JobEnd};
use crate::domain::{CallAnswer, Effect, Errand, Found, JobId, Lookup, MessageId, Span, Template, Time};
use crate::providers::{transport_outcome, words};

/// How far Pact's clock may lag behind ours. Longer, and an older equal text would be mistaken for this one.
const CLOCK_MARGIN: Span = Span::seconds(10);
/// Messages asked for at once: the most that Pact gives.
const PER_PAGE: usize = 100;
/// Pages read back in time: a conversation with more messages since the call is nobody's dialogue.
const MOST_PAGES: u32 = 5;
/// The longest token of a next page, as documented.
const LONGEST_PAGE_TOKEN: usize = 255;

impl PactAccount {
    pub(super) fn find(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        if !effect_of(errand).reaches_contact() {
            return Lookup::Done(Found::CannotTell);
        }
        match (answer, Step::of(&errand.row.progress)) {
            (None, _) => self.first_look(errand),
            (Some(answer), Some(Step::Job)) => self.after_job(errand, answer),
            (Some(answer), Some(Step::Page { number })) => self.after_page(errand, answer, number),
            (Some(_), _) => self.look_at_page(errand, 1, None),
        }
    }

    fn first_look(&self, errand: &Errand<'_>) -> Lookup {
        let (Some(job), Some(channel)) = (&errand.row.job, &errand.state.conversation.channel_id) else {
            return self.look_at_page(errand, 1, None);
        };
        let path = self.path(&format!("channels/{channel}/jobs/{job}"));
        Lookup::Call { call: Box::new(self.get(&path)), progress: Step::Job.save() }
    }

    /// A job that Pact still works on is as good as sent: repeating it would send it twice.
    fn after_job(&self, errand: &Errand<'_>, answer: &CallAnswer) -> Lookup {
        let CallAnswer::Http { status: 200..=299, body, .. } = answer else {
            return self.look_at_page(errand, 1, None);
        };
        let Some(data) = data_of(body) else { return self.look_at_page(errand, 1, None) };
        let message = fields::id(data.get("message_id")).map(MessageId::from);
        Lookup::Done(match outcomes::job_end(&data) {
            JobEnd::Failed { reason, .. } => Found::Failed { why: reason },
            JobEnd::Delivered | JobEnd::Pending => Found::Sent { message, job: errand.row.job.clone() },
        })
    }

    fn look_at_page(&self, errand: &Errand<'_>, number: u32, from: Option<&str>) -> Lookup {
        let from = from.map(|token| format!("&from={}", encoded(token))).unwrap_or_default();
        let path = format!("{}?per={PER_PAGE}&sort_direction=desc{from}", self.messages_path(errand.state));
        Lookup::Call { call: Box::new(self.get(&path)), progress: Step::Page { number }.save() }
    }

    fn after_page(&self, errand: &Errand<'_>, answer: &CallAnswer, number: u32) -> Lookup {
        let page = match read_page(answer) {
            Ok(page) => page,
            Err(found) => return Lookup::Done(found),
        };
        let since = errand.row.called_at.unwrap_or(errand.row.at) - CLOCK_MARGIN;
        // The earliest of several goes to the row that is looked up first: rows are sent in order.
        let candidate = page.messages.iter().rev().find(|message| message.at >= since && message.may_be(errand));
        if let Some(message) = candidate {
            return Lookup::Done(Found::Sent { message: Some(message.id.clone()), job: message.job.clone() });
        }
        let reached = page.messages.iter().any(|message| message.at < since);
        match page.next {
            Some(_) if !reached && number >= MOST_PAGES => Lookup::Done(Found::CannotTell),
            Some(next) if !reached => self.look_at_page(errand, number + 1, Some(&next)),
            _ => Lookup::Done(Found::Absent),
        }
    }
}

fn encoded(token: &str) -> String {
    form_urlencoded::byte_serialize(token.as_bytes()).collect()
}

fn data_of(body: &[u8]) -> Option<Object<'_>> {
    let Json::Object(answer) = serde_json::from_slice(body).ok()? else { return None };
    match answer.into_vec().into_iter().find(|(key, _)| key == "data")? {
        (_, Json::Object(data)) => Some(data),
        _ => None,
    }
}

/// A page of messages, newest first.
struct Page {
    messages: Vec<Listed>,
    next: Option<String>,
}

struct Listed {
    id: MessageId,
    job: Option<JobId>,
    text: String,
    at: Time,
    outgoing: bool,
}

fn read_page(answer: &CallAnswer) -> Result<Page, Found> {
    match (transport_outcome(answer, false), answer) {
        (None, CallAnswer::Http { body, .. }) => {
            // Not quoted: it may hold what people wrote.
            page(body).ok_or_else(|| Found::Unreadable { why: "an answer that is no list of messages".into() })
        }
        (Some(_), CallAnswer::Http { status: status @ (404 | 410), .. }) => {
            Err(Found::Failed { why: format!("{status}: Pact has no such conversation") })
        }
        (Some(_), CallAnswer::Http { status, body, .. }) => {
            Err(Found::Unreadable { why: format!("{status}: {}", words(body)) })
        }
        (_, CallAnswer::NotSent(why) | CallAnswer::Lost(why)) => Err(Found::Unreadable { why: why.clone() }),
    }
}

fn page(body: &[u8]) -> Option<Page> {
    let data = data_of(body)?;
    let items = data.get("messages")?.as_array()?;
    let messages = items.iter().take(PER_PAGE).filter_map(|item| listed(item.as_object()?)).collect();
    let next = data.get("next_page").and_then(Json::as_str);
    let next = next.filter(|token| (1..=LONGEST_PAGE_TOKEN).contains(&token.len())).map(str::to_owned);
    Some(Page { messages, next })
}

/// What cannot be dated cannot be told from an older equal text: it is left out.
fn listed(object: &Object<'_>) -> Option<Listed> {
    let at = ["created_at_timestamp", "created_at"].iter().find_map(|key| fields::any_time(object.get(key)?))?;
    Some(Listed {
        id: fields::id(object.get("external_id"))?.into(),
        job: fields::id(object.get("job_id")).map(Into::into),
        text: fields::text(object.get("message"))?,
        at,
        outgoing: fields::flag(object.get("income")) == Some(false),
    })
}

impl Listed {
    fn may_be(&self, errand: &Errand<'_>) -> bool {
        let free = self.outgoing && !errand.taken.contains(&self.id);
        free && match effect_of(errand) {
            Effect::Template(template) => holds_in_order(&folded(&self.text), template),
            other => other.text().is_some_and(|text| folded(&self.text) == folded(text)),
        }
    }
}

fn holds_in_order(text: &str, template: &Template) -> bool {
    let mut rest = text;
    template.params.iter().all(|param| match rest.split_once(folded(param).as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// As messengers may return a text: composed, spaces folded.
fn folded(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}
