//! A conversation: who is in it, what was said, who has it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::message::{Choice, From, Message, Outgoing, Pressed, PressedOn, Status};
use super::written::{Press, Written};
use super::{CHANNELS, cut};

/// Most messages kept of one conversation; older ones are forgotten.
const MOST_MESSAGES: usize = 2000;
/// WhatsApp's window.
const WINDOW: chrono::TimeDelta = chrono::TimeDelta::hours(24);
/// Longest text that messengers take, in characters.
const LONGEST_MESSAGE: usize = 4096;
/// Who may have a conversation, in the words that the bot keeps in the note.
const OWNERS: &[&str] = &["bot", "waiting", "people"];

/// One conversation.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct Conversation {
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) channel: &'static str,
    pub(in crate::sandbox) channel_id: u64,
    pub(in crate::sandbox) name: Option<String>,
    pub(in crate::sandbox) phone: String,
    #[serde(skip)]
    pub(in crate::sandbox) created_at: DateTime<Utc>,
    pub(in crate::sandbox) messages: Vec<Message>,
    pub(in crate::sandbox) note: String,
    pub(in crate::sandbox) assignee: Option<u64>,
    /// The group that it is assigned to.
    pub(in crate::sandbox) group: Option<u64>,
    /// Its labels, each with the number of its being set.
    #[serde(serialize_with = "names")]
    pub(in crate::sandbox) tags: BTreeMap<String, u64>,
    /// Fields of the contact, by name.
    pub(in crate::sandbox) attributes: BTreeMap<String, String>,
    /// People are done with it.
    pub(in crate::sandbox) archived: bool,
    #[serde(skip)]
    pub(in crate::sandbox) assigned_at: Option<DateTime<Utc>>,
}

fn names<S: serde::Serializer>(tags: &BTreeMap<String, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tags.keys())
}

impl Conversation {
    pub(super) fn begin(id: u64, written: &Written, at: DateTime<Utc>) -> Result<Self, String> {
        let wanted = written.channel.as_deref().unwrap_or(CHANNELS.first().map_or("", |(_, kind)| kind));
        let (channel_id, channel) = CHANNELS.iter().find(|(_, kind)| *kind == wanted).copied().ok_or_else(|| {
            let kinds: Vec<_> = CHANNELS.iter().map(|(_, kind)| *kind).collect();
            format!("no such channel; there are {}", kinds.join(", "))
        })?;
        let phone = match written.phone.as_deref() {
            Some(phone) => digits(phone).ok_or("`phone` is none")?,
            None => format!("7926{:07}", id % 10_000_000),
        };
        Ok(Self {
            id,
            channel,
            channel_id,
            name: written.name.as_deref().map(cut),
            phone,
            created_at: at,
            messages: Vec::new(),
            note: String::new(),
            assignee: None,
            group: None,
            tags: BTreeMap::new(),
            attributes: BTreeMap::new(),
            archived: false,
            assigned_at: None,
        })
    }

    /// A name or a phone that is new.
    pub(super) fn learn(&mut self, written: &Written) -> bool {
        let name = written.name.as_deref().map(cut).filter(|name| Some(name) != self.name.as_ref());
        let phone = written.phone.as_deref().and_then(digits).filter(|phone| *phone != self.phone);
        let learned = name.is_some() || phone.is_some();
        self.name = name.or_else(|| self.name.take());
        self.phone = phone.unwrap_or_else(|| std::mem::take(&mut self.phone));
        learned
    }

    pub(super) fn push(&mut self, message: Message) {
        if self.messages.len() >= MOST_MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(message);
    }

    pub(in crate::sandbox) fn message(&self, id: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(super) fn message_mut(&mut self, id: u64) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.id == id)
    }

    /// What a press chooses, and the messenger's id of the message that it stands on.
    pub(super) fn pressed(&self, press: &Press) -> Result<(Pressed, String), String> {
        let message = self.message(press.message).ok_or("there is no such message to press on")?;
        let pressable = message.pressable.as_ref().ok_or("there is nothing to press on that message")?;
        let wanted = |choice: &&Choice| choice.id == press.option;
        let choice = pressable.options().iter().find(wanted).cloned().ok_or_else(|| {
            let ids: Vec<_> = pressable.options().iter().map(|choice| choice.id.as_str()).collect();
            format!("there is no such option; there are {}", ids.join(", "))
        })?;
        let on = match (&message.template, pressable) {
            (Some(_), _) => PressedOn::Template,
            (None, super::message::Pressable::List { .. }) => PressedOn::List,
            (None, _) => PressedOn::Buttons,
        };
        Ok((Pressed { choice, on }, message.external_id()))
    }

    /// Why the messenger would not take it: WhatsApp's closed window, or too long a text.
    pub(super) fn refuses(&self, what: &Outgoing, now: DateTime<Utc>) -> Option<String> {
        if what.template.is_some() {
            return None;
        }
        if what.text.chars().count() > LONGEST_MESSAGE {
            return Some("131009: the text is too long".into());
        }
        let last_in =
            self.messages.iter().rev().find(|message| message.from == From::Customer).map(|message| message.at);
        let is_open = self.channel != "whatsapp_business" || last_in.is_some_and(|at| now - at < WINDOW);
        (!is_open).then(|| "131047: more than 24 hours have passed since the customer last replied".into())
    }

    /// Who has it, as far as a provider can see: what the note says of it, else what can be told from who wrote last.
    pub(in crate::sandbox) fn owner(&self) -> &'static str {
        let notes = || std::iter::once(&self.note).chain(self.attributes.values()).chain(self.tags.keys());
        let says = |owner: &&&str| notes().any(|note| note.contains(&format!("[owner: {owner}]")));
        if let Some(named) = OWNERS.iter().find(says) {
            return named;
        }
        let ours = |message: &&Message| message.from != From::Customer && message.status.has_arrived();
        let last = self.messages.iter().rev().find(ours);
        match (last.map(|message| message.from), self.assignee.or(self.group)) {
            (Some(From::Human), _) => "people",
            (_, Some(_)) => "assigned",
            _ => "bot",
        }
    }

    /// Messages of ours that arrived and were not read yet: read from now on. Their numbers.
    pub(super) fn read(&mut self) -> Vec<u64> {
        let unread = self.messages.iter_mut().filter(|message| {
            message.from != From::Customer && message.status == Status::Delivered && message.job.is_some()
        });
        unread
            .map(|message| {
                message.status = Status::Read;
                message.id
            })
            .collect()
    }

    /// Its labels.
    pub(in crate::sandbox) fn labels(&self) -> BTreeSet<&str> {
        self.tags.keys().map(String::as_str).collect()
    }
}

/// A phone as Pact writes it: `79250000001`.
pub(in crate::sandbox) fn digits(phone: &str) -> Option<String> {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    let is_phone = (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_phone.then(|| digits.to_owned())
}
