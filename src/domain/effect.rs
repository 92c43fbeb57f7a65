//! What the engine decides should happen outside, and the outbox row that carries it there.

use serde::{Deserialize, Serialize};

use super::{AccountName, Assignee, JobId, MessageId, RowKey, Span, Time, Token};

/// One thing to do at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Send a text to the contact, already rendered to what the channel can do.
    Say {
        /// The whole text.
        text: String,
    },
    /// Send a template.
    Template(Template),
    /// Write the note: the whole field, all entries joined.
    Note {
        /// The field's new content.
        text: String,
    },
    /// Set or remove the assignee.
    Assign {
        /// `None` removes.
        to: Option<Assignee>,
    },
}

impl Effect {
    /// The kind's name in logs, lists and traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Say { .. } => "say",
            Self::Template(_) => "template",
            Self::Note { .. } => "note",
            Self::Assign { .. } => "assign",
        }
    }

    /// The contact sees it: withdrawn while people have the conversation, and it expires.
    pub fn reaches_contact(&self) -> bool {
        matches!(self, Self::Say { .. } | Self::Template(_))
    }

    /// Doing it twice is the same as doing it once, so an unknown outcome is simply repeated.
    pub fn harmless_to_repeat(&self) -> bool {
        matches!(self, Self::Note { .. } | Self::Assign { .. })
    }
}

/// A pre-approved WhatsApp message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// As the bot names it.
    pub name: String,
    /// The language's code.
    pub language: String,
    /// Rendered and cleaned: no new lines, no runs of spaces, never empty.
    pub params: Vec<String>,
}

/// What happens to a message when the window is closed at dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// This template goes instead.
    Template(Template),
    /// Nothing goes.
    Drop,
}

/// An effect as a turn decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Nothing more will be done with it.
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
    pub decided: Decided,
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
    pub sent_as: Option<Effect>,
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
        let expires_at = decided.effect.reaches_contact().then(|| at + expire);
        Self {
            key,
            account,
            decided,
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

    /// What goes, or went.
    pub fn went(&self) -> &Effect {
        self.sent_as.as_ref().unwrap_or(&self.decided.effect)
    }
}

/// How long messages live in the outbox unless the account says otherwise.
pub const DEFAULT_EXPIRE: Span = Span::hours(1);
