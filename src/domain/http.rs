//! HTTP as plain data: what a webhook brought, what a provider wants called, what came back. The runtime owns the one client.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde_json::Value as Json;

use super::{AssetRef, Catalogue, Event, JobId, MessageId, OutboxRow, Progress, Span, State, Thread, Time};

/// A webhook's request. The query may hold a secret: never log it.
#[derive(Clone)]
pub struct WebhookRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// Without the question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookRequest({}, {} bytes)", self.method, self.body.len())
    }
}

/// What an account makes of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// This was in it, in this order.
    News(Vec<News>),
    /// Nothing to store; answer so (a handshake, a test).
    Answer {
        /// HTTP status.
        status: u16,
        /// Plain text.
        body: String,
    },
    /// Understood as JSON, but it fits nothing: kept for people to look at, counted, answered 200.
    Unfit {
        /// For people.
        why: String,
    },
    /// Refused: 401 or 400.
    Refused {
        /// HTTP status.
        status: u16,
        /// For people.
        why: String,
    },
}

/// One thing that a webhook told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Something happened in a conversation.
    Event(Box<Event>),
    /// Understood, and nothing to do with it: answered 200 and counted by kind, not stored.
    Ignored {
        /// One of a few names of the provider's, for the counter.
        kind: &'static str,
        /// For people; no text of a message in it.
        why: String,
    },
    /// Something of the account itself, for the log; the templates may have changed.
    Account {
        /// For people.
        what: String,
        /// The list of templates is to be fetched again.
        templates: bool,
    },
}

impl From<Event> for News {
    fn from(event: Event) -> Self {
        Self::Event(Box::new(event))
    }
}

impl From<Event> for Received {
    fn from(event: Event) -> Self {
        Self::News(vec![event.into()])
    }
}

/// A call to make at the provider.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Headers; secrets among them.
    pub headers: Vec<(&'static str, SecretString)>,
    /// The body.
    pub body: CallBody,
    /// This very call is the one whose repetition the contact would see.
    pub delivers: bool,
    /// Which of the account's rates it counts against: `Rate::name`.
    pub spends: Option<&'static str>,
    /// Its answer is waited for longer than others are: without it little tells what became of the call.
    pub patient: bool,
}

/// The body of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum CallBody {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// `application/json`.
    Json(Json),
    /// `multipart/form-data`: fields, and a file of the bot's folder, whose content the runtime adds.
    Multipart {
        /// Name and value.
        fields: Vec<(String, String)>,
        /// The field that holds the file.
        file_field: &'static str,
        /// The file.
        file: AssetRef,
    },
    /// A file of the bot's folder as it is.
    File(AssetRef),
}

/// How many calls of a kind a provider takes. All accounts with the same credentials share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// As `Call::spends` names it.
    pub name: &'static str,
    /// So many.
    pub most: u32,
    /// Within so long.
    pub within: Span,
    /// Counted for each conversation by itself (a pair rate) instead of for the credentials.
    pub per_conversation: bool,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum CallAnswer {
    /// An HTTP answer.
    Http {
        /// Status.
        status: u16,
        /// `Retry-After` in whole seconds, where given.
        retry_after: Option<Span>,
        /// The body, cut at the limit.
        body: Vec<u8>,
    },
    /// No byte of the request left: name, connect, TLS.
    NotSent(String),
    /// The request was written and no whole answer came: time-out, reset.
    Lost(String),
}

/// What a provider wants next for a row.
#[derive(Clone, Debug)]
pub enum Next {
    /// Make this call and come back with the answer; `progress` is stored with the row before the call.
    Call {
        /// What to call.
        call: Box<Call>,
        /// How far it has come.
        progress: Progress,
    },
    /// It is over.
    Done {
        /// How it ended.
        outcome: Outcome,
        /// What was learned on the way.
        learned: Learned,
    },
}

/// What was learned on the way of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    /// A name, a phone: comes back as an event.
    pub thread: Option<Box<Thread>>,
    /// The provider's ids of files that were uploaded: remembered for the account.
    pub uploads: Vec<Upload>,
}

/// A file that a provider keeps for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// SHA-256 of its content, in hex.
    pub hash: String,
    /// The provider's id, or address, of it.
    pub id: String,
    /// Not to be used after that.
    pub until: Time,
}

/// How an attempt ended. `engine::retry` decides what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Accepted {
        /// The message's id, where the answer names it.
        message: Option<MessageId>,
        /// The job's id, where delivery is asynchronous.
        job: Option<JobId>,
    },
    /// Surely not sent: the provider takes no more for now. That is its limit, not the row's failure.
    Limited {
        /// Whose limit it is.
        whose: Whose,
        /// The provider's own wish.
        after: Option<Span>,
        /// For people.
        why: String,
    },
    /// Surely not sent; worth repeating.
    NotSent {
        /// The provider's own wish.
        after: Option<Span>,
        /// For people.
        why: String,
    },
    /// Nobody knows.
    Unknown {
        /// For people.
        why: String,
    },
    /// 401 or 403: the account is at fault, not the row.
    Denied {
        /// For people.
        why: String,
    },
    /// The messenger says that the window is closed.
    WindowClosed {
        /// For people.
        why: String,
    },
    /// Final.
    Rejected {
        /// For people.
        why: String,
    },
}

impl Outcome {
    /// What a provider said of an attempt that did not end well; `None` for one that did.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } => None,
            Self::Limited { why, .. }
            | Self::NotSent { why, .. }
            | Self::Unknown { why }
            | Self::Denied { why }
            | Self::WindowClosed { why }
            | Self::Rejected { why } => Some(why),
        }
    }
}

/// Whose limit was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of the credentials: nothing of theirs goes for a while.
    Credential,
    /// That of messages to this one contact.
    Conversation,
}

/// What a look-up of an unknown send found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was sent.
    Sent {
        /// The message's id.
        message: Option<MessageId>,
        /// The job's id.
        job: Option<JobId>,
    },
    /// It failed for good.
    Failed {
        /// For people.
        why: String,
    },
    /// It is not there (yet).
    Absent,
    /// The look-up itself failed; look again.
    Unreadable {
        /// For people.
        why: String,
    },
    /// This provider has no way to tell.
    CannotTell,
}

/// The next step of a look-up.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Make this call and come back.
    Call {
        /// What to call (always harmless).
        call: Box<Call>,
        /// How far it has come.
        progress: Progress,
    },
    /// It is over.
    Done(Found),
}

/// What a provider sees of a row it is to send or to look up.
#[derive(Clone, Copy, Debug)]
pub struct Errand<'a> {
    /// The row; `row.went()` is what goes.
    pub row: &'a OutboxRow,
    /// The conversation and contact it goes to.
    pub state: &'a State,
    /// Ids of messages known to be of other rows or of humans: a look-up must not take one of them for this row's.
    pub taken: &'a [MessageId],
    /// What of the account the runtime keeps for it.
    pub kept: Kept<'a>,
    /// Now.
    pub now: Time,
}

/// What of an account the runtime keeps for its provider.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// The templates that the provider knows.
    pub catalogue: &'a Catalogue,
    /// The token of the last login, for providers that log in.
    pub token: Option<&'a SecretString>,
    /// Files that the provider keeps for us: by SHA-256, its id of them. Only what may still be used.
    pub uploads: &'a BTreeMap<String, String>,
}

impl Kept<'static> {
    /// Nothing: no templates fetched, no login, no uploads.
    pub fn nothing() -> Self {
        static NO_CATALOGUE: Catalogue = Catalogue { fetched_at: None, templates: Vec::new() };
        static NO_UPLOADS: BTreeMap<String, String> = BTreeMap::new();
        Self { catalogue: &NO_CATALOGUE, token: None, uploads: &NO_UPLOADS }
    }
}
