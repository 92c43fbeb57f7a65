//! One conversation in memory: its state, its queue of events, its rows. All under one lock that is never held over an await.
//! Events and sends are two lanes over the same memory: `turning` and `sending` say whether somebody walks them.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OnceCell, OwnedSemaphorePermit};

use super::accounts::Account;
use super::hub::Hub;
use super::limits;
use crate::domain::{
    Assigned, Body, Change, Contact, ConversationId, Event, EventRow, EventState, Loaded, OutboxRow, Outcome, RowKey,
    RowState, Seq, State, Time,
};
use crate::engine::{self, After};
use crate::store::Stored;

/// One conversation.
#[derive(Debug)]
pub struct Lane {
    /// Our id of it.
    pub id: ConversationId,
    /// The account it belongs to.
    pub account: Arc<Account>,
    /// Woken when a turn has ended; the second event of a new conversation waits for its first.
    pub freed: Notify,
    opened: OnceCell<()>,
    used: AtomicU64,
    inner: Mutex<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
pub struct Inner {
    /// As last committed; `None` before the first commit.
    pub state: Option<Arc<State>>,
    /// Its version; 0 before the first commit.
    pub version: u64,
    /// The highest number given to an event.
    pub seq: Seq,
    /// Somebody handles an event.
    pub turning: bool,
    /// Events that wait, the one being handled at the front unless it never waited.
    pub queue: VecDeque<Queued>,
    /// Humans' events accepted and not handled yet: sends hold while there are any.
    pub humans: usize,
    /// Outgoing messages about which the store is being asked: each may be a human's, so sends hold.
    pub strangers: usize,
    /// Outgoing messages that may be ours or a human's.
    pub undecided: Vec<Undecided>,
    /// Unfinished rows and some finished ones, in order.
    pub rows: Vec<OutboxRow>,
    /// Somebody dispatches rows.
    pub sending: bool,
    /// The next call has to wait for its right.
    pub short: bool,
    /// The permit of the row that was born dispatching.
    pub permit: Option<OwnedSemaphorePermit>,
    wake: Option<Time>,
    /// Further ids of the conversation that are surely in the store, or lead elsewhere there.
    names: HashSet<String>,
}

/// A place in the queue. It is taken when the event is numbered and filled when the event is on disk.
#[derive(Debug)]
pub struct Queued {
    /// The number.
    pub seq: Seq,
    /// The event, once stored.
    pub job: Option<Job>,
}

/// An event to handle.
#[derive(Clone, Debug)]
pub struct Job {
    /// The event.
    pub event: Arc<Event>,
    /// Its number.
    pub seq: Seq,
    /// When it was accepted.
    pub accepted_at: Time,
    /// Turns that failed on it.
    pub attempts: u32,
    /// It is on disk already.
    pub stored: bool,
    /// What its acceptance commits besides.
    pub also: Vec<Change>,
}

/// An outgoing message that may be ours or a human's.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// As stored.
    pub row: EventRow,
    /// Still undecided then, it is a human's.
    pub until: Time,
    /// The row it probably belongs to, by its text.
    pub claim: Option<RowKey>,
}

/// What an event finds at the lane's door.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nobody: it is handled at once, under this number.
    Free(Seq),
    /// Others: it has a place in the queue under this number.
    Queued(Seq),
    /// The first event of a new conversation, not committed yet: it has a place in the queue and waits for `freed`.
    Unborn(Seq),
    /// Too many others.
    Full,
}

impl Lane {
    /// A lane that is still to be loaded, or one of a conversation that nobody knows.
    pub fn new(id: ConversationId, account: Arc<Account>, fresh: bool) -> Self {
        let opened = if fresh { OnceCell::new_with(Some(())) } else { OnceCell::new() };
        Self { id, account, freed: Notify::new(), opened, used: AtomicU64::new(0), inner: Mutex::default() }
    }

    /// Load it, once.
    pub async fn open(self: &Arc<Self>, hub: &Hub) -> Stored<()> {
        let load = async || {
            // It may have been in memory before, and what was known then not be on disk yet.
            hub.flush_marks().await?;
            if let Some(loaded) = hub.store.load(&self.id).await? {
                let mut inner = self.lock();
                inner.take_up(loaded, hub.now());
                inner.queue.iter().for_each(|_| hub.count_pending(true));
            }
            Ok(())
        };
        self.opened.get_or_try_init(load).await.copied()
    }

    /// The memory. Never held over an await.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event arrives. It is numbered here: this is the order accepted. `most` may wait.
    pub fn enter(&self, human: bool, most: usize) -> Entry {
        let mut inner = self.lock();
        let busy = inner.turning || !inner.queue.is_empty();
        if inner.queue.len() >= most {
            return Entry::Full;
        }
        inner.humans += usize::from(human);
        let seq = inner.number();
        if busy {
            inner.queue.push_back(Queued { seq, job: None });
            return if inner.version == 0 { Entry::Unborn(seq) } else { Entry::Queued(seq) };
        }
        inner.turning = true;
        Entry::Free(seq)
    }

    /// Wait until the conversation is born. True: its first event came to nothing, and this one is the first now.
    pub async fn is_first(&self, seq: Seq) -> bool {
        loop {
            // Made before the look, so that an end in between is not missed.
            let freed = self.freed.notified();
            {
                let mut inner = self.lock();
                if inner.version > 0 {
                    return false;
                }
                if !inner.turning && inner.queue.front().is_some_and(|front| front.seq == seq) {
                    inner.queue.pop_front();
                    inner.turning = true;
                    return true;
                }
            }
            freed.await;
        }
    }

    /// Is it loaded?
    pub fn is_open(&self) -> bool {
        self.opened.initialized()
    }

    /// Nothing to do, nothing planned.
    pub fn is_idle(&self) -> bool {
        let inner = self.lock();
        let at_rest = !inner.turning && !inner.sending && inner.queue.is_empty() && inner.undecided.is_empty();
        // What is kept until the contact writes is on disk, and comes back to mind with their message.
        at_rest && inner.rows.iter().all(|row| row.state.lets_pass())
    }

    /// Are all these ids known to lead here?
    pub fn goes_by(&self, also: &[String]) -> bool {
        also.is_empty() || {
            let inner = self.lock();
            also.iter().all(|key| inner.names.contains(key))
        }
    }

    /// These ids are in the store. So many are kept in mind; others are found there again.
    pub fn note_names(&self, keys: impl IntoIterator<Item = String>) {
        let mut inner = self.lock();
        if inner.names.len() >= limits::NAMES_REMEMBERED {
            inner.names.clear();
        }
        inner.names.extend(keys);
    }

    /// Note that it is used.
    pub fn touch(&self, tick: u64) {
        self.used.store(tick, Ordering::Relaxed);
    }

    /// When it was last used, in ticks of the map.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Plan a wake; false when an earlier one is planned.
    pub fn plan_wake(&self, at: Time) -> bool {
        let mut inner = self.lock();
        let later = inner.wake.is_some_and(|planned| planned <= at);
        if !later {
            inner.wake = Some(at);
        }
        !later
    }

    /// The planned wake came.
    pub fn woken(&self) {
        self.lock().wake = None;
    }
}

impl Inner {
    /// The next number.
    pub fn number(&mut self) -> Seq {
        self.seq.0 += 1;
        self.seq
    }

    /// Sends hold while a human's event is accepted and not handled, and while an echo may be a human's.
    pub fn holds_sends(&self) -> bool {
        self.humans + self.strangers > 0 || self.undecided.iter().any(|one| one.claim.is_none())
    }

    /// The first row that is not finished: rows go strictly in order.
    pub fn head(&self) -> Option<&OutboxRow> {
        self.rows.iter().find(|row| !row.state.lets_pass())
    }

    /// How many rows wait to be sent or looked up.
    pub fn waiting(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.state, RowState::Waiting | RowState::Unknown)).count()
    }

    /// The row whose job may tell whose an undecided echo is, and when to look it up; a look that is due is counted.
    pub fn plan_naming(&mut self, now: Time) -> Option<(RowKey, Time)> {
        self.undecided.iter().find(|one| one.claim.is_none())?;
        let nameless = |row: &&mut OutboxRow| row.state == RowState::Sent && row.job.is_some() && row.message.is_none();
        let row = self.rows.iter_mut().find(nameless)?;
        // A sent row waits for nothing else.
        if row.called_at.is_none_or(|called| row.not_before <= called) {
            row.not_before = engine::next_look(row, now)?;
        }
        let at = row.not_before;
        if at <= now {
            row.looks += 1;
            row.not_before = engine::next_look(row, now).unwrap_or(now + limits::ECHO_PATIENCE);
        }
        Some((row.key.clone(), at))
    }

    /// The contact wrote: what was kept for them may go. The rows that changed.
    pub fn wake_queued(&mut self, now: Time) -> Vec<OutboxRow> {
        let queued = self.rows.iter_mut().filter(|row| row.state == RowState::Queued);
        let wake = |row: &mut OutboxRow| {
            (row.state, row.not_before) = (RowState::Waiting, now);
            row.clone()
        };
        queued.map(wake).collect()
    }

    /// A row.
    pub fn row_mut(&mut self, key: &RowKey) -> Option<&mut OutboxRow> {
        self.rows.iter_mut().find(|row| row.key == *key)
    }

    /// Add rows in their order.
    pub fn add_rows(&mut self, rows: Vec<OutboxRow>) {
        self.rows.extend(rows);
        let finished = self.rows.iter().filter(|row| row.state.is_final()).count();
        // Some at a time: what is left moves up in memory.
        if finished < limits::ROWS_REMEMBERED + limits::ROWS_FORGOTTEN {
            return;
        }
        let mut surplus = finished - limits::ROWS_REMEMBERED;
        self.rows.retain(|row| {
            let goes = surplus > 0 && row.state.is_final();
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// A row that is in the store alone comes back to mind, at its place.
    pub fn remember_row(&mut self, row: &OutboxRow) {
        if !self.rows.iter().any(|known| known.key == row.key) {
            let place = self.rows.partition_point(|known| known.key < row.key);
            self.rows.insert(place, row.clone());
        }
    }

    /// The event at the front of the queue, if it is on disk.
    pub fn ready(&self) -> Option<&Job> {
        self.queue.front().and_then(|queued| queued.job.as_ref())
    }

    /// What the store has.
    fn take_up(&mut self, loaded: Loaded, now: Time) {
        self.refresh(&loaded);
        for row in loaded.events {
            match row.state {
                // The rows it may belong to are looked up from now on, however long nobody did.
                EventState::Undecided => {
                    self.undecided.push(Undecided { row, until: now + limits::ECHO_PATIENCE, claim: None });
                }
                _ => self.requeue(Job {
                    event: row.event,
                    seq: row.seq,
                    accepted_at: row.accepted_at,
                    attempts: row.attempts,
                    stored: true,
                    also: Vec::new(),
                }),
            }
        }
        self.rows = loaded.rows;
        self.rows.iter_mut().filter(|row| row.state == RowState::Dispatching).for_each(|row| forget_call(row, now));
    }

    /// State, version and number as the store has them.
    pub fn refresh(&mut self, loaded: &Loaded) {
        self.state = Some(Arc::clone(&loaded.state));
        self.version = loaded.version;
        self.seq = self.seq.max(loaded.seq);
    }

    /// The contact changed in another conversation of theirs.
    pub fn learn(&mut self, contact: &Contact) {
        let Some(state) = self.state.as_deref().filter(|state| state.contact.id == contact.id) else { return };
        self.state = Some(Arc::new(State { contact: contact.clone(), ..state.clone() }));
    }

    /// A stored event waits again.
    pub fn requeue(&mut self, job: Job) {
        self.humans += usize::from(is_human(&job.event));
        self.queue.push_back(Queued { seq: job.seq, job: Some(job) });
    }
}

/// Does the bot fall silent by its acceptance?
pub fn is_human(event: &Event) -> bool {
    matches!(event.body, Body::Human(_) | Body::Assigned(Assigned::Them(_)))
}

/// The process ended while this row's call was under way, or about to be: nobody knows what came of it.
fn forget_call(row: &mut OutboxRow, now: Time) {
    let outcome = Outcome::Unknown { why: "the server was stopped during the call".into() };
    (row.state, row.not_before) = match engine::after_attempt(row, &outcome, now) {
        After::Again(at) => (RowState::Waiting, at),
        After::LookUp(at) => (RowState::Unknown, at),
        // The table of failures knows nothing else for an unknown outcome; looking it up is never wrong.
        _ => (RowState::Unknown, now),
    };
}
