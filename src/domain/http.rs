//! HTTP as plain data: what a webhook brought, what a provider wants called, what came back. The runtime owns the one client.

use std::fmt;

use secrecy::SecretString;
use serde_json::Value as Json;

use super::{Event, JobId, MessageId, OutboxRow, Progress, Span, State, Thread};

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
    /// These events happened, in this order.
    Events(Vec<Event>),
    /// Understood, and nothing to do with it: answered 200 and counted by kind, not stored.
    Ignored {
        /// One of a few names of the provider's, for the counter.
        kind: &'static str,
        /// For people; no text of a message in it.
        why: String,
    },
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
        /// What was learned on the way (a name, a phone); comes back as an event.
        facts: Option<Box<Thread>>,
    },
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
}
