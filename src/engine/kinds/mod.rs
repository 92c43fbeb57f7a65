//! Kinds of answers: how the one value of its kind is read out of a message.

use std::collections::BTreeMap;

use super::options::Options;
use super::triggers::MessageRegex;
use super::turn::Turning;
use super::wording::Wanted;
use crate::bot::{Texts, ValueExpr};
use crate::domain::{Attachment, Card, Message, SharedLocation, Value, WhatsAppForm};

pub mod digits;
mod email;
pub mod number;
pub mod phone;
pub mod when;
pub mod yes_no;

use when::Want;

/// Longer messages are no answers to questions for one value; reading on would only cost time.
const LONGEST_ANSWER: usize = 1_000;
/// Characters of a text that are kept: the state is written with every turn.
const LONGEST_TEXT: usize = 10_000;

/// What a question wants.
#[derive(Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// An e-mail address.
    Email,
    /// A phone number, kept as E.164.
    Phone,
    /// Yes or no.
    YesNo,
    /// A day, a time, or both.
    When(Want),
    /// One of some options.
    Choice(Options),
    /// What a regex finds.
    Matches(MessageRegex),
    /// A picture, by its address.
    Image,
    /// A file of any kind, by its address.
    File,
    /// A place on the map.
    Location,
    /// A postal address: of a country that WhatsApp has a form for, by that form, else typed.
    Address(Option<String>),
    /// Cards of contacts.
    Contacts,
    /// What is filled in in a form of WhatsApp's own.
    Form(Box<FormFrom>),
    /// A text, a file or a place.
    Any,
}

/// A form of WhatsApp's own, before its texts are put to words.
#[derive(Debug)]
pub struct FormFrom {
    /// Meta's id of it.
    pub id: Texts,
    /// The label of the button that opens it.
    pub button: Texts,
    /// The screen that it begins with.
    pub screen: Option<Texts>,
    /// What that screen is given.
    pub data: Option<ValueExpr>,
}

impl FormFrom {
    /// Offer it below a text.
    pub fn offer(&self, t: &mut Turning<'_>, text: &str) {
        let (Some(id), Some(button)) = (t.text(&self.id), t.text(&self.button)) else { return };
        let screen = self.screen.as_ref().and_then(|screen| t.text(screen)).unwrap_or_default();
        let data = self.data.as_ref().map(|data| t.value(data).into()).unwrap_or_default();
        t.offer_form(text, WhatsAppForm { id, button, screen, data });
    }
}

impl Kind {
    /// The value in a message; `None`: a wrong answer.
    pub fn read(&self, t: &mut Turning<'_>, message: &Message) -> Option<Value> {
        if let Self::Choice(options) = self {
            let chosen = options.find(t, message)?;
            return Some(options.value(t, chosen));
        }
        let beside = self.read_beside(message);
        if beside.is_some()
            || matches!(self, Self::Image | Self::File | Self::Location | Self::Contacts | Self::Form(_))
        {
            return beside;
        }
        let text = message.text.trim();
        if text.is_empty() {
            return None;
        }
        if matches!(self, Self::Text | Self::Any) {
            return Some(Value::Text(text.chars().take(LONGEST_TEXT).collect()));
        }
        (text.len() <= LONGEST_ANSWER).then(|| self.read_text(t, text)).flatten()
    }

    /// What is no text: a file or a place.
    fn read_beside(&self, message: &Message) -> Option<Value> {
        let file = |is_wanted: fn(&Attachment) -> bool| {
            let found = message.attachments.iter().filter(|file| is_wanted(file)).find_map(Attachment::reference);
            found.map(|reference| Value::Text(reference.to_owned()))
        };
        let place = || message.location.as_ref().map(SharedLocation::value);
        match self {
            Self::Image => file(|file| file.kind == "image"),
            Self::File => file(|file| file.kind != "sticker"),
            Self::Location => place(),
            Self::Address(_) => message.form().map(|parts| address(parts.clone(), &message.text)),
            Self::Contacts => {
                let cards: Vec<Value> = message.contacts.iter().map(Card::value).collect();
                (!cards.is_empty()).then_some(Value::List(cards))
            }
            Self::Form(_) => message.form().cloned().map(Value::Map),
            // Their text is a caption.
            Self::Any => file(|_| true).or_else(place),
            _ => None,
        }
    }

    fn read_text(&self, t: &Turning<'_>, text: &str) -> Option<Value> {
        match self {
            Self::Text
            | Self::Any
            | Self::Choice(_)
            | Self::Image
            | Self::File
            | Self::Location
            | Self::Contacts
            | Self::Form(_) => None,
            Self::Address(_) => Some(address(BTreeMap::new(), text)),
            Self::Integer => number::integer(text, &t.languages()).map(Value::Int),
            Self::Number => number::number(text, &t.languages()).map(Value::Float),
            Self::Email => email::email(text).map(Value::Text),
            Self::Phone => phone::phone(text, t.phone()).map(Value::Text),
            Self::YesNo => yes_no::yes_no(text).map(Value::Bool),
            Self::When(want) => when::when(text, *want, &t.languages(), t.here()),
            Self::Matches(regex) => regex.find(text).map(|found| Value::Text(found.as_str().to_owned())),
        }
    }

    /// Its word for wordings.
    pub fn wanted(&self) -> Wanted {
        match self {
            Self::Text | Self::Address(_) => Wanted::Text,
            Self::Integer => Wanted::Integer,
            Self::Number => Wanted::Number,
            Self::Email => Wanted::Email,
            Self::Phone => Wanted::Phone,
            Self::YesNo => Wanted::YesNo,
            Self::When(Want::Date) => Wanted::Date,
            Self::When(Want::Time) => Wanted::Time,
            Self::When(Want::DateTime) => Wanted::DateTime,
            Self::Choice(_) => Wanted::Option,
            Self::Image => Wanted::Image,
            Self::File => Wanted::File,
            Self::Location => Wanted::Location,
            Self::Contacts | Self::Form(_) | Self::Matches(_) | Self::Any => Wanted::Other,
        }
    }
}

/// An address: its parts, where a form told them, and all of it as `text`.
fn address(mut parts: BTreeMap<String, Value>, text: &str) -> Value {
    parts.insert("text".to_owned(), Value::Text(text.to_owned()));
    Value::Map(parts)
}

/// The only item, when there is exactly one.
fn sole<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
