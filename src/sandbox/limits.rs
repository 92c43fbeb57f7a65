//! How often a dialect lets itself be called: sliding counts, by name.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

/// Names that are counted at most; the first of them are forgotten.
const MOST_NAMES: usize = 10_000;

/// When calls were taken, by the limit's name.
#[derive(Debug, Default)]
pub(super) struct Limits {
    taken: BTreeMap<String, VecDeque<DateTime<Utc>>>,
}

impl Limits {
    /// One more call, `most` of which are taken `within` so long, for each of the bounds. Refused: how long to wait.
    pub(super) fn take(
        &mut self,
        name: &str,
        bounds: &[(usize, TimeDelta)],
        now: DateTime<Utc>,
    ) -> Result<(), TimeDelta> {
        if self.taken.len() >= MOST_NAMES {
            self.taken.pop_first();
        }
        let taken = self.taken.entry(name.to_owned()).or_default();
        let longest = bounds.iter().map(|(_, within)| *within).max().unwrap_or_default();
        while taken.front().is_some_and(|at| now - *at >= longest) {
            taken.pop_front();
        }
        for (most, within) in bounds {
            let mut recent = taken.iter().filter(|at| now - **at < *within);
            let oldest = recent.next().copied();
            if let (Some(oldest), true) = (oldest, recent.count() + 1 >= *most) {
                return Err(*within - (now - oldest));
            }
        }
        taken.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted() {
        let (mut limits, start) = (Limits::default(), DateTime::UNIX_EPOCH);
        let bounds = [(2, TimeDelta::seconds(1)), (3, TimeDelta::minutes(1))];
        let mut take = |ms: i64| limits.take("x", &bounds, start + TimeDelta::milliseconds(ms));
        assert_eq!(take(0), Ok(()));
        assert_eq!(take(100), Ok(()));
        assert_eq!(take(500), Err(TimeDelta::milliseconds(500)));
        assert_eq!(take(1000), Ok(()));
        assert_eq!(take(5000), Err(TimeDelta::seconds(55)));
        assert_eq!(take(60_000), Ok(()));
        assert_eq!(take(120_000), Ok(()));
    }
}
