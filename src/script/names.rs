//! Names that expressions read: which there are, which fields of them an expression uses, and their values in a view.
//! Only what is used is converted.

use std::collections::BTreeMap;

use rhai::{Array, Dynamic, Map};

use super::docs::NAMES;
use super::tokens::Token;
use super::tongue::Tongue;
use super::values::{Manner, text};
use super::{Calendar, View};
use crate::domain::{Attachment, Card, Message, MessageId, Owner, Value, Window};

/// Names that every expression knows.
pub const GLOBALS: &[&str] = &{
    let mut names = [""; NAMES.len()];
    let mut n = 0;
    while n < NAMES.len() {
        names[n] = NAMES[n].name;
        n += 1;
    }
    names
};

/// Words of rhai that cannot be names of ours.
const RHAI_WORDS: &[&str] = &[
    "Fn",
    "as",
    "async",
    "await",
    "break",
    "call",
    "case",
    "catch",
    "const",
    "continue",
    "curry",
    "debug",
    "default",
    "do",
    "else",
    "eval",
    "exit",
    "export",
    "false",
    "fn",
    "for",
    "global",
    "go",
    "goto",
    "if",
    "import",
    "in",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "let",
    "loop",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "print",
    "private",
    "protected",
    "public",
    "return",
    "shared",
    "spawn",
    "static",
    "super",
    "switch",
    "sync",
    "this",
    "thread",
    "throw",
    "true",
    "try",
    "type_of",
    "until",
    "use",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Words of ours beside the globals: `secret` is read by `http` steps.
const OUR_WORDS: &[&str] = &["secret"];

/// Whether a flow, a variable or a team may not be named so.
pub fn is_reserved(name: &str) -> bool {
    RHAI_WORDS.contains(&name) || GLOBALS.contains(&name) || OUR_WORDS.contains(&name)
}

/// The fields of a global that has a fixed set of them.
pub(super) fn fields_of(global: &str) -> Option<&'static [&'static str]> {
    Some(match global {
        "message" => MESSAGE_FIELDS,
        "contact" => CONTACT_FIELDS,
        "conversation" => CONVERSATION_FIELDS,
        "hours" => CALENDAR_FIELDS,
        _ => return None,
    })
}

const MESSAGE_FIELDS: &[&str] =
    &["text", "id", "kind", "option", "attachments", "location", "reply_to", "contacts", "form", "data", "error"];
const CONTACT_FIELDS: &[&str] = &["name", "phone", "language", "vars"];
const CONVERSATION_FIELDS: &[&str] = &["channel", "owner", "assignee", "tags", "window", "last_human_at"];
const CALENDAR_FIELDS: &[&str] = &["open", "closed", "next_open", "next_close", "holiday"];

/// A longer path is read whole from here on.
const LONGEST_PATH: usize = 6;

/// Which fields of a value an expression reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    /// All, as far as can be seen.
    All,
    /// These.
    Some(BTreeMap<String, Fields>),
}

impl Fields {
    pub(super) const ALL: &'static Self = &Self::All;

    /// The fields read of a name, by every place where it stands.
    pub(super) fn read(name: &str, source: &str, tokens: &[Token]) -> Self {
        let mut fields = Self::Some(BTreeMap::new());
        for place in places(name, source, tokens) {
            fields.add(&path_after(place, source, tokens));
        }
        fields
    }

    fn add(&mut self, path: &[&str]) {
        let Self::Some(inner) = self else { return };
        match path.split_first() {
            None => *self = Self::All,
            Some((first, rest)) => {
                inner.entry((*first).to_owned()).or_insert_with(|| Self::Some(BTreeMap::new())).add(rest);
            }
        }
    }

    fn of(&self, field: &str) -> Option<&Self> {
        match self {
            Self::All => Some(Self::ALL),
            Self::Some(fields) => fields.get(field),
        }
    }

    /// A map of the fields that are read.
    fn object(&self, all: &[&str], mut value: impl FnMut(&str, &Self) -> Dynamic) -> Dynamic {
        let fields = all.iter().filter_map(|field| Some(((*field).into(), value(field, self.of(field)?))));
        fields.collect::<Map>().into()
    }
}

/// The tokens at which a variable stands: not a field, a function, a module or the key of a map.
pub(super) fn places<'a>(name: &'a str, source: &'a str, tokens: &'a [Token]) -> impl Iterator<Item = usize> + 'a {
    (0..tokens.len()).filter(move |&at| {
        tokens[at].is_word() && tokens[at].text(source) == name && {
            let before = at.checked_sub(1).map_or("", |before| tokens[before].text(source));
            let after = tokens.get(at + 1).map_or("", |after| after.text(source));
            !matches!(before, "." | "?." | "::") && !matches!(after, "::" | "(")
        }
    })
}

/// The fields that follow a variable: `.a.b`, but no method.
fn path_after<'a>(place: usize, source: &'a str, tokens: &[Token]) -> Vec<&'a str> {
    let mut path = Vec::new();
    for pair in tokens[place + 1..].chunks(2) {
        let [dot, field] = pair else { break };
        let after = tokens.get(place + 2 * path.len() + 3).map_or("", |after| after.text(source));
        let is_field = matches!(dot.text(source), "." | "?.") && field.is_word() && after != "(";
        if !is_field || path.len() == LONGEST_PATH {
            break;
        }
        path.push(field.text(source));
    }
    path
}

/// Where a name's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Text,
    Message,
    Contact,
    Conversation,
    Bot,
    Hours,
    Calendars,
    Now,
    Teams,
    LastReply,
    Variable(String),
}

impl Root {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "text" => Self::Text,
            "message" => Self::Message,
            "contact" => Self::Contact,
            "conversation" => Self::Conversation,
            "bot" => Self::Bot,
            "hours" => Self::Hours,
            "calendars" => Self::Calendars,
            "now" => Self::Now,
            "teams" => Self::Teams,
            "last_reply" => Self::LastReply,
            _ => Self::Variable(name.to_owned()),
        }
    }

    /// Its value, as far as these fields go.
    pub(super) fn value(&self, view: &View<'_>, fields: &Fields) -> Dynamic {
        let manner = manner(view);
        match self {
            Self::Text => text(view.message.map_or("", |message| &message.text)),
            Self::Message => view.message.map_or(Dynamic::UNIT, |message| message_object(message, manner, fields)),
            Self::Contact => contact(view, manner, fields),
            Self::Conversation => conversation(view, manner, fields),
            Self::Bot => map_of(manner, &view.bot.vars, fields),
            Self::Teams => map_of(manner, &view.bot.teams, fields),
            Self::Hours => calendar(view.bot.hours.as_ref(), view, manner, fields),
            Self::Calendars => calendars(view, manner, fields),
            Self::Now => manner.moment(view.now),
            Self::LastReply => optional(view.state.conversation.last_reply.as_ref()),
            Self::Variable(name) => variable(view, name).map_or(Dynamic::UNIT, |value| manner.dynamic(value, fields)),
        }
    }
}

pub(super) fn manner<'a>(view: &View<'a>) -> Manner<'a> {
    let (zone, language) = (view.bot.zone, view.shown.language);
    match view.shown.told.then(|| view.bot.languages.speech(language)).flatten() {
        Some(speech) => Manner { zone, tongue: speech.tongue, point: &speech.point, seen_from: Some(view.now) },
        None => Manner { zone, tongue: Tongue::of(language), point: ".", seen_from: None },
    }
}

/// A variable's value, where it has one.
pub(super) fn variable<'a>(view: &View<'a>, name: &str) -> Option<&'a Value> {
    view.matched.get(name).or_else(|| view.vars.get(name))
}

fn optional(value: Option<&String>) -> Dynamic {
    value.map_or(Dynamic::UNIT, |value| text(value))
}

fn map_of(manner: Manner<'_>, map: &BTreeMap<String, Value>, fields: &Fields) -> Dynamic {
    let chosen = map.iter().filter_map(|(k, v)| Some((k.into(), manner.dynamic(v, fields.of(k)?))));
    chosen.collect::<Map>().into()
}

fn message_object(message: &Message, manner: Manner<'_>, fields: &Fields) -> Dynamic {
    let id = |id: Option<&MessageId>| id.map_or(Dynamic::UNIT, |id| text(id.as_str()));
    fields.object(MESSAGE_FIELDS, |field, inner| match field {
        "text" => text(&message.text),
        "id" => id(message.id.as_ref()),
        "kind" => text(message.kind.name()),
        "reply_to" => id(message.reply_to.as_ref()),
        "contacts" => manner.dynamic(&Value::List(message.contacts.iter().map(Card::value).collect()), inner),
        "form" => message.form().map_or(Dynamic::UNIT, |answers| map_of(manner, answers, inner)),
        "data" => manner.dynamic(&message.data, inner),
        "error" => optional(message.error.as_ref()),
        "option" => optional(message.option.as_ref()),
        "attachments" => message.attachments.iter().map(attachment).collect::<Array>().into(),
        _ => message.location.as_ref().map_or(Dynamic::UNIT, |place| manner.dynamic(&place.value(), inner)),
    })
}

fn attachment(attachment: &Attachment) -> Dynamic {
    let size = attachment.size.and_then(|size| i64::try_from(size).ok());
    let fields = [
        ("kind", text(&attachment.kind)),
        ("id", optional(attachment.id.as_ref())),
        ("mime", optional(attachment.mime.as_ref())),
        ("name", optional(attachment.name.as_ref())),
        ("url", optional(attachment.url.as_ref())),
        ("size", size.map_or(Dynamic::UNIT, Dynamic::from)),
    ];
    fields.into_iter().map(|(k, v)| (k.into(), v)).collect::<Map>().into()
}

fn contact(view: &View<'_>, manner: Manner<'_>, fields: &Fields) -> Dynamic {
    let contact = &view.state.contact;
    fields.object(CONTACT_FIELDS, |field, inner| match field {
        "name" => optional(contact.name.as_ref()),
        "phone" => optional(contact.phone.as_ref()),
        "language" => text(view.language),
        _ => map_of(manner, &contact.vars, inner),
    })
}

fn conversation(view: &View<'_>, manner: Manner<'_>, fields: &Fields) -> Dynamic {
    let conversation = &view.state.conversation;
    fields.object(CONVERSATION_FIELDS, |field, inner| match field {
        "channel" => text(&conversation.channel.0),
        "owner" => text(match conversation.owner {
            Owner::Bot => "bot",
            Owner::Waiting => "waiting",
            Owner::People => "people",
        }),
        "assignee" => conversation.assignee.as_ref().map_or(Dynamic::UNIT, |assignee| {
            text(assignee.member.as_ref().or(assignee.team.as_ref()).unwrap_or(&assignee.id))
        }),
        "tags" => conversation.tags.iter().map(|tag| text(tag)).collect::<Array>().into(),
        "window" => window(view.window, manner, inner),
        _ => conversation.last_human_at.map_or(Dynamic::UNIT, |at| manner.moment(at)),
    })
}

fn window(window: Window, manner: Manner<'_>, fields: &Fields) -> Dynamic {
    fields.object(&["open", "left"], |field, _| match (field, window) {
        ("open", window) => (window != Window::Closed).into(),
        (_, Window::Open { left }) => manner.length(left),
        (_, Window::Closed) => manner.length(crate::domain::Span(0)),
        (_, Window::Always) => Dynamic::UNIT,
    })
}

fn calendar(calendar: &dyn Calendar, view: &View<'_>, manner: Manner<'_>, fields: &Fields) -> Dynamic {
    let moment = |at: Option<_>| at.map_or(Dynamic::UNIT, |at| manner.moment(at));
    fields.object(CALENDAR_FIELDS, |field, _| match field {
        "open" => calendar.open(view.now).into(),
        "closed" => (!calendar.open(view.now)).into(),
        "next_open" => moment(calendar.next_open(view.now)),
        "holiday" => calendar.holiday(view.now).map_or(Dynamic::UNIT, text),
        _ => moment(calendar.next_close(view.now)),
    })
}

fn calendars(view: &View<'_>, manner: Manner<'_>, fields: &Fields) -> Dynamic {
    let chosen = view
        .bot
        .calendars
        .iter()
        .filter_map(|(name, one)| Some((name.into(), calendar(one.as_ref(), view, manner, fields.of(name)?))));
    chosen.collect::<Map>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::tokens::tokens;

    #[test]
    fn fields_that_are_read() {
        let cases = [
            ("contact.name", "{name}"),
            ("contact.vars.x.y + contact.name.len()", "{name, vars{x{y}}}"),
            ("contact.vars + contact.vars.x", "{vars}"),
            ("contact.vars.x + contact.vars", "{vars}"),
            ("contact", "all"),
            ("f(contact) + contact.name", "all"),
            ("contact[\"name\"]", "all"),
            ("contact?.vars?.x", "{vars{x}}"),
            ("x.contact + contact::f()", "{}"),
            ("`${contact.name}`", "{name}"),
        ];
        for (source, want) in cases {
            assert_eq!(show(&Fields::read("contact", source, &tokens(source))), want, "{source}");
        }
    }

    #[test]
    fn every_field_is_documented() {
        for name in NAMES {
            let Some(fields) = fields_of(name.name) else { continue };
            let told = name.fields.iter().filter_map(|field| field.name.split(['.', '[']).next());
            let told: std::collections::BTreeSet<&str> = told.collect();
            assert_eq!(told, fields.iter().copied().collect(), "{}", name.name);
        }
    }

    fn show(fields: &Fields) -> String {
        let Fields::Some(map) = fields else { return "all".into() };
        let inner = map.iter().map(|(k, v)| match v {
            Fields::All => k.clone(),
            Fields::Some(_) => format!("{k}{}", show(v)),
        });
        format!("{{{}}}", inner.collect::<Vec<_>>().join(", "))
    }
}
