//! Faults on demand: what the emulated provider does wrong with the next calls, or with all of them until told otherwise.

use std::collections::VecDeque;

use serde::Deserialize;

use crate::config::{Fault, FaultPlan, MOST_FAULTS, Trouble};

/// What was asked for over HTTP. Each part that is given replaces what stood.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    /// One a call, in order.
    pub(super) next: Option<Vec<String>>,
    /// For every call until told otherwise; `""` ends it.
    pub(super) standing: Option<String>,
    /// `send` (messages and templates; so unless given) or `any` call takes from `next`.
    pub(super) of: Option<Of>,
    /// Every so many sends, this fault; an empty list ends it. It goes after `next`.
    pub(super) every: Option<Vec<Every>>,
    /// What goes wrong with webhooks.
    pub(super) webhooks: Option<Trouble>,
    /// From now on calls must bring this token.
    pub(super) token: Option<String>,
}

/// A fault that comes round.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Every {
    /// Of so many sends, the last.
    nth: u64,
    fault: String,
}

/// Which calls take a queued fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Of {
    #[default]
    Send,
    Any,
}

/// The faults to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    next: VecDeque<Fault>,
    standing: Option<Fault>,
    every: Vec<(u64, Fault)>,
    sends: u64,
    of: Of,
}

impl Faults {
    /// Those of the configuration.
    pub(super) fn planned(plan: &FaultPlan) -> Self {
        let FaultPlan { next, standing, every, .. } = plan.clone();
        Self { next: next.into(), standing, every, ..Self::default() }
    }

    /// Take a wish up; the fault that could not be read otherwise.
    pub(super) fn set(&mut self, wish: &Wish) -> Result<(), String> {
        let read = |text: &String| Fault::read(text).ok_or_else(|| text.clone());
        if let Some(next) = &wish.next {
            self.next = next.iter().take(MOST_FAULTS).map(read).collect::<Result<_, _>>()?;
        }
        match wish.standing.as_ref() {
            Some(none) if none.is_empty() => self.standing = None,
            Some(text) => self.standing = Some(read(text)?),
            None => {}
        }
        if let Some(every) = &wish.every {
            let one = |every: &Every| Ok((every.nth.max(1), read(&every.fault)?));
            self.every = every.iter().take(MOST_FAULTS).map(one).collect::<Result<_, String>>()?;
            self.sends = 0;
        }
        self.of = wish.of.unwrap_or_default();
        Ok(())
    }

    /// The fault of a call.
    pub(super) fn take(&mut self, is_send: bool) -> Option<Fault> {
        self.sends += u64::from(is_send);
        match (&self.standing, is_send || self.of == Of::Any) {
            (Some(fault), _) => Some(fault.clone()),
            (None, true) => self.next.pop_front().or_else(|| self.comes_round(is_send)),
            (None, false) => None,
        }
    }

    fn comes_round(&self, is_send: bool) -> Option<Fault> {
        let due = |(nth, _): &&(u64, Fault)| is_send && self.sends.is_multiple_of(*nth);
        self.every.iter().find(due).map(|(_, fault)| fault.clone())
    }

    /// How many are queued.
    pub(super) fn left(&self) -> usize {
        self.next.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_round() {
        let mut faults = Faults::default();
        let wish = |json: &str| serde_json::from_str::<Wish>(json).unwrap();
        faults.set(&wish(r#"{"every": [{"nth": 3, "fault": "429:1"}], "next": ["503"]}"#)).unwrap();
        let limited = Some(Fault::Status { code: 429, retry_after: Some(1) });
        assert_eq!(faults.take(true), Some(Fault::Status { code: 503, retry_after: None }));
        assert_eq!((faults.take(true), faults.take(false), faults.take(true)), (None, None, limited));
        faults.set(&wish(r#"{"every": []}"#)).unwrap();
        assert!((0..9).all(|_| faults.take(true).is_none()));
        assert!(faults.set(&wish(r#"{"every": [{"nth": 1, "fault": "flood"}]}"#)).is_err());
    }
}
