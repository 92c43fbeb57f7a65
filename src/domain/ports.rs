//! The ports that `server` and `sandbox` see and `runtime` implements, so that HTTP knows nothing of lanes and stores.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

use super::{AccountName, ConversationId, Time, Value, WebhookRequest};

/// A boxed future, so that ports can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a webhook is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// HTTP status: 200, 400, 401, 404, 408, 413 or 503.
    pub status: u16,
    /// Plain text.
    pub body: String,
}

/// Where webhooks go.
pub trait Intake: Send + Sync {
    /// Handle one webhook. Returns 200 only after its events are on disk.
    fn webhook<'a>(&'a self, account: &'a str, request: WebhookRequest) -> BoxFuture<'a, WebhookAnswer>;
    /// Is there such an account? (404 goes before everything else.)
    fn knows(&self, account: &str) -> bool;
    /// May this request be read at all? Asked with an empty body before the body is read, so that 401 goes before 413.
    /// Where only the body can tell (a signature), true: `webhook` verifies again.
    fn admits(&self, account: &str, head: &WebhookRequest) -> bool;
}

/// What people and machines ask about the running server.
pub trait Desk: Send + Sync {
    /// For `/readyz`.
    fn health(&self) -> BoxFuture<'_, Health>;
    /// For `/metrics`: Prometheus text.
    fn metrics(&self) -> String;
    /// What the command line asks for over the socket (`inbox`, `outbox`).
    fn mend(&self, request: Mend) -> BoxFuture<'_, Result<String, String>>;
    /// What the command line wants to have found out at a provider.
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<String, String>>;
    /// Take an event of another program. It is on disk when this is no error.
    fn post(&self, post: Post) -> BoxFuture<'_, Result<PostTaken, PostRefused>>;
    /// A file that a contact sent.
    fn file(&self, asked: FileAsked) -> BoxFuture<'_, Result<FileThere, NoFile>>;
}

/// A file that is asked for by the address that it has here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAsked {
    /// The account.
    pub account: String,
    /// The provider's id of the file.
    pub id: String,
    /// Its type; `""` where none was told.
    pub mime: String,
    /// What signs the three.
    pub key: String,
}

/// A file on its way.
pub struct FileThere {
    /// Its type.
    pub mime: String,
    /// Bytes, where told.
    pub size: Option<u64>,
    /// The file itself.
    pub content: Box<dyn Chunks>,
}

/// Something that comes piece by piece.
pub trait Chunks: Send {
    /// The next piece; `None` at the end, an error where it broke off.
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>, String>>>;
}

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFile {
    /// No such address was ever given.
    Unknown,
    /// The provider does not have it any more.
    Gone,
    /// The provider did not give it.
    Failed,
    /// So many are on their way already.
    Busy,
}

/// An event that another program posts.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// Its name.
    pub event: String,
    /// What it carries.
    pub data: Value,
    /// The other program's id of it: the same again changes nothing.
    pub id: Option<String>,
    /// For whom.
    pub to: Addressee,
}

/// The conversation that an event is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// By our id.
    Conversation(ConversationId),
    /// By the provider's id.
    Thread {
        /// The account.
        account: AccountName,
        /// The provider's id of the conversation.
        thread: String,
    },
    /// By the contact's phone: the conversation in which they wrote last.
    Phone {
        /// In this account alone.
        account: Option<AccountName>,
        /// E.164.
        phone: String,
    },
}

/// What became of a posted event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostTaken {
    /// The conversation.
    pub conversation: ConversationId,
    /// `handled`, `kept` (its turn comes), `duplicate`.
    pub outcome: &'static str,
}

/// Why a posted event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostRefused {
    /// Nobody has that id or phone.
    NoConversation,
    /// No account has that name.
    NoAccount,
    /// It could not be stored.
    NotNow,
}

/// A repair by hand, asked for by the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// Handle a dead letter again: `CONVERSATION/SEQ`.
    InboxRetry(String),
    /// Forget a dead letter.
    InboxDrop(String),
    /// Send a failed or waiting row now: `CONVERSATION/SEQ/N`.
    OutboxRetry(String),
    /// Never send it.
    OutboxDrop(String),
}

/// What a running server finds out for the command line: it has the token, keeps the limits, and puts the answer to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Fetch the templates of an account. Answered in words.
    Templates(String),
    /// Is all well with an account? Answered with the JSON of `ReportLine`s.
    Check(String),
}

/// The answer of `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The store can be written.
    pub store: HealthPart,
    /// By bot.
    pub bots: BTreeMap<String, HealthPart>,
    /// By account; a sick account does not make the server unready.
    pub accounts: BTreeMap<String, HealthPart>,
}

impl Health {
    /// 200, or 503 for a sick store or bot.
    pub fn is_ready(&self) -> bool {
        self.store.healthy && self.bots.values().all(|bot| bot.healthy)
    }
}

/// The health of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthPart {
    /// Works.
    pub healthy: bool,
    /// Since when it stands so.
    #[serde(serialize_with = "iso")]
    pub since: Time,
    /// For people, when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Of an account: rows that wait to be sent or looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<usize>,
}

impl HealthPart {
    /// It works, since then.
    pub fn well(since: Time) -> Self {
        Self { healthy: true, since, why: None, waiting: None }
    }

    /// It does not, since then.
    pub fn ill(since: Time, why: String) -> Self {
        Self { healthy: false, since, why: Some(why), waiting: None }
    }
}

fn iso<S: serde::Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}
