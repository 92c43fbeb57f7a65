//! The sandbox's time: the system's, or one that whoever tries a bot out may move on, so that nobody waits for a reminder.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// The longest step that is taken at once, in milliseconds: a year. A typing error should not end at the end of the calendar.
const LONGEST_STEP: u64 = 366 * 24 * 3600 * 1000;

/// A clock; its clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
    kind: Kind,
}

/// Whose time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The system's: others live by it, too.
    System,
    /// The sandbox's own.
    Own,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self { ahead_ms: Arc::default(), kind: Kind::System }
    }

    /// A clock that can be moved on. It begins with the system's time, or then.
    pub fn own(begin: Option<DateTime<Utc>>) -> Self {
        let ahead = begin.map_or(TimeDelta::zero(), |begin| begin - Utc::now());
        Self { ahead_ms: Arc::new(AtomicI64::new(ahead.num_milliseconds())), kind: Kind::Own }
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        let ahead = TimeDelta::milliseconds(self.ahead_ms.load(Ordering::Relaxed));
        now.checked_add_signed(ahead).unwrap_or(now)
    }

    /// Can it be moved?
    pub fn is_own(&self) -> bool {
        self.kind == Kind::Own
    }

    /// Let so many milliseconds pass. Time never goes back.
    pub fn pass(&self, milliseconds: u64) -> Result<(), &'static str> {
        if !self.is_own() {
            return Err("the server's other accounts live by this clock, too: only a demo's can be moved");
        }
        if milliseconds > LONGEST_STEP {
            return Err("a year at most at once");
        }
        self.ahead_ms.fetch_add(milliseconds.cast_signed(), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_moved_on() {
        let begin = DateTime::from_timestamp(1_772_445_600, 0);
        let clock = Clock::own(begin);
        let shown = clock.clone();
        assert_eq!(clock.pass(90_000), Ok(()));
        let passed = shown.now() - begin.unwrap();
        assert!((90..100).contains(&passed.num_seconds()), "{passed}");
        assert!(clock.pass(u64::MAX).is_err() && Clock::system().pass(1).is_err());
    }
}
