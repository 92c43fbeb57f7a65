//! How often a dialect lets itself be called: sliding counts, by name.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// When calls were taken, by the limit's name.
#[derive(Debug, Default)]
pub(super) struct Limits {
    taken: BTreeMap<&'static str, VecDeque<Instant>>,
    ahead: Duration,
}

impl Limits {
    /// Put their clock forward.
    pub(super) fn forward(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// One more call, `most` of which are taken `within` so long, for each of the bounds. Refused: how long to wait.
    pub(super) fn take(
        &mut self,
        name: &'static str,
        bounds: &[(usize, Duration)],
        now: Instant,
    ) -> Result<(), Duration> {
        let now = now + self.ahead;
        let taken = self.taken.entry(name).or_default();
        let longest = bounds.iter().map(|(_, within)| *within).max().unwrap_or_default();
        while taken.front().is_some_and(|at| now.duration_since(*at) >= longest) {
            taken.pop_front();
        }
        for (most, within) in bounds {
            let mut recent = taken.iter().filter(|at| now.duration_since(**at) < *within);
            let oldest = recent.next().copied();
            if let (Some(oldest), true) = (oldest, recent.count() + 1 >= *most) {
                return Err(within.saturating_sub(now.duration_since(oldest)));
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
        let (mut limits, start) = (Limits::default(), Instant::now());
        let bounds = [(2, Duration::from_secs(1)), (3, Duration::from_mins(1))];
        let mut take = |ms: u64| limits.take("x", &bounds, start + Duration::from_millis(ms));
        assert_eq!(take(0), Ok(()));
        assert_eq!(take(100), Ok(()));
        assert_eq!(take(500), Err(Duration::from_millis(500)));
        assert_eq!(take(1000), Ok(()));
        assert_eq!(take(5000), Err(Duration::from_secs(55)));
        assert_eq!(take(60_000), Ok(()));
        limits.forward(Duration::from_mins(1));
        assert_eq!(limits.take("x", &bounds, start + Duration::from_mins(1)), Ok(()));
    }
}
