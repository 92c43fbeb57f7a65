//! Which lane to wake when: retries, look-ups, echoes that nobody decided. One heap, one task.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::hub::Hub;
use super::lane::Lane;
use super::limits;
use crate::domain::Time;

/// Lanes by the time they want to be woken.
#[derive(Debug, Default)]
pub struct Agenda {
    heap: Mutex<BinaryHeap<Entry>>,
    earlier: Notify,
}

#[derive(Debug)]
struct Entry(Reverse<Time>, Arc<Lane>);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Agenda {
    /// Wake this lane then.
    pub fn add(&self, at: Time, lane: &Arc<Lane>) {
        // An earlier wake plans the later one when it comes.
        if !lane.plan_wake(at) {
            return;
        }
        let mut heap = self.lock();
        let first = heap.peek().is_none_or(|entry| at < entry.0.0);
        heap.push(Entry(Reverse(at), Arc::clone(lane)));
        drop(heap);
        if first {
            self.earlier.notify_one();
        }
    }

    fn next(&self) -> Option<Time> {
        self.lock().peek().map(|entry| entry.0.0)
    }

    fn due(&self, now: Time) -> Vec<Arc<Lane>> {
        let mut heap = self.lock();
        let mut due = Vec::new();
        while heap.peek().is_some_and(|entry| entry.0.0 <= now) {
            due.extend(heap.pop().map(|entry| entry.1));
        }
        due
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Entry>> {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Wake lanes for ever.
    pub async fn keep_agenda(self: Arc<Self>) {
        loop {
            let pause = self.agenda.next().map_or(limits::CLOCK_STEP, |at| self.clock.until(at));
            let _ = tokio::time::timeout(pause.min(limits::CLOCK_STEP), self.agenda.earlier.notified()).await;
            for lane in self.agenda.due(self.now()) {
                lane.woken();
                self.wake(&lane);
            }
        }
    }

    /// Look at all that may have come due in a lane.
    pub fn wake(self: &Arc<Self>, lane: &Arc<Lane>) {
        self.settle_undecided(lane);
        self.pump_events(lane);
        self.pump_sends(lane);
    }
}
