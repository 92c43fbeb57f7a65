//! The store: one verb to write, `commit`, and the reads that the runtime needs. The same tests run on every implementation.

use std::sync::Arc;

use crate::domain::{
    AccountName, BotName, BoxFuture, CallRow, Committed, Contact, ConversationId, DueTimer, EventRow, EventState,
    JobId, KeptAccounts, Loaded, MessageId, OutboxRow, RowKey, RowState, Seq, SessionsPage, StoredRevision, TaggedPage,
    TeamFigures, Time, UnfitBody, Unit,
};

mod forms;
pub mod sqlite;

/// Why the store did not do it. For people: what and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// The result of a store's call.
pub type Stored<T> = Result<T, StoreError>;

/// Where everything accepted is kept.
pub trait Store: Send + Sync {
    /// Commit units; each succeeds or fails alone, in order. Returns after they are on disk. Calls made at the same time share a commit.
    fn commit(&self, units: Vec<Unit>) -> BoxFuture<'_, Stored<Vec<Committed>>>;
    /// The conversation behind a provider's id.
    fn find<'a>(&'a self, account: &'a AccountName, key: &'a str) -> BoxFuture<'a, Stored<Option<ConversationId>>>;
    /// All that working on a conversation needs.
    fn load<'a>(&'a self, conversation: &'a ConversationId) -> BoxFuture<'a, Stored<Option<Loaded>>>;
    /// The row that a message or a job of an account belongs to.
    fn sent_by<'a>(
        &'a self,
        account: &'a AccountName,
        message: Option<&'a MessageId>,
        job: Option<&'a JobId>,
    ) -> BoxFuture<'a, Stored<Option<OutboxRow>>>;
    /// Conversations with pending events or unfinished rows, for the start.
    fn unfinished(&self) -> BoxFuture<'_, Stored<Vec<ConversationId>>>;
    /// Timers of these accounts' conversations due by then, earliest first.
    fn due<'a>(&'a self, accounts: &'a [AccountName], by: Time, limit: usize) -> BoxFuture<'a, Stored<Vec<DueTimer>>>;
    /// Calls of these accounts' conversations to be begun by then, the longest due first; none to the hosts named as busy.
    fn due_calls<'a>(
        &'a self,
        accounts: &'a [AccountName],
        busy: &'a [String],
        by: Time,
        limit: usize,
    ) -> BoxFuture<'a, Stored<Vec<CallRow>>>;
    /// Calls that were under way, of which nothing was heard: for the start.
    fn calls_under_way(&self) -> BoxFuture<'_, Stored<Vec<CallRow>>>;
    /// Events in that state, oldest first, for lists.
    fn events(&self, state: EventState, limit: usize) -> BoxFuture<'_, Stored<Vec<EventRow>>>;
    /// The latest events of a conversation, newest first, for `explain`.
    fn history<'a>(&'a self, conversation: &'a ConversationId, limit: usize) -> BoxFuture<'a, Stored<Vec<EventRow>>>;
    /// One event.
    fn event<'a>(&'a self, conversation: &'a ConversationId, seq: Seq) -> BoxFuture<'a, Stored<Option<EventRow>>>;
    /// Rows in those states, oldest first, for lists.
    fn rows<'a>(&'a self, states: &'a [RowState], limit: usize) -> BoxFuture<'a, Stored<Vec<OutboxRow>>>;
    /// One row.
    fn row<'a>(&'a self, key: &'a RowKey) -> BoxFuture<'a, Stored<Option<OutboxRow>>>;
    /// The rows of an account whose last call began since then, as far as they are among the latest.
    fn called_since<'a>(&'a self, account: &'a AccountName, since: Time) -> BoxFuture<'a, Stored<Vec<OutboxRow>>>;
    /// Those of some of these accounts' conversations that have a label. Begin after 0, go on after the page's `next`.
    fn tagged<'a>(&'a self, accounts: &'a [AccountName], tag: &'a str, after: i64)
    -> BoxFuture<'a, Stored<TaggedPage>>;
    /// The sessions of some of these accounts' conversations. Begin after 0, go on after the page's `next`.
    fn sessions<'a>(&'a self, accounts: &'a [AccountName], after: i64) -> BoxFuture<'a, Stored<SessionsPage>>;
    /// The conversation of these accounts in which the contact with that phone wrote last.
    fn of_phone<'a>(
        &'a self,
        accounts: &'a [AccountName],
        phone: &'a str,
    ) -> BoxFuture<'a, Stored<Option<ConversationId>>>;
    /// The contact of a bot that is known by that phone.
    fn contact_of<'a>(&'a self, bot: &'a BotName, phone: &'a str) -> BoxFuture<'a, Stored<Option<Contact>>>;
    /// Whose turn it is in a team of a bot, and who has how many of its conversations but this one.
    fn team_figures<'a>(
        &'a self,
        bot: &'a BotName,
        team: &'a str,
        but: &'a ConversationId,
        now: Time,
    ) -> BoxFuture<'a, Stored<TeamFigures>>;
    /// Until when a bot's schedules have been seen to, by their names.
    fn ticks<'a>(&'a self, bot: &'a BotName) -> BoxFuture<'a, Stored<Vec<(String, Time)>>>;
    /// Keep the files of a valid revision; only the last of each bot is kept.
    fn keep_revision<'a>(&'a self, bot: &'a BotName, revision: StoredRevision) -> BoxFuture<'a, Stored<()>>;
    /// The last valid revision of a bot.
    fn last_revision<'a>(&'a self, bot: &'a BotName) -> BoxFuture<'a, Stored<Option<StoredRevision>>>;
    /// What is kept of the accounts: templates, uploads.
    fn kept_accounts(&self) -> BoxFuture<'_, Stored<KeptAccounts>>;
    /// Bodies that fitted nothing, of one account or of all, newest first.
    fn unfit<'a>(&'a self, account: Option<&'a AccountName>, limit: usize) -> BoxFuture<'a, Stored<Vec<UnfitBody>>>;
    /// Forget what is past its time (keys of duplicates after 8 days, finished events and rows after 30). Returns how many rows went.
    fn prune(&self, now: Time) -> BoxFuture<'_, Stored<usize>>;
}

/// Any store.
pub type AnyStore = Arc<dyn Store>;
