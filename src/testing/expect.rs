//! What a test expects, beside what is.

use std::fmt::Write as _;

use chrono_tz::Tz;
use regex::Regex;

use crate::domain::{
    Assignee, Card, Effect, HttpCall, MediaSource, Owner, Pressable, ShownOption, State, Template, TemplateCard,
    TemplateHeader, Time, Value, Vars,
};

use crate::engine;

use super::format::{Said, SaidParts, SaidTemplate};
use super::http::{WantedCall, describe_call};
use super::outbox::describe;
use super::world::Sent;

/// A text that is wanted.
#[derive(Clone, Debug)]
pub enum Want {
    /// This and nothing else; line ends at its end do not count.
    Whole(String),
    /// With all of these in it.
    Contains(Vec<String>),
    /// That the regex finds something in.
    Matches(Regex),
    /// One of these.
    OneOf(Vec<String>),
}

impl Want {
    /// Is it so?
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Whole(whole) => same(whole, text),
            Self::Contains(parts) => parts.iter().all(|part| text.contains(part.trim_end_matches('\n'))),
            Self::Matches(regex) => regex.is_match(text),
            Self::OneOf(texts) => texts.iter().any(|whole| same(whole, text)),
        }
    }

    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::Whole(text) => text.trim_end().to_owned(),
            Self::Contains(parts) => format!("a text that contains {}", quoted(parts, " and ")),
            Self::Matches(regex) => format!("a text that matches `{regex}`"),
            Self::OneOf(texts) => format!("one of {}", quoted(texts, ", ")),
        }
    }
}

fn same(left: &str, right: &str) -> bool {
    left.trim_end() == right.trim_end()
}

fn quoted(texts: &[String], between: &str) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(between)
}

impl Said {
    /// Did the bot say it?
    pub fn holds(&self, sent: &Sent) -> bool {
        match (self, &sent.effect) {
            (Self::Text(want), effect) => read(effect).is_some_and(|text| want.holds(&text)),
            (Self::Media(kind, name), Effect::Media(media)) => {
                *kind == media.kind && source(&media.source).ends_with(name.as_str())
            }
            (Self::Buttons(labels), Effect::Menu(menu)) => menu.options.iter().map(|option| &option.title).eq(labels),
            (Self::Buttons(labels), Effect::Interactive(shown)) => {
                matches!(&shown.what, Pressable::Link { title, .. } if std::slice::from_ref(title) == labels.as_slice())
            }
            (Self::Location(name), Effect::Pin(pin)) => pin.name == *name,
            (Self::Template(said), Effect::Template(template)) => said.holds(template),
            _ => false,
        }
    }

    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::Text(want) => want.describe(),
            Self::Template(said) => said.describe(),
            Self::Media(kind, name) => format!("{} {name}", kind.name()),
            Self::Buttons(labels) => format!("the buttons {}", quoted(labels, ", ")),
            Self::Location(name) => format!("the place {name}"),
        }
    }
}

impl SaidTemplate {
    fn holds(&self, template: &Template) -> bool {
        let until = |at: Time| self.offer_until.is_none_or(|wanted| wanted.in_zone(Tz::UTC) == at);
        self.name == template.name
            && self.language.as_ref().is_none_or(|language| *language == template.language)
            && self.parts.holds(template.header.as_ref(), &template.params, &template.buttons)
            && self.cards.as_ref().is_none_or(|cards| {
                let holds =
                    |(card, is): (&SaidParts, &TemplateCard)| card.holds(is.header.as_ref(), &is.params, &is.buttons);
                cards.len() == template.cards.len() && cards.iter().zip(&template.cards).all(holds)
            })
            && template.offer_until.map_or(self.offer_until.is_none(), until)
    }

    fn describe(&self) -> String {
        let language = self.language.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        let mut out = format!("template {}{language}{}", self.name, self.parts.describe());
        for card in self.cards.iter().flatten() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\ncard{}", card.describe());
        }
        if self.offer_until.is_some() {
            out += "\nwith the end of its offer";
        }
        out
    }
}

impl SaidParts {
    fn holds(&self, header: Option<&TemplateHeader>, params: &[String], buttons: &[String]) -> bool {
        let above = |wanted: &String| match header {
            Some(TemplateHeader::Text(text)) => text == wanted,
            Some(TemplateHeader::Media(media)) => source(&media.source).ends_with(wanted.as_str()),
            None => false,
        };
        self.header.as_ref().is_none_or(above)
            && self.params.as_ref().is_none_or(|wanted| wanted == params)
            && self.buttons.as_ref().is_none_or(|wanted| wanted == buttons)
    }

    fn describe(&self) -> String {
        let params = self.params.as_ref().map(|texts| format!(": {}", texts.join(" | "))).unwrap_or_default();
        let header = self.header.as_ref().map(|text| format!(", header {text}")).unwrap_or_default();
        let buttons = self.buttons.as_ref().map(|texts| format!(", buttons {}", texts.join(" | "))).unwrap_or_default();
        format!("{params}{header}{buttons}")
    }
}

/// What the contact reads, however the messenger shows it: options are numbered lines.
pub(super) fn read(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Menu(menu) => {
            let whole = |option: &ShownOption| {
                if option.description.is_empty() { option.title.clone() } else { option.description.clone() }
            };
            Some(engine::numbered(&menu.text, menu.options.iter().map(whole)))
        }
        Effect::Contacts { cards } => Some(cards.iter().map(Card::lines).collect::<Vec<_>>().join("\n\n")),
        other => other.text().map(str::to_owned),
    }
}

/// The name or address of a file.
pub(super) fn source(source: &MediaSource) -> &str {
    match source {
        MediaSource::File(asset) => &asset.path,
        MediaSource::Url(url) => url,
    }
}

/// The owners, as written.
pub(super) const OWNERS: &[(&str, Owner)] =
    &[("bot", Owner::Bot), ("waiting", Owner::Waiting), ("people", Owner::People)];

/// Whether what is not named matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What is named is so; there may be more.
    AtLeast,
    /// Lists and variables are those and no others, and what is not named of assignee, note and tags is not there.
    Only,
}

/// How things are expected to stand.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Whether what is not named matters.
    pub scope: Scope,
    /// The assignee: a team, a member or a user's id; `Some(None)` for nobody.
    pub assigned: Option<Option<String>>,
    /// The note, whole or one of its entries; `Some(None)` for none.
    pub note: Option<Option<Want>>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// What flows counted with `track` since the start.
    pub tracked: Option<Vec<String>>,
    /// Calls of `http` steps since the start.
    pub http: Option<Vec<WantedCall>>,
    /// Who has the conversation.
    pub owner: Option<Owner>,
    /// The bot closed it, and nobody was given it since.
    pub resolved: Option<bool>,
    /// Session variables.
    pub vars: Option<Vars>,
    /// The contact's language.
    pub language: Option<Option<String>>,
    /// The contact.
    pub contact: Option<Contact>,
}

/// What is expected of the contact.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The name.
    pub name: Option<Option<String>>,
    /// The phone.
    pub phone: Option<Option<String>>,
    /// The language.
    pub language: Option<Option<String>>,
    /// `contact.vars`.
    pub vars: Vars,
}

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of what.
    pub of: String,
    /// What was expected.
    pub expected: String,
    /// What is.
    pub got: String,
}

impl Expect {
    /// What is otherwise than expected. Nobody wrote yet: everything is as at the start, so nothing is there.
    pub fn differences(&self, state: Option<&State>, tracked: &[String], calls: &[HttpCall]) -> Vec<Difference> {
        let mut found = Vec::new();
        self.tracked(tracked, &mut found);
        self.calls(calls, &mut found);
        self.assignee(state, &mut found);
        self.note(state, &mut found);
        self.tags(state, &mut found);
        if let Some(owner) = self.owner {
            let is = state.map_or(Owner::Bot, |state| state.conversation.owner);
            push(&mut found, is == owner, "owner", owner_name(owner), owner_name(is));
        }
        if let Some(wanted) = self.resolved {
            let closed = state.and_then(|state| state.conversation.closed);
            let is = closed.is_some_and(|closed| !closed.opened);
            push(&mut found, is == wanted, "resolved", wanted.to_string(), is.to_string());
        }
        if let Some(vars) = &self.vars {
            let empty = Vars::new();
            let is = state.and_then(|state| state.session.as_ref()).map_or(&empty, |session| &session.vars);
            compare_vars("", vars, is, &mut found);
            if self.scope == Scope::Only {
                only_vars(vars, is, &mut found);
            }
        }
        if let Some(language) = &self.language {
            optional(
                "language",
                language.as_ref(),
                state.and_then(|state| state.contact.language.as_ref()),
                &mut found,
            );
        }
        if let Some(contact) = &self.contact {
            contact.differences(state, &mut found);
        }
        found
    }

    fn assignee(&self, state: Option<&State>, found: &mut Vec<Difference>) {
        let is = state.and_then(|state| state.conversation.assignee.as_ref());
        let wanted = match &self.assigned {
            Some(wanted) => wanted.as_deref(),
            None if self.scope == Scope::Only => None,
            None => return,
        };
        let holds = match (wanted, is) {
            (None, None) => true,
            (Some(name), Some(assignee)) => is_called(assignee, name),
            _ => false,
        };
        let got = is.map_or("nobody".to_owned(), |assignee| describe(&Effect::Assign { to: Some(assignee.clone()) }));
        push(found, holds, "assigned", wanted.unwrap_or("nobody"), got);
    }

    fn note(&self, state: Option<&State>, found: &mut Vec<Difference>) {
        let none = Vec::new();
        let notes = state.map_or(&none, |state| &state.conversation.notes);
        let whole = notes.join("\n");
        match &self.note {
            Some(Some(want)) => {
                let holds = !notes.is_empty() && (want.holds(&whole) || notes.iter().any(|note| want.holds(note)));
                push(found, holds, "note", want.describe(), shown(&whole));
            }
            Some(None) => push(found, notes.is_empty(), "note", "none", shown(&whole)),
            None if self.scope == Scope::Only => push(found, notes.is_empty(), "note", "none", shown(&whole)),
            None => {}
        }
    }

    fn tracked(&self, is: &[String], found: &mut Vec<Difference>) {
        let Some(wanted) = &self.tracked else { return };
        let holds = if self.scope == Scope::Only { is == wanted } else { has_each(is, wanted) };
        push(found, holds, "tracked", shown(&wanted.join(", ")), shown(&is.join(", ")));
    }

    /// Each that is wanted was made, in that order; `only`: and no other.
    fn calls(&self, is: &[HttpCall], found: &mut Vec<Difference>) {
        let Some(wanted) = &self.http else { return };
        let mut left = is.iter();
        let in_order = wanted.iter().all(|wanted| left.any(|call| wanted.holds(call)));
        let holds = in_order && (self.scope == Scope::AtLeast || is.len() == wanted.len());
        let wanted: Vec<_> = wanted.iter().map(WantedCall::describe).collect();
        let is: Vec<_> = is.iter().map(describe_call).collect();
        push(found, holds, "http", shown(&wanted.join("\n")), shown(&is.join("\n")));
    }

    fn tags(&self, state: Option<&State>, found: &mut Vec<Difference>) {
        let none = Vec::new();
        let is = state.map_or(&none, |state| &state.conversation.tags);
        let only = self.scope == Scope::Only;
        let wanted = match &self.tags {
            Some(tags) => tags,
            None if only => &none,
            None => return,
        };
        let holds = wanted.iter().all(|tag| is.contains(tag)) && (!only || is.len() == wanted.len());
        push(found, holds, "tags", wanted.join(", "), shown(&is.join(", ")));
    }
}

/// As often as it is wanted, at least.
fn has_each(is: &[String], wanted: &[String]) -> bool {
    let count = |of: &[String], name: &String| of.iter().filter(|other| *other == name).count();
    wanted.iter().all(|name| count(is, name) >= count(wanted, name))
}

impl Contact {
    fn differences(&self, state: Option<&State>, found: &mut Vec<Difference>) {
        let contact = state.map(|state| &state.contact);
        let of = [
            ("contact.name", &self.name, contact.and_then(|contact| contact.name.as_ref())),
            ("contact.phone", &self.phone, contact.and_then(|contact| contact.phone.as_ref())),
            ("contact.language", &self.language, contact.and_then(|contact| contact.language.as_ref())),
        ];
        for (name, wanted, is) in of {
            if let Some(wanted) = wanted {
                optional(name, wanted.as_ref(), is, found);
            }
        }
        let empty = Vars::new();
        compare_vars("contact.vars.", &self.vars, contact.map_or(&empty, |contact| &contact.vars), found);
    }
}

fn is_called(assignee: &Assignee, name: &str) -> bool {
    [assignee.team.as_deref(), assignee.member.as_deref(), Some(assignee.id.as_str())].contains(&Some(name))
}

fn owner_name(owner: Owner) -> &'static str {
    OWNERS.iter().find(|(_, other)| *other == owner).map_or("bot", |(name, _)| name)
}

fn optional(of: &str, wanted: Option<&String>, is: Option<&String>, found: &mut Vec<Difference>) {
    let text = |value: Option<&String>| value.map_or("nothing".to_owned(), Clone::clone);
    push(found, wanted == is, of, text(wanted), text(is));
}

fn compare_vars(prefix: &str, wanted: &Vars, is: &Vars, found: &mut Vec<Difference>) {
    for (name, value) in wanted {
        let got = is.get(name).unwrap_or(&Value::Unit);
        push(found, alike(value, got), format!("{prefix}{name}"), json(value), json(got));
    }
}

fn only_vars(wanted: &Vars, is: &Vars, found: &mut Vec<Difference>) {
    for (name, value) in is.iter().filter(|(name, value)| !wanted.contains_key(*name) && **value != Value::Unit) {
        push(found, false, name, "nothing", json(value));
    }
}

/// A whole number and one with a fraction are the same when their values are; a time may be written as text.
fn alike(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Int(left), Value::Float(right)) => (*left as f64 - right).abs() < f64::EPSILON,
        (Value::Text(left), Value::Time(right)) => {
            chrono::DateTime::parse_from_rfc3339(left).is_ok_and(|time| time.timestamp_millis() == right.0)
        }
        _ => wanted == got,
    }
}

fn json(value: &Value) -> String {
    serde_json::Value::from(value.clone()).to_string()
}

fn shown(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { text.to_owned() }
}

fn push(
    found: &mut Vec<Difference>,
    holds: bool,
    of: impl Into<String>,
    expected: impl Into<String>,
    got: impl Into<String>,
) {
    if !holds {
        found.push(Difference { of: of.into(), expected: expected.into(), got: got.into() });
    }
}
