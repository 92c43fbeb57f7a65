//! The providers: one folder each, one line in `PROVIDERS` each. They do no I/O: they read requests and say which call is next.

use std::sync::Arc;

use secrecy::SecretString;

use crate::domain::{
    AccountName, Call, CallAnswer, Capabilities, Channel, Errand, Finding, Inquiring, Inquiry, Kept, Lookup, Next,
    Progress, Rate, Received, Stream, StreamFrame, Time, WebhookRequest,
};
use crate::yaml::{Node, Problem};

mod answers;
mod door;
mod files;
pub mod getchat;
mod inferred;
mod keys;
pub mod meta;
mod notes;
pub mod pabbly;
pub mod pact;
pub mod reports;
pub mod templates;
pub mod whatsapp_cloud;

pub use answers::{quoted, transport_outcome, unsure, words};
pub use door::Door;
pub use files::lies_at;
pub use inferred::{Guess, Inferred};
pub use keys::Keys;
pub use notes::{NoteWay, NotesAs, phone_digits};

/// A provider.
#[derive(Debug)]
pub struct ProviderType {
    /// As `provider:` names it.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its keys of an account, besides those that all accounts have: name and meaning.
    pub keys: &'static [(&'static str, &'static str)],
    /// Open an account from its (expanded) mapping. The common keys are checked by `config`; unknown keys by it, too.
    pub open: fn(&AccountName, &Node) -> Opened,
    /// Read a webhook's body without an account: who sent it is not asked, and every number is read. For `accounts parse`.
    pub parse: fn(&AccountName, &[u8], Time) -> Received,
    /// What can be done on each of its channels, for people: the same as `Account::capabilities` says of an account with those settings.
    pub table: fn() -> Vec<TableRow>,
}

/// A row of the table of what can be done.
#[derive(Clone, Copy, Debug)]
pub struct TableRow {
    /// The channel; `ANY_OTHER` for those that nobody knows.
    pub channel: &'static str,
    /// The settings of the account under which it holds; `""`: without any.
    pub with: &'static str,
    /// What can be done.
    pub can: Capabilities,
}

/// Stands for the channels that nobody knows.
pub const ANY_OTHER: &str = "any other";

/// What opening an account came to.
pub type Opened = (Option<Arc<dyn Account>>, Vec<Problem>);

/// All providers.
pub const PROVIDERS: &[ProviderType] = &[pact::TYPE, whatsapp_cloud::TYPE, pabbly::TYPE, getchat::TYPE];

/// One set of credentials at a provider. Pure: all I/O is the runtime's.
pub trait Account: std::fmt::Debug + Send + Sync {
    /// What can be done on a channel.
    fn capabilities(&self, channel: &Channel) -> Capabilities;
    /// The bot's team whose members notes are sent to, where the account says one.
    fn notes_team(&self) -> Option<&str> {
        None
    }
    /// Names of `contact.vars` that are kept as fields of the contact at the provider, too, as the account says.
    fn contact_fields(&self) -> &[String] {
        &[]
    }
    /// Does the head of a webhook (its body is empty yet) carry the secret? True where only the body can tell; `receive` verifies again.
    fn admits(&self, head: &WebhookRequest) -> bool;
    /// Verify and read a webhook. `now` stands in for times that the body does not have.
    fn receive(&self, request: &WebhookRequest, now: Time) -> Received;
    /// Read a webhook's body whose sender is not asked for, or was verified.
    fn read(&self, body: &[u8], now: Time) -> Received;
    /// The first call of a row (`answer` is `None`), or what follows an answer. `row.progress` is the provider's own.
    fn next(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Next;
    /// Look up whether a row whose outcome is unknown was sent.
    fn look_up(&self, errand: Errand<'_>, answer: Option<&CallAnswer>) -> Lookup;
    /// Statuses are all that tells of a send whose answer was lost, and they bring nothing of ours: one of a message that nobody knows is its.
    fn statuses_tell(&self) -> bool {
        false
    }
    /// A cheap call that tells whether the credentials work.
    fn probe(&self, kept: Kept<'_>) -> Call;
    /// Answer a question of the runtime's, call by call: `answer` is `None` at first, `progress` the provider's own.
    fn inquire(
        &self,
        _inquiry: &Inquiry,
        _kept: Kept<'_>,
        _progress: &Progress,
        _answer: Option<&CallAnswer>,
    ) -> Inquiring {
        Inquiring::Done(Finding::Unsupported)
    }
    /// Where messages are listened to instead of coming by webhook; `None` where they come by webhook.
    fn stream(&self, _kept: Kept<'_>) -> Option<Stream> {
        None
    }
    /// What a frame of the stream means.
    fn hear(&self, _frame: &[u8], _now: Time) -> StreamFrame {
        StreamFrame::Odd { why: "this provider has no stream".into() }
    }
    /// How many calls the provider takes; empty where it names no limit.
    fn rates(&self) -> &'static [Rate] {
        &[]
    }
    /// What its rates are counted by: equal for accounts that share them. It may be made of a secret: it is hashed before it is kept.
    fn credential(&self) -> SecretString;
}
