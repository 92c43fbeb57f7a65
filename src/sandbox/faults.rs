//! Faults on demand: what the emulated provider does wrong with the next calls, or with all of them until told otherwise.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;

/// Most faults queued: more than any script asks for.
const MOST_QUEUED: usize = 1000;
/// Longest delay of a fault: longer than anybody's time-out.
const LONGEST_DELAY: Duration = Duration::from_mins(10);

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// `503`, `429:7` (with `Retry-After`): answered so, nothing done.
    Status { code: u16, retry_after: Option<u64> },
    /// `500_after`: done, then answered so.
    StatusAfter(u16),
    /// `break_before`: the connection breaks, nothing done.
    BreakBefore,
    /// `break_after`: done, then the connection breaks.
    BreakAfter,
    /// `slow:MS`: done and answered after so long.
    Slow(Duration),
    /// `slow_after:MS`: done at once, answered after so long.
    SlowAfter(Duration),
    /// `garbage`: done, then answered 200 with a page of HTML.
    Garbage,
    /// `not_delivered:REASON`: taken, but its job fails.
    NotDelivered(String),
}

impl Fault {
    /// Read one; `None` for what is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
        let delay = || Some(Duration::from_millis(argument?.parse().ok()?).min(LONGEST_DELAY));
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (400..=599).contains(code));
        match name {
            "break_before" => Some(Self::BreakBefore),
            "break_after" => Some(Self::BreakAfter),
            "slow" => delay().map(Self::Slow),
            "slow_after" => delay().map(Self::SlowAfter),
            "garbage" => Some(Self::Garbage),
            "not_delivered" => Some(Self::NotDelivered(argument.unwrap_or("rejected by the messenger").to_owned())),
            _ => match name.strip_suffix("_after") {
                Some(name) => code(name).map(Self::StatusAfter),
                None => code(name)
                    .map(|code| Self::Status { code, retry_after: argument.and_then(|text| text.parse().ok()) }),
            },
        }
    }
}

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

/// What goes wrong with webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Trouble {
    /// Each comes twice.
    pub(super) duplicates: bool,
    /// Every second one is overtaken by the next.
    pub(super) disorder: bool,
    /// Each comes so much later.
    pub(super) delay_ms: u64,
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
    /// Take a wish up; the fault that could not be read otherwise.
    pub(super) fn set(&mut self, wish: &Wish) -> Result<(), String> {
        let read = |text: &String| Fault::read(text).ok_or_else(|| text.clone());
        if let Some(next) = &wish.next {
            self.next = next.iter().take(MOST_QUEUED).map(read).collect::<Result<_, _>>()?;
        }
        match wish.standing.as_ref() {
            Some(none) if none.is_empty() => self.standing = None,
            Some(text) => self.standing = Some(read(text)?),
            None => {}
        }
        if let Some(every) = &wish.every {
            let one = |every: &Every| Ok((every.nth.max(1), read(&every.fault)?));
            self.every = every.iter().take(MOST_QUEUED).map(one).collect::<Result<_, String>>()?;
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

    #[test]
    fn faults_are_read() {
        let cases = [
            ("503", Some(Fault::Status { code: 503, retry_after: None })),
            ("429:7", Some(Fault::Status { code: 429, retry_after: Some(7) })),
            ("500_after", Some(Fault::StatusAfter(500))),
            ("break_before", Some(Fault::BreakBefore)),
            ("break_after", Some(Fault::BreakAfter)),
            ("slow:20", Some(Fault::Slow(Duration::from_millis(20)))),
            ("slow_after:20", Some(Fault::SlowAfter(Duration::from_millis(20)))),
            ("slow:99999999999", Some(Fault::Slow(LONGEST_DELAY))),
            ("garbage", Some(Fault::Garbage)),
            ("not_delivered:131047", Some(Fault::NotDelivered("131047".into()))),
            ("slow", None),
            ("200", None),
            ("flood", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(Fault::read(text), want, "{text}");
        }
    }
}
