//! Was an unknown send sent? get.chat has no key of our own on a message, so it is looked for among those that the bot's user sent to
//! the contact since the call: the oldest of the same kind and text, or of the same template, that is nobody else's.

use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization;

use super::calls::{number, read};
use super::news::text_of;
use super::{GetchatAccount, content};
use crate::domain::{CallAnswer, Effect, Errand, Found, Lookup, Outcome, Progress, Span};
use crate::providers::meta::fields::{self, Object};

/// How far get.chat's clock may lag behind ours. Longer, and an older equal text would be mistaken for this one.
const CLOCK_MARGIN: Span = Span::seconds(10);
/// Messages asked for: a bot says no more to one person between a call and its look-up.
const MOST_MESSAGES: usize = 100;

impl GetchatAccount {
    pub(super) fn find(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Lookup {
        let (true, Some(number)) = (errand.row.went().reaches_contact(), number(errand)) else {
            return Lookup::Done(Found::CannotTell);
        };
        let Some(answer) = answer else {
            let since = (errand.row.called_at.unwrap_or(errand.row.at) - CLOCK_MARGIN).0.div_euclid(1000);
            let path = format!("messages/?wa_id={number}&since_time={since}&from_us=true&limit={MOST_MESSAGES}");
            return Lookup::Call { call: Box::new(self.get(&path)), progress: Progress::Null };
        };
        Lookup::Done(match read(answer, false) {
            Ok(json) => self.among(errand, &json),
            Err(outcome) => unreadable(&outcome),
        })
    }

    fn among(&self, errand: &Errand<'_>, json: &Json) -> Found {
        let Some(messages) = json.get("results").and_then(Json::as_array) else {
            return Found::Unreadable { why: "an answer that is no list of messages".into() };
        };
        let mut oldest_first = messages.iter().rev().filter_map(Json::as_object);
        let id = oldest_first.find_map(|message| self.is_this(errand, message));
        match id {
            Some(id) => Found::Sent { message: Some(id.as_str().into()), job: None },
            None if messages.len() >= MOST_MESSAGES => Found::CannotTell,
            None => Found::Absent,
        }
    }

    /// get.chat's id of the message, if it may be the row's.
    fn is_this(&self, errand: &Errand<'_>, message: &Object) -> Option<String> {
        let id = fields::id(message.get("id"))?;
        let sender = message.get("sender").and_then(|sender| sender.get("id")).and_then(Json::as_u64);
        let payload = fields::object(message, "waba_payload")?;
        let is_free = !errand.taken.iter().any(|taken| taken.as_str() == id);
        (sender == Some(self.user_id) && is_free && is_same(errand.row.went(), payload)).then_some(id)
    }
}

fn is_same(effect: &Effect, payload: &Object) -> bool {
    let kind = payload.get("type").and_then(Json::as_str).unwrap_or_default();
    match effect {
        Effect::Template(template) => {
            let name = fields::object(payload, "template").and_then(|sent| sent.get("name")).and_then(Json::as_str);
            kind == "template" && name == Some(template.name.as_str())
        }
        Effect::Pin(pin) => {
            kind == "location"
                && fields::object(payload, "location").and_then(fields::location).map(|place| place.at) == Some(pin.at)
        }
        Effect::Interactive(interactive) => {
            kind == "interactive" && folded(&text_of(payload)) == folded(&interactive.text)
        }
        Effect::Contacts { cards } => {
            let sent = fields::list(payload, "contacts").first().and_then(|card| card.pointer("/name/formatted_name"));
            kind == "contacts" && sent.and_then(Json::as_str) == cards.first().map(|card| card.name.as_str())
        }
        Effect::Menu(menu) => kind == "interactive" && folded(&text_of(payload)) == folded(&menu.text),
        Effect::Say { text } => kind == "text" && folded(&text_of(payload)) == folded(text),
        other => content::file_of(other).is_some_and(|media| {
            let caption = if media.kind == crate::domain::MediaKind::Audio { "" } else { media.caption.as_str() };
            kind == media.kind.name() && folded(&text_of(payload)) == folded(caption)
        }),
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

fn unreadable(outcome: &Outcome) -> Found {
    outcome.why().map_or(Found::CannotTell, |why| Found::Unreadable { why: why.to_owned() })
}
