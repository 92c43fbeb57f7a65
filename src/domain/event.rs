//! What happens to a conversation, normalised from a webhook, a timer or the outcome of a send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AccountName, FlowName, HttpCame, JobId, MessageId, RowKey, Time, Token, Value};

/// The messenger behind a conversation, as the provider spells it (`whatsapp_business`, `telegram` …). Unknown ones are plain text without a window.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Channel(pub String);

/// Which conversation at the provider an event belongs to, and what the event told of the person in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// The provider's id of the conversation; the first alias of ours. Empty only in a `Delivery` whose webhook names nothing but
    /// the job or the message: its conversation is that of the row that either belongs to.
    pub conversation: String,
    /// Further ids of the same conversation (a phone, a business-scoped id): each becomes an alias. In a `System` message the number or id
    /// that the contact changed to, if any, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The messenger; `None` where the event does not say.
    pub channel: Option<Channel>,
    /// The provider's id of the channel, needed by some calls.
    pub channel_id: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The person's phone in E.164 (`+79260000001`).
    pub phone: Option<String>,
    /// A group chat: dropped on acceptance unless the account says `groups: true`.
    pub group: bool,
}

/// The key of duplicates: (kind, provider's id, revision of that object). The account is added by whoever stores it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventKey(pub String);

/// One event. A turn handles one event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The account it came by.
    pub account: AccountName,
    /// The conversation at the provider.
    pub thread: Thread,
    /// `None` for kinds without an id (an update): those are upserts ordered by time.
    pub key: Option<EventKey>,
    /// The provider's time; the accepting time where it gave none.
    pub at: Time,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// The contact wrote.
    Message(Message),
    /// A message from our side was seen in a webhook: our own echo or a human's. `engine::echo` decides which before a turn.
    Outgoing(Outgoing),
    /// A human on our side wrote (an `Outgoing` decided as such).
    Human(Outgoing),
    /// What became of a message that we sent.
    Delivery(Delivery),
    /// The contact changed or deleted a message of theirs.
    Edited(Edit),
    /// The contact called, or tried to: it opens the window.
    Called,
    /// Who is responsible was changed on our side: by people, or an echo of our own assignment.
    Assigned(Assigned),
    /// Labels were changed on our side.
    Tagged(Tagged),
    /// People closed the conversation: the bot has it again.
    Resolved,
    /// News of the conversation or the contact; all of it is in `thread`.
    Facts,
    /// A timer came due.
    Timer(TimerFired),
    /// An `every` trigger came round.
    Scheduled(Scheduled),
    /// Another program told of something (`POST /api/events`).
    Posted(Posted),
    /// The answer to a call of an `http` step came, or what kept it from coming.
    Http(HttpCame),
    /// A send of ours failed for good; tells the bot's `delivery_failed` flows.
    DeliveryFailed(FailedSend),
}

impl Body {
    /// The kind's name in logs and lists.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Outgoing(_) => "outgoing",
            Self::Human(_) => "human",
            Self::Delivery(_) => "delivery",
            Self::Edited(_) => "edited",
            Self::Called => "called",
            Self::Assigned(_) => "assigned",
            Self::Tagged(_) => "tagged",
            Self::Resolved => "resolved",
            Self::Facts => "facts",
            Self::Timer(_) => "timer",
            Self::Scheduled(_) => "scheduled",
            Self::Posted(_) => "posted",
            Self::Http(_) => "http",
            Self::DeliveryFailed(_) => "delivery_failed",
        }
    }
}

/// A message that the contact wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The provider's id.
    pub id: Option<MessageId>,
    /// What kind of message it is. Stored as `type`: `kind` is the body's own word for what happened.
    #[serde(default, rename = "type", skip_serializing_if = "MessageKind::is_text")]
    pub kind: MessageKind,
    /// The text, or a caption, or `""`.
    pub text: String,
    /// Pictures, files and their like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Where a place was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<SharedLocation>,
    /// The id of the button or list row that was pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// Cards of contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Card>,
    /// What else the provider told of it, under the provider's own names (contacts, an order, a form's answers, a referral …);
    /// scripts read it as `message.data`. The answers of a form stand under `form`.
    #[serde(default, skip_serializing_if = "Value::is_unit")]
    pub data: Value,
    /// Why the messenger could not show it, for kinds that it does not support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Message {
    /// The answers of a form that was filled in within the messenger, by their names. Of an address they stand below `values`.
    pub fn form(&self) -> Option<&BTreeMap<String, Value>> {
        let Value::Map(data) = &self.data else { return None };
        let Some(Value::Map(answers)) = data.get("form") else { return None };
        match answers.get("values") {
            Some(Value::Map(values)) if answers.len() == 1 => Some(values),
            _ => Some(answers),
        }
    }
}

/// The kind of a message, as `accounts parse` and scripts name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Text alone.
    #[default]
    Text,
    /// A picture.
    Image,
    /// A voice message or music.
    Audio,
    /// A film.
    Video,
    /// A file.
    Document,
    /// A sticker.
    Sticker,
    /// A place.
    Location,
    /// Cards of contacts.
    Contacts,
    /// A press on a button of a template.
    Button,
    /// A choice among offered buttons or rows, or a form filled in.
    Option,
    /// A mark set on or taken from another message.
    Reaction,
    /// An order of products.
    Order,
    /// The messenger's own news: a changed number, an identity.
    System,
    /// Something that the provider does not pass on.
    Unsupported,
}

impl MessageKind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Button => "button",
            Self::Option => "option",
            Self::Reaction => "reaction",
            Self::Order => "order",
            Self::System => "system",
            Self::Unsupported => "unsupported",
        }
    }

    /// It says something that a flow could answer. A mark on a message and the messenger's own news do not.
    pub fn speaks(self) -> bool {
        !matches!(self, Self::Reaction | Self::System)
    }

    /// For leaving out what is usual.
    pub fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

/// A change of a message that the contact sent before. It is kept with the conversation, and answered by nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// The message.
    pub message: Option<MessageId>,
    /// Its new text; `None` where it was deleted.
    pub text: Option<String>,
}

/// Who is responsible now, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assigned {
    /// The bot's own user at the provider: the conversation is handed to the bot.
    Us,
    /// A user or a group of users, by the provider's id.
    Them(String),
    /// Nobody: it is taken back from whoever had it.
    Nobody,
}

/// Labels that were changed on our side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// Set.
    pub added: Vec<String>,
    /// Taken away.
    pub removed: Vec<String>,
}

/// A file that came with a message. Fetched by nobody unless a flow asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// `image`, `audio`, `video`, `document`, `sticker` or the provider's word.
    pub kind: String,
    /// The provider's id of the file, where files are asked for by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its type: `image/jpeg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// The file's name.
    pub name: Option<String>,
    /// Where it can be had.
    pub url: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
}

/// The card of somebody, as messengers pass it around.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// The whole name.
    pub name: String,
    /// As they are written there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// E-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Where they work; `""` for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub company: String,
}

impl Card {
    /// As scripts see it: `name`, `phones`, `emails` and `company`.
    pub fn value(&self) -> Value {
        let list = |texts: &[String]| Value::List(texts.iter().cloned().map(Value::Text).collect());
        let company = if self.company.is_empty() { Value::Unit } else { Value::Text(self.company.clone()) };
        let fields = [
            ("name", Value::Text(self.name.clone())),
            ("phones", list(&self.phones)),
            ("emails", list(&self.emails)),
            ("company", company),
        ];
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// As text: a line each.
    pub fn lines(&self) -> String {
        let lines = [&self.name, &self.company].into_iter().chain(&self.phones).chain(&self.emails);
        lines.filter(|line| !line.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// A place that the contact sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedLocation {
    /// Where.
    #[serde(flatten)]
    pub at: Location,
    /// What it is called, where the contact chose a place and not a point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl From<Location> for SharedLocation {
    fn from(at: Location) -> Self {
        Self { at, name: None, address: None }
    }
}

impl SharedLocation {
    /// As scripts see it: `latitude`, `longitude`, `name` and `address`.
    pub fn value(&self) -> Value {
        let text = |text: &Option<String>| text.clone().map_or(Value::Unit, Value::Text);
        let fields = [
            ("latitude", Value::Float(self.at.latitude)),
            ("longitude", Value::Float(self.at.longitude)),
            ("name", text(&self.name)),
            ("address", text(&self.address)),
        ];
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl Attachment {
    /// Where it can be had; else the provider's id of it, else its name.
    pub fn reference(&self) -> Option<&str> {
        let known = self.url.as_ref().or(self.id.as_ref()).or(self.name.as_ref());
        known.map(String::as_str).filter(|reference| !reference.is_empty())
    }
}

/// A point on the map, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// A message from our side, seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The provider's id of the message.
    pub message: Option<MessageId>,
    /// The provider's id of the job that delivered it.
    pub job: Option<JobId>,
    /// Its text.
    pub text: String,
}

/// A status of a message of ours. Statuses only move forward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message, where known.
    pub message: Option<MessageId>,
    /// The job, where known.
    pub job: Option<JobId>,
    /// What became of it.
    pub status: DeliveryStatus,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Accepted by the messenger.
    Sent,
    /// On the contact's device.
    Delivered,
    /// Seen.
    Read,
    /// Will not arrive.
    Failed {
        /// The provider's words.
        reason: String,
        /// What follows from it.
        why: Undelivered,
    },
}

/// Why a message that was accepted does not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undelivered {
    /// The window is closed.
    WindowClosed,
    /// Too much at once, a file that was not ready, and their like: it may arrive when it is sent again.
    Passing,
    /// It never will.
    Final,
}

/// A timer that came due: it fits only if the state still has something of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerFired {
    /// Its number in the conversation.
    pub token: Token,
}

/// An `every` trigger that came round: it fits only if the flow still has it and the conversation its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// The flow.
    pub flow: FlowName,
    /// The label.
    pub tag: String,
}

/// What another program told of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// The event's name.
    pub name: String,
    /// What it carries.
    #[serde(default)]
    pub data: Value,
}

/// A send that failed for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedSend {
    /// The outbox row.
    pub row: RowKey,
    /// Why, for people.
    pub reason: String,
    /// It had been decided in a turn of `delivery_failed` itself: the bot is not told again.
    pub nested: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{HttpAnswer, HttpFailure, HttpOutcome};

    /// Stored events are read back: a body's own fields must not bear the name of its tag.
    #[test]
    fn what_happened_is_read_back_as_it_was_stored() {
        let message = Message { kind: MessageKind::Image, text: "hi".into(), ..Message::default() };
        let outgoing = Outgoing { text: "hi".into(), ..Outgoing::default() };
        let failed = DeliveryStatus::Failed { reason: "no".into(), why: Undelivered::WindowClosed };
        let failed_call = HttpOutcome::Failed { failure: HttpFailure::Timeout, why: "late".into() };
        let bodies = [
            Body::Message(message),
            Body::Outgoing(outgoing.clone()),
            Body::Human(outgoing),
            Body::Delivery(Delivery { message: None, job: Some("j".into()), status: failed }),
            Body::Edited(Edit { message: Some("m".into()), text: None }),
            Body::Called,
            Body::Assigned(Assigned::Them("7".into())),
            Body::Assigned(Assigned::Us),
            Body::Tagged(Tagged { added: vec!["a".into()], removed: Vec::new() }),
            Body::Resolved,
            Body::Facts,
            Body::Timer(TimerFired { token: Token(1) }),
            Body::Http(HttpCame { token: Token(1), outcome: HttpOutcome::Answered(HttpAnswer::default()) }),
            Body::Http(HttpCame { token: Token(1), outcome: failed_call }),
        ];
        for body in bodies {
            let stored = serde_json::to_string(&body).expect("a body can be written");
            assert_eq!(serde_json::from_str::<Body>(&stored).ok(), Some(body), "{stored}");
        }
    }
}
