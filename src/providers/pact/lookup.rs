//! Was an unknown send sent? Pact has no key of our own on a message, so it is looked for in the conversation's messages since the call.
//!
//! A text is found by being equal (NFC, spaces folded), a file by being there with its caption. A template's final text is Pact's to
//! make; it is found as a message that holds all its parameters in order. Without parameters, the first outgoing message of nobody else
//! since the call is taken for it: outside the window only templates can leave, and a second template costs more than a missing one
//! that a human's message replaced.

use unicode_normalization::UnicodeNormalization;

use super::calls::{effect_of, text_of};
use super::fields::{self, Object};
use super::{Api, PactAccount, v1, v2};
use crate::domain::{CallAnswer, Effect, Errand, Found, JobId, Lookup, MessageId, Span, Template, Time};
use crate::providers::{transport_outcome, words};

/// How far Pact's clock may lag behind ours. Longer, and an older equal text would be mistaken for this one.
const CLOCK_MARGIN: Span = Span::seconds(10);
/// Pages read: a conversation with more messages since the call is nobody's dialogue.
pub(super) const MOST_PAGES: u32 = 5;

impl PactAccount {
    pub(super) fn find(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        if !effect_of(errand).reaches_contact() {
            return Lookup::Done(Found::CannotTell);
        }
        match self.api {
            Api::V1 => v1::lookup::find(self, errand, answer),
            Api::V2 => v2::lookup::find(self, errand, answer),
        }
    }
}

/// Messages from then on may be the row's.
pub(super) fn since(errand: &Errand<'_>) -> Time {
    errand.row.called_at.unwrap_or(errand.row.at) - CLOCK_MARGIN
}

/// The body of a page, or what the failure to get it means.
pub(super) fn body(answer: &CallAnswer) -> Result<&[u8], Found> {
    match (transport_outcome(answer, false), answer) {
        (None, CallAnswer::Http { body, .. }) => Ok(body),
        (Some(_), CallAnswer::Http { status: status @ (404 | 410), .. }) => {
            Err(Found::Failed { why: format!("{status}: Pact has no such conversation") })
        }
        (Some(_), CallAnswer::Http { status, body, .. }) => {
            Err(Found::Unreadable { why: format!("{status}: {}", words(body)) })
        }
        (_, CallAnswer::NotSent(why) | CallAnswer::Lost(why)) => Err(Found::Unreadable { why: why.clone() }),
    }
}

/// Not quoted: it may hold what people wrote.
pub(super) fn no_list() -> Found {
    Found::Unreadable { why: "an answer that is no list of messages".into() }
}

/// A message of a list.
pub(super) struct Listed {
    id: MessageId,
    job: Option<JobId>,
    text: String,
    pub(super) at: Time,
    outgoing: bool,
    files: bool,
}

impl Listed {
    /// What cannot be dated cannot be told from an older equal text: it is left out.
    pub(super) fn read(object: &Object<'_>, id: &str, times: &[&str]) -> Option<Self> {
        Some(Self {
            id: fields::id(object.get(id))?.into(),
            job: fields::id(object.get("job_id")).map(Into::into),
            text: fields::text(object.get("message"))?,
            at: times.iter().find_map(|key| fields::any_time(object.get(key)?))?,
            outgoing: fields::flag(object.get("income")) == Some(false),
            files: !fields::attachments(object.get("attachments")).is_empty(),
        })
    }

    fn may_be(&self, errand: &Errand<'_>) -> bool {
        let free = self.outgoing && !errand.taken.contains(&self.id);
        free && match effect_of(errand) {
            Effect::Template(template) => holds_in_order(&folded(&self.text), template),
            media @ Effect::Media(_) => self.files && self.says(media),
            other => self.says(other),
        }
    }

    fn says(&self, effect: &Effect) -> bool {
        text_of(effect).is_some_and(|text| folded(&self.text) == folded(&text))
    }
}

/// The row among these messages. The earliest of several goes to the row that is looked up first: rows are sent in order.
pub(super) fn among(messages: &[Listed], errand: &Errand<'_>) -> Option<Found> {
    let fitting = messages.iter().filter(|message| message.at >= since(errand) && message.may_be(errand));
    let earliest = fitting.min_by_key(|message| message.at)?;
    Some(Found::Sent { message: Some(earliest.id.clone()), job: earliest.job.clone() })
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
