//! What becomes of notes where a provider has none: a label, an attribute of the contact, or a message to a colleague, as the account says.

use super::Keys;
use super::meta::fields;
use crate::yaml::Node;

/// What becomes of notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NotesAs {
    /// They are dropped.
    #[default]
    Nothing,
    /// Each a label of the contact.
    Tags,
    /// All in the contact's attribute of this name.
    Attribute(String),
    /// Each a message to this phone, digits alone.
    MessageTo(String),
    /// Each a message to the members of this team of the bot.
    MessageToTeam(String),
}

/// A way that notes can go, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteWay {
    /// `notes: tag`
    Tag,
    /// `attribute: NAME`
    Attribute,
    /// `message_to: PHONE`
    MessageTo,
}

impl NoteWay {
    fn written(self) -> &'static str {
        match self {
            Self::Tag => "`notes: tag`",
            Self::Attribute => "`notes: {attribute: NAME}`",
            Self::MessageTo => "`notes: {message_to: PHONE or team}`",
        }
    }
}

impl NotesAs {
    /// The phone that a note is sent to, where notes are messages: the account's own, or the one that the note names.
    pub fn phone<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::MessageTo(phone) => Some(phone),
            Self::MessageToTeam(_) => named,
            Self::Nothing | Self::Tags | Self::Attribute(_) => None,
        }
    }

    /// The team that notes are sent to.
    pub fn team(&self) -> Option<&str> {
        match self {
            Self::MessageToTeam(team) => Some(team),
            _ => None,
        }
    }

    /// Read `notes`, and `attribute` and `message_to`, which may also stand beside it. `ways` are those that the provider has.
    pub fn read(keys: &mut Keys<'_>, ways: &[NoteWay]) -> Self {
        let beside = [(NoteWay::Attribute, "attribute"), (NoteWay::MessageTo, "message_to")];
        let mut found: Vec<Self> = Vec::new();
        for (way, key) in beside {
            if let (true, Some(node)) = (ways.contains(&way), keys.value(key)) {
                found.extend(read_way(keys, way, node));
            }
        }
        if let Some(node) = keys.value("notes") {
            match in_notes(node).filter(|(way, _)| ways.contains(way)) {
                Some((way, value)) => found.extend(read_way(keys, way, value)),
                None => keys.wrong(&node.at, "`notes` must say where notes go", one_of(ways)),
            }
        }
        if found.len() > 1 {
            keys.wrong(keys.place(), "notes can go one way only", one_of(ways));
        }
        found.into_iter().next().unwrap_or_default()
    }
}

fn one_of(ways: &[NoteWay]) -> String {
    let ways: Vec<&str> = ways.iter().map(|way| way.written()).collect();
    match ways.as_slice() {
        [only] => format!("write {only}"),
        all => format!("write one of {}", all.join(", ")),
    }
}

/// The way that `notes` names, and what stands behind it.
fn in_notes(node: &Node) -> Option<(NoteWay, &Node)> {
    match (node.scalar(), node.entries()) {
        (Some("tag"), _) => Some((NoteWay::Tag, node)),
        (None, [(key, value)]) => match key.text.as_str() {
            "attribute" => Some((NoteWay::Attribute, value)),
            "message_to" => Some((NoteWay::MessageTo, value)),
            _ => None,
        },
        _ => None,
    }
}

fn read_way(keys: &mut Keys<'_>, way: NoteWay, node: &Node) -> Option<NotesAs> {
    let text = node.scalar().unwrap_or_default().trim();
    let read = match way {
        NoteWay::Tag => Some(NotesAs::Tags),
        NoteWay::Attribute => {
            Some(text).filter(|name| !name.is_empty()).map(|name| NotesAs::Attribute(name.to_owned()))
        }
        NoteWay::MessageTo => phone_digits(text).map(NotesAs::MessageTo).or_else(|| team(text)),
    };
    if read.is_none() {
        let wish = match way {
            NoteWay::MessageTo => "`message_to` must be a phone with its country's code, or a team of the bot",
            _ => "`attribute` must be the name of an attribute",
        };
        keys.wrong(&node.at, wish, format!("write {}", way.written()));
    }
    read
}

/// The name of a team, as bots write them.
fn team(text: &str) -> Option<NotesAs> {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    (plain && text.starts_with(|c: char| c.is_ascii_lowercase())).then(|| NotesAs::MessageToTeam(text.to_owned()))
}

/// The digits of a phone with its country's code, however it is written; `None` for what is no phone.
pub fn phone_digits(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '+' | '.')).collect();
    fields::phone(&bare).map(|_| bare)
}
