//! Whether the event loop has run out of work: then nobody is about to bring the writer more, and waiting for them would be waiting for nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Told by the event loop's threads, asked by the writer while a group gathers.
#[derive(Debug, Default)]
pub struct Idle {
    resting: AtomicBool,
    /// Somebody waits to be told. Kept apart, so that a thread that rests costs no lock while nobody does.
    is_asked: AtomicBool,
    asking: Mutex<()>,
    told: Condvar,
}

impl Idle {
    /// A thread of the event loop has nothing to do.
    pub fn rest(&self) {
        self.resting.store(true, Ordering::SeqCst);
        if self.is_asked.load(Ordering::SeqCst) {
            // Taken so that the writer is either before its look or asleep.
            drop(self.asking.lock().unwrap_or_else(PoisonError::into_inner));
            self.told.notify_one();
        }
    }

    /// It goes on.
    pub fn work(&self) {
        self.resting.store(false, Ordering::SeqCst);
    }

    /// Wait until the event loop is idle, for so long at most. True when it is.
    pub(super) fn within(&self, most: Duration) -> bool {
        self.is_asked.store(true, Ordering::SeqCst);
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = |(): &mut ()| !self.resting.load(Ordering::SeqCst);
        let waited = self.told.wait_timeout_while(asking, most, busy);
        self.is_asked.store(false, Ordering::SeqCst);
        waited.is_ok_and(|(_, ended)| !ended.timed_out())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_rest_ends_the_wait_also_one_that_came_before_it() {
        let idle = Arc::new(Idle::default());
        let begun = Instant::now();
        let waiting = std::thread::spawn({
            let idle = Arc::clone(&idle);
            move || idle.within(LONG)
        });
        idle.rest();
        assert!(waiting.join().unwrap());
        assert!(idle.within(LONG));
        assert!(begun.elapsed() < LONG);
    }

    #[test]
    fn while_there_is_work_the_wait_lasts() {
        let idle = Idle::default();
        idle.rest();
        idle.work();
        assert!(!idle.within(Duration::from_millis(1)));
    }
}
