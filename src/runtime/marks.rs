//! Marks: what became of rows and of undecided events. They share commits, and all writes of a row after its birth go through here in order,
//! so that an older mark never lands on a newer one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tracing::warn;

use super::hub::Hub;
use super::limits;
use crate::domain::{Change, ConversationId, EventRow, OutboxRow, RowKey, Seq, Unit};
use crate::store::Stored;

/// Marks on their way to the store.
#[derive(Debug, Default)]
pub struct Marks {
    waiting: Mutex<HashMap<Key, Change>>,
    // Held over a flush: two flushes at once could overtake each other.
    flushing: tokio::sync::Mutex<()>,
    some: Notify,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Row(RowKey),
    Event(ConversationId, Seq),
}

impl Marks {
    /// This is what became of the row; it is on disk 10 ms later.
    pub fn row(&self, row: OutboxRow) {
        self.put(Key::Row(row.key.clone()), Change::Mark(row));
    }

    /// The same of several rows, one of which is to do something else from now on: they reach the disk together.
    pub fn together(&self, rows: Vec<OutboxRow>) {
        let mut waiting = self.lock();
        for row in rows {
            waiting.insert(Key::Row(row.key.clone()), Change::Row(row));
        }
        drop(waiting);
        self.some.notify_one();
    }

    /// The same of an event.
    pub fn event(&self, event: EventRow) {
        self.put(Key::Event(event.conversation.clone(), event.seq), Change::Event(event));
    }

    fn put(&self, key: Key, change: Change) {
        let mut waiting = self.lock();
        let first = waiting.is_empty();
        let change = after(waiting.get(&key), change);
        waiting.insert(key, change);
        drop(waiting);
        if first {
            self.some.notify_one();
        }
    }

    /// What failed comes back, unless something newer waits by now.
    fn put_back(&self, changes: HashMap<Key, Change>) {
        let mut waiting = self.lock();
        for (key, older) in changes {
            let change = match waiting.remove(&key) {
                Some(newer) => after(Some(&older), newer),
                None => older,
            };
            waiting.insert(key, change);
        }
        self.some.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Change>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newer of two changes, unless it would leave out what the older one brings: a mark alone does not say what was decided.
fn after(older: Option<&Change>, newer: Change) -> Change {
    match (older, newer) {
        (Some(Change::Row(_)), Change::Mark(row)) => Change::Row(row),
        (_, newer) => newer,
    }
}

impl Hub {
    /// Bring a row to disk now; returns when it is there. Rows of other lanes that come at the same time share the commit.
    pub async fn write_row(&self, row: OutboxRow) -> Stored<()> {
        self.marks.row(row);
        self.flush_marks().await
    }

    /// Bring all marks to disk. When it returns, what was marked before is there.
    pub async fn flush_marks(&self) -> Stored<()> {
        let _flushing = self.marks.flushing.lock().await;
        let taken = std::mem::take(&mut *self.marks.lock());
        if taken.is_empty() {
            return Ok(());
        }
        let unit = Unit { reads: Vec::new(), changes: taken.values().cloned().collect() };
        let result = self.commit_one(unit).await;
        if result.is_err() {
            self.marks.put_back(taken);
        }
        result.map(drop)
    }

    /// Flush marks for ever, each 10 ms old at most.
    pub async fn keep_marks(self: Arc<Self>) {
        loop {
            self.marks.some.notified().await;
            tokio::time::sleep(limits::MARKS_WAIT).await;
            if let Err(error) = self.flush_marks().await {
                warn!(%error, "marks of sends wait for the store");
                tokio::time::sleep(std::time::Duration::from_millis(limits::STORE_PAUSE.0 as u64)).await;
            }
        }
    }
}
