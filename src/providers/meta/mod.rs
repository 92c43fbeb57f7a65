//! Meta's envelope of WhatsApp webhooks: `entry[].changes[].value`, or the same fields flat. No provider of its own: those that pass it on
//! read it here.
//!
//! One body may tell of many things. Each is read by itself: what one of them lacks costs nothing of the others.

use serde_json::Value as Json;

use self::fields::Object;
use crate::domain::{AccountName, Body, Channel, Event, EventKey, News, Received, Thread, Time};
use crate::providers::quoted;

pub mod content;
pub mod data;
pub mod faults;
pub mod fields;
mod management;
mod messages;
pub mod outcomes;
mod people;
pub mod rates;
mod statuses;
pub mod templates;

/// The channel of everything that comes so.
pub const CHANNEL: &str = "whatsapp_business";
/// The lists of a change's value, one of which a flat body must have.
const LISTS: [&str; 5] = ["messages", "statuses", "message_echoes", "calls", "errors"];

/// Reads the envelope for one account.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Whose events they become.
    pub account: &'a AccountName,
    /// Stands in for times that are missing or absurd.
    pub now: Time,
    /// Only what came to this number (`metadata.phone_number_id`) is read; `None`: all of it.
    pub number: Option<&'a str>,
    /// The field of a status that names the job of our send. Meta's own is the text that we gave it to give back.
    pub job: &'static str,
}

/// Meta's own field for what a sender wants to have given back with the statuses of its message.
pub const GIVEN_BACK: &str = "biz_opaque_callback_data";

/// What was found in a body so far.
#[derive(Debug, Default)]
pub struct Told {
    /// In the order of the body.
    pub news: Vec<News>,
    /// Why parts of it could not be read, for people.
    pub unfit: Vec<String>,
}

/// Is it an envelope, or its content flat?
pub fn is_envelope(json: &Json) -> bool {
    json.as_object().is_some_and(|object| object.contains_key("entry") || is_value(object))
}

fn is_value(object: &Object) -> bool {
    LISTS.iter().any(|list| object.get(*list).is_some_and(Json::is_array))
}

impl Told {
    /// Something understood that changes nothing.
    pub fn ignore(&mut self, kind: &'static str, why: impl Into<String>) {
        self.news.push(News::Ignored { kind, why: why.into() });
    }

    /// The answer to the body. What could not be read of a body that told something else is counted; a body of nothing else is kept.
    pub fn received(mut self) -> Received {
        if self.news.is_empty() {
            let why = if self.unfit.is_empty() { "nothing in it".to_owned() } else { self.unfit.join("; ") };
            return Received::Unfit { why: quoted(&why) };
        }
        for why in std::mem::take(&mut self.unfit) {
            self.ignore("unreadable", quoted(&why));
        }
        Received::News(self.news)
    }
}

impl Reader<'_> {
    /// Read a whole body.
    pub fn body(&self, json: &Json) -> Received {
        let mut told = Told::default();
        match json.as_object() {
            Some(object) if object.contains_key("entry") => self.entries(object, &mut told),
            Some(object) if is_value(object) => self.value("", object, &mut told),
            Some(_) => told.unfit.push("neither `entry` nor `messages` nor `statuses`".into()),
            None => told.unfit.push("not a JSON object".into()),
        }
        told.received()
    }

    fn entries(&self, body: &Object, told: &mut Told) {
        for entry in fields::list(body, "entry") {
            let changes = entry.as_object().map(|entry| fields::list(entry, "changes")).unwrap_or_default();
            if changes.is_empty() {
                told.unfit.push("an entry without `changes`".into());
            }
            for change in changes {
                let field = change.get("field").and_then(Json::as_str).unwrap_or_default();
                match change.get("value").and_then(Json::as_object) {
                    Some(value) => self.value(field, value, told),
                    None => told.unfit.push("a change without `value`".into()),
                }
            }
        }
    }

    /// Read the value of one change; `field` is what it is said to be about, `""` where nothing is said.
    pub fn value(&self, field: &str, value: &Object, told: &mut Told) {
        let number =
            fields::object(value, "metadata").and_then(|metadata| fields::address(metadata.get("phone_number_id")));
        if let (Some(ours), Some(number)) = (self.number, &number)
            && ours != number
        {
            return told.ignore("other_number", format!("it came to the number {}", quoted(number)));
        }
        if !is_value(value) {
            return management::read(field, value, told);
        }
        let channel_id = number.as_deref();
        self.messages(value, channel_id, told);
        self.echoes(value, channel_id, told);
        self.statuses(value, channel_id, told);
        self.calls(value, channel_id, told);
        for fault in faults::all(value.get("errors")) {
            told.news
                .push(News::Account { what: format!("an error of the number: {}", fault.words), templates: false });
        }
    }

    fn event(&self, thread: Thread, key: Option<String>, at: Time, body: Body) -> News {
        let thread = Thread { channel: Some(Channel(CHANNEL.to_owned())), ..thread };
        Event { account: self.account.clone(), thread, key: key.map(EventKey), at, body }.into()
    }
}
