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
    waiting: Mutex<Batch>,
    // Held over a flush: two flushes at once could overtake each other. In it the latest batch that is on disk.
    flushing: tokio::sync::Mutex<u64>,
    some: Notify,
}

/// Marks that go to the store together.
#[derive(Debug)]
struct Batch {
    number: u64,
    changes: HashMap<Key, Change>,
}

impl Default for Batch {
    fn default() -> Self {
        Self { number: 1, changes: HashMap::new() }
    }
}

impl Batch {
    /// The latest batch that anything was marked in.
    fn latest(&self) -> u64 {
        if self.changes.is_empty() { self.number - 1 } else { self.number }
    }

    fn take(&mut self) -> Self {
        // The next one will be about as large.
        let next = Self { number: self.number + 1, changes: HashMap::with_capacity(self.changes.len()) };
        std::mem::replace(self, next)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Row(RowKey),
    Event(ConversationId, Seq),
}

impl Marks {
    /// This is what became of the row; it is on disk 10 ms later.
    pub fn row(&self, row: OutboxRow) {
        self.put(Key::Row(row.key.clone()), Change::Mark(Box::new(row)));
    }

    /// The same of several rows, one of which is to do something else from now on: they reach the disk together.
    pub fn together(&self, rows: Vec<OutboxRow>) {
        let rows = rows.into_iter().map(|row| (Key::Row(row.key.clone()), Change::Row(Box::new(row))));
        self.lock().changes.extend(rows);
        self.some.notify_one();
    }

    /// The same of an event.
    pub fn event(&self, event: EventRow) {
        self.put(Key::Event(event.conversation.clone(), event.seq), Change::Event(Box::new(event)));
    }

    fn put(&self, key: Key, change: Change) {
        let waiting = &mut self.lock().changes;
        let first = waiting.is_empty();
        let change = after(waiting.get(&key), change);
        waiting.insert(key, change);
        if first {
            self.some.notify_one();
        }
    }

    /// What failed comes back, unless something newer waits by now.
    fn put_back(&self, changes: HashMap<Key, Change>) {
        let waiting = &mut self.lock().changes;
        for (key, older) in changes {
            let change = match waiting.remove(&key) {
                Some(newer) => after(Some(&older), newer),
                None => older,
            };
            waiting.insert(key, change);
        }
        self.some.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
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

    /// Bring all marks to disk. When it returns, what was marked before is there: another flush may have brought it in between.
    pub async fn flush_marks(&self) -> Stored<()> {
        let wanted = self.marks.lock().latest();
        let mut on_disk = self.marks.flushing.lock().await;
        if *on_disk >= wanted {
            return Ok(());
        }
        let Batch { number, changes: taken } = self.marks.lock().take();
        let unit = Unit { reads: Vec::new(), changes: taken.values().cloned().collect() };
        match self.commit_one(unit).await {
            Ok(_) => *on_disk = number,
            Err(error) => {
                self.marks.put_back(taken);
                return Err(error);
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_waits_for_the_batch_that_has_their_mark_and_for_no_later_one() {
        let key = |n| Key::Event(ConversationId::from("c"), Seq(n));
        let change = || Change::Tick { bot: "b".into(), schedule: "s".into(), at: crate::domain::Time(0) };
        let mut batch = Batch::default();
        assert_eq!(batch.latest(), 0, "nothing was marked yet");
        batch.changes.insert(key(1), change());
        assert_eq!(batch.latest(), 1);
        assert_eq!(batch.take().number, 1);
        assert_eq!(batch.latest(), 1, "what is on its way is waited for");
        batch.changes.insert(key(2), change());
        assert_eq!(batch.latest(), 2);
    }
}
