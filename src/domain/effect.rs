//! What the engine decides should happen outside, and the outbox row that carries it there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AccountName, Assignee, Card, JobId, Location, MessageId, RowKey, Span, Time, Token};

/// One thing to do at the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Send a text to the contact, already rendered to what the channel can do.
    Say {
        /// The whole text.
        text: String,
    },
    /// Send a text with options to press, by buttons or as a list.
    Menu(Menu),
    /// Send a file.
    Media(Media),
    /// Send cards of contacts.
    Contacts {
        /// The cards.
        cards: Vec<Card>,
    },
    /// Send a place on the map.
    Pin(Pin),
    /// Send a text with something else to press.
    Interactive(Interactive),
    /// Send a template.
    Template(Box<Template>),
    /// Write the note. Where the provider has one field, its whole new content; else the new entry.
    Note {
        /// The text.
        text: String,
        /// The phone of the colleague to whom it is sent, digits alone, where a team is told; `None`: as the account says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Set or remove the assignee.
    Assign {
        /// `None` removes.
        to: Option<Assignee>,
    },
    /// Close the conversation in the provider's inbox: people are done with it.
    Resolve,
    /// Open it there again.
    Reopen,
    /// Set and take away labels.
    Tags {
        /// To set.
        add: Vec<String>,
        /// To take away.
        remove: Vec<String>,
    },
    /// Keep fields of the contact in the provider's address book.
    Fields {
        /// Name and value; `""` takes it away.
        set: Vec<(String, String)>,
    },
    /// Set a mark on a message of the contact's.
    React {
        /// The message.
        message: MessageId,
        /// The mark; `""` takes it away.
        emoji: String,
    },
    /// Tell the contact that a message was read, or that the bot is about to answer.
    Seen {
        /// The contact's message.
        message: MessageId,
        /// Show that somebody types, too.
        typing: bool,
    },
}

impl Effect {
    /// The kind's name in logs, lists and traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Say { .. } => "say",
            Self::Menu(_) => "menu",
            Self::Media(_) => "media",
            Self::Contacts { .. } => "contacts",
            Self::React { .. } => "reaction",
            Self::Pin(_) => "location",
            Self::Interactive(_) => "interactive",
            Self::Template(_) => "template",
            Self::Note { .. } => "note",
            Self::Assign { .. } => "assign",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Tags { .. } => "tags",
            Self::Fields { .. } => "fields",
            Self::Seen { .. } => "seen",
        }
    }

    /// The contact sees it: withdrawn while people have the conversation, and it expires.
    pub fn reaches_contact(&self) -> bool {
        match self {
            Self::Say { .. }
            | Self::Menu(_)
            | Self::Media(_)
            | Self::Contacts { .. }
            | Self::Pin(_)
            | Self::Interactive(_)
            | Self::Template(_) => true,
            Self::Note { .. }
            | Self::Assign { .. }
            | Self::Resolve
            | Self::Reopen
            | Self::Tags { .. }
            | Self::Fields { .. }
            | Self::React { .. }
            | Self::Seen { .. } => false,
        }
    }

    /// Doing it twice harms nobody (at worst a colleague reads a note twice), so an unknown outcome is simply repeated.
    pub fn harmless_to_repeat(&self) -> bool {
        !self.reaches_contact()
    }

    /// The text that the contact reads, or the caption; `None` for a template, whose text is not ours, and for what has none.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Say { text } => Some(text),
            Self::Menu(menu) => Some(&menu.text),
            Self::Media(media) => Some(&media.caption),
            Self::Interactive(interactive) => Some(&interactive.text),
            Self::Contacts { .. }
            | Self::Pin(_)
            | Self::Template(_)
            | Self::Note { .. }
            | Self::Assign { .. }
            | Self::Resolve
            | Self::Reopen
            | Self::Tags { .. }
            | Self::Fields { .. }
            | Self::React { .. }
            | Self::Seen { .. } => None,
        }
    }
}

/// A text with options to press, within the limits of the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// The text above them.
    pub text: String,
    /// `None`: buttons. Else a list, opened by a button of this title.
    pub list: Option<String>,
    /// The options, in the order shown; never empty.
    pub options: Vec<ShownOption>,
}

/// An option as the contact sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOption {
    /// What comes back when it is pressed.
    pub id: String,
    /// Its label.
    pub title: String,
    /// A second line, in lists; `""` for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What it is shown as.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: MediaSource,
    /// The name that the contact sees, for files.
    pub name: Option<String>,
    /// The text beside it; `""` for none.
    pub caption: String,
}

/// What a file is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// Any file.
    Document,
    /// A sound.
    Audio,
    /// A film.
    Video,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// The kind's name at the messengers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Sticker => "sticker",
        }
    }
}

/// Where a file to send comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// A file of the bot's folder.
    File(AssetRef),
    /// An address from which the provider fetches it.
    Url(String),
}

/// A file of a bot's folder, as it was when the revision was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssetRef {
    /// Its name in the folder.
    pub path: String,
    /// SHA-256 of its content, in hex: the key under which a provider's id of it is remembered.
    pub hash: String,
    /// Its type: `image/jpeg`.
    pub mime: String,
    /// Bytes; 0 where rows of an earlier release do not say.
    #[serde(default)]
    pub size: u64,
}

/// A place to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    /// Where.
    pub at: Location,
    /// Its name; `""` for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its address; `""` for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// A text with something to press that is no option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interactive {
    /// The text above it.
    pub text: String,
    /// What is pressed.
    pub what: Pressable,
}

/// What can be pressed besides options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pressable {
    /// A button that opens an address.
    Link {
        /// Its label.
        title: String,
        /// The address.
        url: String,
    },
    /// A button that sends the contact's place.
    AskLocation,
    /// A form for a postal address.
    AskAddress {
        /// Two letters: `IN`.
        country: String,
    },
    /// Products of a catalogue.
    Products {
        /// The catalogue's id.
        catalogue: String,
        /// Sections: a title and the products' ids. One section with one product shows that product.
        sections: Vec<(String, Vec<String>)>,
    },
    /// A form of WhatsApp's own (a Flow), filled in within the messenger.
    Form(WhatsAppForm),
    /// The whole catalogue.
    Catalogue {
        /// The product whose picture is shown.
        thumbnail: Option<String>,
    },
}

/// A form of WhatsApp's own, as Meta knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatsAppForm {
    /// Meta's id of it.
    pub id: String,
    /// The label of the button that opens it.
    pub button: String,
    /// The screen that it begins with; `""` for the first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub screen: String,
    /// What that screen is given.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub data: serde_json::Value,
}

/// A pre-approved WhatsApp message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// As the bot names it.
    pub name: String,
    /// The language's code.
    pub language: String,
    /// The body's, rendered and cleaned: no new lines, no runs of spaces, never empty.
    pub params: Vec<String>,
    /// What stands above the body, where the template has something to fill in there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// One for each button that has something to fill in, in order: the end of an address, a code, a payload.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
    /// The cards of a carousel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<TemplateCard>,
    /// When a limited-time offer ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_until: Option<Time>,
}

/// What stands above a template's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    /// A text to fill in.
    Text(String),
    /// A picture, a film or a file.
    Media(Media),
}

/// A card of a carousel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateCard {
    /// Its picture or film.
    pub header: Option<TemplateHeader>,
    /// Its body's parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// Its buttons' parameters.
    #[serde(default)]
    pub buttons: Vec<String>,
}

/// What happens to a message when the window is closed at dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// This template goes instead: the bot's own for all that it says.
    Template(Box<Template>),
    /// This template goes instead: it says the same as the message, so that a reply to it is a reply to the message.
    Same(Box<Template>),
    /// Nothing goes.
    Drop,
    /// It is kept until the contact writes again.
    Queue,
}

/// An effect as a turn decided it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of how it goes, and stored rows have them by name"
)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// What to do.
    pub effect: Effect,
    /// For messages: what goes when the window is closed.
    pub outside: Outside,
    /// The conversation's hush when it was decided.
    pub hush: u64,
    /// Decided in a turn of `delivery_failed`: its own failure is not told again.
    pub nested: bool,
    /// It goes whoever has the conversation (`when_people: speak`); a human's message after it was decided withdraws it all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speaks: bool,
    /// Nobody wrote: a timer, a schedule or another program began the turn. Replies go first where the provider takes only so much.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unprompted: bool,
    /// The last word to a contact who wants no more: it goes all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parting: bool,
    /// The contact's message that it answers, shown as a quotation where the channel can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
}

/// A timer to keep. Its token alone tells what it is for: the state has the wait, the start or the watch of that number, or nothing has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Its number in the conversation.
    pub token: Token,
    /// When it comes due.
    pub due: Time,
}

/// What a turn does to the conversation's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerChange {
    /// Keep this one.
    Set(Timer),
    /// Nothing waits for it any more.
    Drop(Token),
}

/// Where an outbox row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Waits for its turn, for `not_before`, or for the account.
    Waiting,
    /// Waits for the contact to write again; later rows go before it.
    Queued,
    /// Its call may be under way; after a crash it is unknown.
    Dispatching,
    /// The call was made and nothing says whether it took effect: it is looked up.
    Unknown,
    /// The provider accepted it.
    Sent,
    /// Failed for good.
    Failed,
    /// Not sent, on purpose (a human spoke, the window is closed).
    Withdrawn,
    /// Not sent in time.
    Expired,
}

impl RowState {
    /// It is in nobody's way: finished, or waiting for the contact.
    pub fn lets_pass(self) -> bool {
        self.is_final() || self == Self::Queued
    }

    /// Nothing more is sent for it, unless by hand.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Withdrawn | Self::Expired)
    }
}

/// How far a provider has come with a row: its own words, opaque to everyone else.
pub type Progress = serde_json::Value;

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Its identity and order.
    pub key: RowKey,
    /// By which account it goes.
    pub account: AccountName,
    /// What was decided.
    pub decided: Arc<Decided>,
    /// Where it stands.
    pub state: RowState,
    /// When it was decided.
    pub at: Time,
    /// Not tried before.
    pub not_before: Time,
    /// Given up after; `None` for what does not expire.
    pub expires_at: Option<Time>,
    /// Attempts spent.
    pub attempt: u32,
    /// Look-ups spent on an unknown outcome.
    pub looks: u32,
    /// When the call whose outcome is unknown was begun; a look-up searches from there.
    pub called_at: Option<Time>,
    /// What goes instead of what was decided (the template instead of the text); `None` where they are the same.
    pub sent_as: Option<Box<Effect>>,
    /// The provider's own progress through several calls.
    pub progress: Progress,
    /// The provider's id of the message.
    pub message: Option<MessageId>,
    /// The provider's id of the job.
    pub job: Option<JobId>,
    /// Why it stands where it stands, for people.
    pub why: Option<String>,
}

impl OutboxRow {
    /// A row as it is decided: it waits. What reaches the contact is given up `expire` later; notes and assignments are as good later.
    pub fn new(key: RowKey, account: AccountName, decided: Decided, at: Time, expire: Span) -> Self {
        let expire = if decided.outside == Outside::Queue { QUEUED_EXPIRE } else { expire };
        let expires_at = decided.effect.reaches_contact().then(|| at + expire);
        Self {
            key,
            account,
            decided: Arc::new(decided),
            state: RowState::Waiting,
            at,
            not_before: at,
            expires_at,
            attempt: 0,
            looks: 0,
            called_at: None,
            sent_as: None,
            progress: Progress::Null,
            message: None,
            job: None,
            why: None,
        }
    }

    /// What a send is called where the provider gives back what we say: the row's key. A template that stands in for a message is another send
    /// of the same row.
    pub fn called(&self) -> String {
        let stands_in = matches!(self.sent_as.as_deref(), Some(Effect::Template(_)));
        format!("{}{}", self.key, if stands_in { STANDS_IN } else { "" })
    }

    /// The row that a send of that name belongs to.
    pub fn of_call(name: &str) -> Option<RowKey> {
        name.strip_suffix(STANDS_IN).unwrap_or(name).parse().ok()
    }

    /// What goes, or went.
    pub fn went(&self) -> &Effect {
        self.sent_as.as_deref().unwrap_or(&self.decided.effect)
    }
}

/// Behind the row's key in the name of a send of a template that stands in.
const STANDS_IN: &str = "/template";

/// How long a message is kept for a contact who does not write: later it would surprise them.
pub const QUEUED_EXPIRE: Span = Span::days(7);

/// How long messages live in the outbox unless the account says otherwise: a provider that is down for an hour loses nobody an answer.
pub const DEFAULT_EXPIRE: Span = Span::hours(2);
