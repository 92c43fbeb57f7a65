//! SQLite: one writer thread, group commit, `synchronous=FULL`; readers of their own beside it.

mod apply;
mod chain;
mod idle;
mod lock;
mod problem;
mod prune;
mod queries;
mod reader;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

pub use self::idle::Idle;
use self::lock::Lock;
use self::problem::{Problem, Shown, shown};
use self::reader::Readers;
use self::writer::{Call, Job, Writer};
use super::{Store, StoreError, Stored};
use crate::domain::{
    AccountName, BotName, BoxFuture, CallRow, Committed, Contact, ConversationId, DueTimer, EventRow, EventState,
    JobId, KeptAccounts, Loaded, MessageId, OutboxRow, RowKey, RowState, Seq, SessionsPage, StoredRevision, TaggedPage,
    TeamFigures, Time, UnfitBody, Unit,
};

/// Units that may wait for the writer. Beyond it commits are refused, so that providers repeat instead of our memory growing.
const QUEUE: usize = 20_000;

/// Settings of a database beyond its path.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file may not grow beyond so many pages of 4 KiB; `None` is as far as the disk goes.
    pub max_pages: Option<u32>,
    /// Told by whoever commits when they have run out of work; never told, the writer goes by its queue alone.
    pub idle: Arc<Idle>,
}

/// A store in one SQLite file. Dropped, it finishes what was asked of it and closes.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    readers: Readers,
    /// `None` where it was opened for reading only.
    writing: Option<Writing>,
}

/// The way to the writer's thread.
#[derive(Debug)]
struct Writing {
    jobs: Option<Sender<Job>>,
    queued: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
    /// Given back only when the writer has ended.
    _lock: Lock,
}

impl SqliteStore {
    /// Open, create or migrate. Only one process may have it open so.
    pub fn open(path: &Path) -> Stored<Self> {
        Self::open_with(path, Options::default())
    }

    /// The same with settings.
    pub fn open_with(path: &Path, options: Options) -> Stored<Self> {
        let lock = Lock::take(path)?;
        let mut conn = schema::open_writer(path, options.max_pages)?;
        let wal = writer::watch_wal(&mut conn).shown(path)?;
        let readers = Readers::start(path)?;
        let queued = Arc::new(AtomicUsize::new(0));
        let (jobs, inbox) = channel();
        let writer = Writer { conn, path: path.into(), queued: Arc::clone(&queued), wal, idle: options.idle };
        let thread = std::thread::Builder::new().name("store-write".into()).spawn(move || writer.run(&inbox));
        let thread = thread.map_err(|why| StoreError(format!("no thread to write the store: {why}")))?;
        let writing = Writing { jobs: Some(jobs), queued, thread: Some(thread), _lock: lock };
        Ok(Self { path: path.into(), readers, writing: Some(writing) })
    }

    /// Open for reading, beside a running server or without one. Everything that writes is refused.
    pub fn open_read_only(path: &Path) -> Stored<Self> {
        Ok(Self { path: path.into(), readers: Readers::start(path)?, writing: None })
    }

    fn send(&self, job: Job) -> Stored<()> {
        let read_only = || StoreError(format!("the store `{}` was opened for reading only", self.path.display()));
        let writing = self.writing.as_ref().ok_or_else(read_only)?;
        writing.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(|| self.closed())
    }

    fn closed(&self) -> StoreError {
        StoreError(format!("the store `{}` has been closed", self.path.display()))
    }

    /// Count the units in, or refuse them.
    fn admit(&self, units: usize) -> Stored<()> {
        let Some(writing) = &self.writing else { return Ok(()) };
        if writing.queued.fetch_add(units, Ordering::Relaxed) + units > QUEUE {
            writing.queued.fetch_sub(units, Ordering::Relaxed);
            return Err(StoreError(format!("the store `{}` cannot keep up; try again later", self.path.display())));
        }
        Ok(())
    }

    async fn commit_units(&self, units: Vec<Unit>) -> Stored<Vec<Committed>> {
        if units.is_empty() {
            return Ok(Vec::new());
        }
        self.admit(units.len())?;
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit(Call { units, reply }))?;
        let (results, _) = answer.await.map_err(|_| self.closed())??;
        Ok(results)
    }

    /// Let the writer do something in a transaction of its own.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
    ) -> Stored<T> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Other(Box::new(move |conn| drop(reply.send(in_transaction(conn, work))))))?;
        answer.await.map_err(|_| self.closed())?.map_err(|problem| shown(&self.path, problem))
    }
}

fn in_transaction<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
    let transaction = conn.unchecked_transaction()?;
    let done = work(conn)?;
    transaction.commit()?;
    Ok(done)
}

fn put_revision(conn: &Connection, bot: &BotName, revision: &StoredRevision) -> Result<(), Problem> {
    conn.execute(
        "INSERT OR REPLACE INTO revision (bot, hash, activated_at) VALUES (?1, ?2, ?3)",
        params![bot.as_str(), revision.id.as_str(), revision.at.0],
    )?;
    conn.execute("DELETE FROM revision_file WHERE bot = ?1", [bot.as_str()])?;
    let mut insert =
        conn.prepare_cached("INSERT INTO revision_file (bot, n, path, content) VALUES (?1, ?2, ?3, ?4)")?;
    for (n, (path, content)) in revision.files.iter().enumerate() {
        insert.execute(params![bot.as_str(), n as i64, path, content])?;
    }
    Ok(())
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It has no result; a panic in it was reported when it happened.
            drop(thread.join());
        }
    }
}

impl Store for SqliteStore {
    fn commit(&self, units: Vec<Unit>) -> BoxFuture<'_, Stored<Vec<Committed>>> {
        Box::pin(self.commit_units(units))
    }

    fn find<'a>(&'a self, account: &'a AccountName, key: &'a str) -> BoxFuture<'a, Stored<Option<ConversationId>>> {
        let (account, key) = (account.clone(), key.to_owned());
        Box::pin(self.readers.read(move |conn| queries::find(conn, &account, &key)))
    }

    fn load<'a>(&'a self, conversation: &'a ConversationId) -> BoxFuture<'a, Stored<Option<Loaded>>> {
        let conversation = conversation.clone();
        Box::pin(self.readers.read(move |conn| queries::load(conn, &conversation)))
    }

    fn sent_by<'a>(
        &'a self,
        account: &'a AccountName,
        message: Option<&'a MessageId>,
        job: Option<&'a JobId>,
    ) -> BoxFuture<'a, Stored<Option<OutboxRow>>> {
        let (account, message, job) = (account.clone(), message.cloned(), job.cloned());
        Box::pin(self.readers.read(move |conn| queries::sent_by(conn, &account, message.as_ref(), job.as_ref())))
    }

    fn unfinished(&self) -> BoxFuture<'_, Stored<Vec<ConversationId>>> {
        Box::pin(self.readers.read(queries::unfinished))
    }

    fn due<'a>(&'a self, accounts: &'a [AccountName], by: Time, limit: usize) -> BoxFuture<'a, Stored<Vec<DueTimer>>> {
        let accounts = accounts.to_vec();
        Box::pin(self.readers.read(move |conn| queries::due(conn, &accounts, by, limit)))
    }

    fn due_calls<'a>(
        &'a self,
        accounts: &'a [AccountName],
        busy: &'a [String],
        by: Time,
        limit: usize,
    ) -> BoxFuture<'a, Stored<Vec<CallRow>>> {
        let (accounts, busy) = (accounts.to_vec(), busy.to_vec());
        Box::pin(self.readers.read(move |conn| queries::due_calls(conn, &accounts, &busy, by, limit)))
    }

    fn calls_under_way(&self) -> BoxFuture<'_, Stored<Vec<CallRow>>> {
        Box::pin(self.readers.read(queries::calls_under_way))
    }

    fn events(&self, state: EventState, limit: usize) -> BoxFuture<'_, Stored<Vec<EventRow>>> {
        Box::pin(self.readers.read(move |conn| queries::events(conn, state, limit)))
    }

    fn history<'a>(&'a self, conversation: &'a ConversationId, limit: usize) -> BoxFuture<'a, Stored<Vec<EventRow>>> {
        let conversation = conversation.clone();
        Box::pin(self.readers.read(move |conn| queries::history(conn, &conversation, limit)))
    }

    fn event<'a>(&'a self, conversation: &'a ConversationId, seq: Seq) -> BoxFuture<'a, Stored<Option<EventRow>>> {
        let conversation = conversation.clone();
        Box::pin(self.readers.read(move |conn| queries::event(conn, &conversation, seq)))
    }

    fn rows<'a>(&'a self, states: &'a [RowState], limit: usize) -> BoxFuture<'a, Stored<Vec<OutboxRow>>> {
        let states = states.to_vec();
        Box::pin(self.readers.read(move |conn| queries::rows(conn, &states, limit)))
    }

    fn row<'a>(&'a self, key: &'a RowKey) -> BoxFuture<'a, Stored<Option<OutboxRow>>> {
        let key = key.clone();
        Box::pin(self.readers.read(move |conn| queries::row(conn, &key)))
    }

    fn called_since<'a>(&'a self, account: &'a AccountName, since: Time) -> BoxFuture<'a, Stored<Vec<OutboxRow>>> {
        let account = account.clone();
        Box::pin(self.readers.read(move |conn| queries::called_since(conn, &account, since)))
    }

    fn tagged<'a>(
        &'a self,
        accounts: &'a [AccountName],
        tag: &'a str,
        after: i64,
    ) -> BoxFuture<'a, Stored<TaggedPage>> {
        let (accounts, tag) = (accounts.to_vec(), tag.to_owned());
        Box::pin(self.readers.read(move |conn| queries::tagged(conn, &accounts, &tag, after)))
    }

    fn sessions<'a>(&'a self, accounts: &'a [AccountName], after: i64) -> BoxFuture<'a, Stored<SessionsPage>> {
        let accounts = accounts.to_vec();
        Box::pin(self.readers.read(move |conn| queries::sessions(conn, &accounts, after)))
    }

    fn of_phone<'a>(
        &'a self,
        accounts: &'a [AccountName],
        phone: &'a str,
    ) -> BoxFuture<'a, Stored<Option<ConversationId>>> {
        let (accounts, phone) = (accounts.to_vec(), phone.to_owned());
        Box::pin(self.readers.read(move |conn| queries::of_phone(conn, &accounts, &phone)))
    }

    fn contact_of<'a>(&'a self, bot: &'a BotName, phone: &'a str) -> BoxFuture<'a, Stored<Option<Contact>>> {
        let (bot, phone) = (bot.clone(), phone.to_owned());
        Box::pin(self.readers.read(move |conn| queries::contact_of(conn, &bot, &phone)))
    }

    fn team_figures<'a>(
        &'a self,
        bot: &'a BotName,
        team: &'a str,
        but: &'a ConversationId,
        now: Time,
    ) -> BoxFuture<'a, Stored<TeamFigures>> {
        let (bot, team, but) = (bot.clone(), team.to_owned(), but.clone());
        Box::pin(self.readers.read(move |conn| queries::team_figures(conn, &bot, &team, &but, now)))
    }

    fn ticks<'a>(&'a self, bot: &'a BotName) -> BoxFuture<'a, Stored<Vec<(String, Time)>>> {
        let bot = bot.clone();
        Box::pin(self.readers.read(move |conn| queries::ticks(conn, &bot)))
    }

    fn keep_revision<'a>(&'a self, bot: &'a BotName, revision: StoredRevision) -> BoxFuture<'a, Stored<()>> {
        let bot = bot.clone();
        Box::pin(self.write(move |conn| put_revision(conn, &bot, &revision)))
    }

    fn last_revision<'a>(&'a self, bot: &'a BotName) -> BoxFuture<'a, Stored<Option<StoredRevision>>> {
        let bot = bot.clone();
        Box::pin(self.readers.read(move |conn| queries::last_revision(conn, &bot)))
    }

    fn kept_accounts(&self) -> BoxFuture<'_, Stored<KeptAccounts>> {
        Box::pin(self.readers.read(queries::kept_accounts))
    }

    fn unfit<'a>(&'a self, account: Option<&'a AccountName>, limit: usize) -> BoxFuture<'a, Stored<Vec<UnfitBody>>> {
        let account = account.cloned();
        Box::pin(self.readers.read(move |conn| queries::unfit(conn, account.as_ref(), limit)))
    }

    fn prune(&self, now: Time) -> BoxFuture<'_, Stored<usize>> {
        Box::pin(async move {
            let mut gone = 0;
            let mut cursor = Some(prune::Cursor::default());
            while let Some(at) = cursor {
                let batch = self.write(move |conn| prune::batch(conn, at, now)).await?;
                gone += batch.gone;
                cursor = batch.next;
            }
            Ok(gone)
        })
    }
}
