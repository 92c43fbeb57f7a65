//! A real store that can be made to wait or to refuse: what happens in between can be tried without luck.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use frontdesk::domain::{
    AccountName, BotName, BoxFuture, CallRow, Committed, Contact, ConversationId, DueTimer, EventRow, EventState,
    JobId, KeptAccounts, Loaded, MessageId, OutboxRow, RowKey, RowState, Seq, SessionsPage, StoredRevision, TaggedPage,
    TeamFigures, Time, UnfitBody, Unit,
};
use frontdesk::store::sqlite::SqliteStore;
use frontdesk::store::{Store, StoreError, Stored};
use tokio::sync::watch;

/// What stands between the server and its store.
#[derive(Default)]
pub struct Doors {
    /// Nothing can be written, as with a full disk.
    pub full: AtomicBool,
    /// Whoever asks whose a message is.
    pub sent_by: Door,
    /// Whoever reads a conversation's events, as a look-up does.
    pub history: Door,
}

/// Open unless closed.
#[derive(Default)]
pub struct Door {
    closed: watch::Sender<bool>,
    before: AtomicUsize,
}

impl Door {
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    pub fn open(&self) {
        self.closed.send_replace(false);
    }

    /// Somebody waits.
    pub fn is_awaited(&self) -> bool {
        self.before.load(Ordering::SeqCst) > 0
    }

    async fn pass(&self) {
        self.before.fetch_add(1, Ordering::SeqCst);
        self.closed.subscribe().wait_for(|closed| !closed).await.unwrap();
        self.before.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The store behind the doors.
pub struct Behind {
    pub doors: Arc<Doors>,
    pub store: SqliteStore,
}

impl Store for Behind {
    fn commit(&self, units: Vec<Unit>) -> BoxFuture<'_, Stored<Vec<Committed>>> {
        if self.doors.full.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError("the disk is full".into())) });
        }
        self.store.commit(units)
    }

    fn find<'a>(&'a self, account: &'a AccountName, key: &'a str) -> BoxFuture<'a, Stored<Option<ConversationId>>> {
        self.store.find(account, key)
    }

    fn load<'a>(&'a self, conversation: &'a ConversationId) -> BoxFuture<'a, Stored<Option<Loaded>>> {
        self.store.load(conversation)
    }

    fn sent_by<'a>(
        &'a self,
        account: &'a AccountName,
        message: Option<&'a MessageId>,
        job: Option<&'a JobId>,
    ) -> BoxFuture<'a, Stored<Option<OutboxRow>>> {
        Box::pin(async move {
            self.doors.sent_by.pass().await;
            self.store.sent_by(account, message, job).await
        })
    }

    fn unfinished(&self) -> BoxFuture<'_, Stored<Vec<ConversationId>>> {
        self.store.unfinished()
    }

    fn due<'a>(&'a self, accounts: &'a [AccountName], by: Time, limit: usize) -> BoxFuture<'a, Stored<Vec<DueTimer>>> {
        self.store.due(accounts, by, limit)
    }

    fn due_calls<'a>(
        &'a self,
        accounts: &'a [AccountName],
        busy: &'a [String],
        by: Time,
        limit: usize,
    ) -> BoxFuture<'a, Stored<Vec<CallRow>>> {
        self.store.due_calls(accounts, busy, by, limit)
    }

    fn calls_under_way(&self) -> BoxFuture<'_, Stored<Vec<CallRow>>> {
        self.store.calls_under_way()
    }

    fn events(&self, state: EventState, limit: usize) -> BoxFuture<'_, Stored<Vec<EventRow>>> {
        self.store.events(state, limit)
    }

    fn history<'a>(&'a self, conversation: &'a ConversationId, limit: usize) -> BoxFuture<'a, Stored<Vec<EventRow>>> {
        Box::pin(async move {
            self.doors.history.pass().await;
            self.store.history(conversation, limit).await
        })
    }

    fn event<'a>(&'a self, conversation: &'a ConversationId, seq: Seq) -> BoxFuture<'a, Stored<Option<EventRow>>> {
        self.store.event(conversation, seq)
    }

    fn rows<'a>(&'a self, states: &'a [RowState], limit: usize) -> BoxFuture<'a, Stored<Vec<OutboxRow>>> {
        self.store.rows(states, limit)
    }

    fn row<'a>(&'a self, key: &'a RowKey) -> BoxFuture<'a, Stored<Option<OutboxRow>>> {
        self.store.row(key)
    }

    fn called_since<'a>(&'a self, account: &'a AccountName, since: Time) -> BoxFuture<'a, Stored<Vec<OutboxRow>>> {
        self.store.called_since(account, since)
    }

    fn tagged<'a>(
        &'a self,
        accounts: &'a [AccountName],
        tag: &'a str,
        after: i64,
    ) -> BoxFuture<'a, Stored<TaggedPage>> {
        self.store.tagged(accounts, tag, after)
    }

    fn sessions<'a>(&'a self, accounts: &'a [AccountName], after: i64) -> BoxFuture<'a, Stored<SessionsPage>> {
        self.store.sessions(accounts, after)
    }

    fn of_phone<'a>(
        &'a self,
        accounts: &'a [AccountName],
        phone: &'a str,
    ) -> BoxFuture<'a, Stored<Option<ConversationId>>> {
        self.store.of_phone(accounts, phone)
    }

    fn contact_of<'a>(&'a self, bot: &'a BotName, phone: &'a str) -> BoxFuture<'a, Stored<Option<Contact>>> {
        self.store.contact_of(bot, phone)
    }

    fn team_figures<'a>(
        &'a self,
        bot: &'a BotName,
        team: &'a str,
        but: &'a ConversationId,
        now: Time,
    ) -> BoxFuture<'a, Stored<TeamFigures>> {
        self.store.team_figures(bot, team, but, now)
    }

    fn ticks<'a>(&'a self, bot: &'a BotName) -> BoxFuture<'a, Stored<Vec<(String, Time)>>> {
        self.store.ticks(bot)
    }

    fn keep_revision<'a>(&'a self, bot: &'a BotName, revision: StoredRevision) -> BoxFuture<'a, Stored<()>> {
        self.store.keep_revision(bot, revision)
    }

    fn last_revision<'a>(&'a self, bot: &'a BotName) -> BoxFuture<'a, Stored<Option<StoredRevision>>> {
        self.store.last_revision(bot)
    }

    fn kept_accounts(&self) -> BoxFuture<'_, Stored<KeptAccounts>> {
        self.store.kept_accounts()
    }

    fn unfit<'a>(&'a self, account: Option<&'a AccountName>, limit: usize) -> BoxFuture<'a, Stored<Vec<UnfitBody>>> {
        self.store.unfit(account, limit)
    }

    fn prune(&self, now: Time) -> BoxFuture<'_, Stored<usize>> {
        self.store.prune(now)
    }
}
