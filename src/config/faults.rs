//! Faults on demand of an emulated provider: what it does wrong with calls and with webhooks.

use std::time::Duration;

use serde::Deserialize;

use super::{Content, Keys, Node, Problem, closed};
use crate::domain::Span;

/// Most faults of one list: more than any script asks for.
pub const MOST_FAULTS: usize = 1000;
/// Longest delay of a fault: longer than anybody's time-out.
const LONGEST_DELAY: Duration = Duration::from_mins(10);
/// What a fault may be, for people.
const FAULTS: &str = "a status like `503` or `429:7`, `500_after`, `inside:503`, `break_before`, `break_after`, `slow:MS`, `slow_after:MS`, `garbage` or \
                      `not_delivered:REASON`";
/// The keys below `faults`.
const KEYS: &[&str] = &["next", "standing", "every", "webhooks"];

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `503`, `429:7` (with `Retry-After`): answered so, nothing done.
    Status {
        /// The status of HTTP.
        code: u16,
        /// Seconds to wait.
        retry_after: Option<u64>,
    },
    /// `inside:503`: answered 200, with the body of that refusal; nothing done.
    Inside(u16),
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
    pub fn read(text: &str) -> Option<Self> {
        let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
        let delay = || Some(Duration::from_millis(argument?.parse().ok()?).min(LONGEST_DELAY));
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (400..=599).contains(code));
        match name {
            "inside" => argument.and_then(code).map(Self::Inside),
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

/// What goes wrong with webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trouble {
    /// Each comes twice.
    pub duplicates: bool,
    /// Every second one is overtaken by the next.
    pub disorder: bool,
    /// Each comes so much later.
    pub delay_ms: u64,
}

/// What an account of the sandbox does wrong from its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// One a send, in order.
    pub next: Vec<Fault>,
    /// With every call.
    pub standing: Option<Fault>,
    /// With every so many sends.
    pub every: Vec<(u64, Fault)>,
    /// With webhooks.
    pub webhooks: Trouble,
}

/// Read `faults`.
pub(super) fn plan(keys: &mut Keys<'_>, node: &Node, problems: &mut Vec<Problem>) -> FaultPlan {
    closed(node, KEYS, problems);
    let next = node.get("next").map(Node::one_or_many).unwrap_or_default();
    let every = below(keys, node, "every", "every: {5: \"429:1\"}").map(Node::entries).unwrap_or_default();
    let webhooks = below(keys, node, "webhooks", "webhooks: {delay: 2s}");
    FaultPlan {
        next: next.iter().take(MOST_FAULTS).filter_map(|node| fault(keys, node)).collect(),
        standing: node.get("standing").and_then(|node| fault(keys, node)),
        every: every
            .iter()
            .take(MOST_FAULTS)
            .filter_map(|(key, node)| {
                let nth = key.text.parse().ok().filter(|nth| *nth > 0);
                if nth.is_none() {
                    keys.wrong(&key.at, "`every` counts sends", "write `every: {5: \"429:1\"}` for each fifth");
                }
                Some((nth?, fault(keys, node)?))
            })
            .collect(),
        webhooks: webhooks.map(|node| trouble(node, problems)).unwrap_or_default(),
    }
}

/// A mapping within, or a problem.
fn below<'a>(keys: &mut Keys<'_>, node: &'a Node, key: &str, shape: &str) -> Option<&'a Node> {
    let inner = node.get(key)?;
    let is_mapping = matches!(inner.content, Content::Map(_));
    if !is_mapping {
        keys.wrong(&inner.at, format!("`{key}` must be a mapping"), format!("write `{shape}`"));
    }
    is_mapping.then_some(inner)
}

fn fault(keys: &mut Keys<'_>, node: &Node) -> Option<Fault> {
    let read = node.scalar().and_then(Fault::read);
    if read.is_none() {
        keys.wrong(&node.at, "this is no fault", format!("write {FAULTS}"));
    }
    read
}

fn trouble(node: &Node, problems: &mut Vec<Problem>) -> Trouble {
    closed(node, &["duplicates", "disorder", "delay"], problems);
    let mut keys = Keys::new(node, "`webhooks`");
    let trouble = Trouble {
        duplicates: keys.flag("duplicates").unwrap_or_default(),
        disorder: keys.flag("disorder").unwrap_or_default(),
        delay_ms: keys
            .read("delay", "a duration like `2s`", |text| text.parse::<Span>().ok())
            .map_or(0, |span| span.0.max(0).cast_unsigned()),
    };
    problems.extend(keys.into_problems());
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read() {
        let cases = [
            ("503", Some(Fault::Status { code: 503, retry_after: None })),
            ("429:7", Some(Fault::Status { code: 429, retry_after: Some(7) })),
            ("500_after", Some(Fault::StatusAfter(500))),
            ("inside:503", Some(Fault::Inside(503))),
            ("inside", None),
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
