//! `wait`: for a time, until a moment, or for a human.

use super::{Run, Step, nameless};
use crate::bot::{Argument, Block, CalendarRef, KeyDoc, Node, Problem, StepReader, StepType, ValueExpr};
use crate::domain::{Span, Time, Value};
use crate::engine::Core;
use crate::engine::question::block;
use crate::engine::turn::{Control, For, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "wait",
    doc: "Wait for a time (`5m`), until a moment, or for a human's message (`human_replied`). Messages of the contact are handled meanwhile as if nothing waited.",
    argument: Argument::Optional,
    keys: &[
        KeyDoc {
            name: "until",
            doc: "Instead of a time: `open` (the bot's hours), `delivery.open` (a calendar of that name), or a time, `\"{{ visit }}\"`.",
        },
        KeyDoc { name: "timeout", doc: "With `human_replied`: how long at most." },
        KeyDoc { name: "on_timeout", doc: "With `timeout`: steps when no human came. Then the flow goes on." },
    ],
    example: "- wait: 5m\n- say: Still there?\n- wait: human_replied\n  timeout: 10m\n  on_timeout:\n    - say: Everyone is busy.\n- wait:\n  until: open\n- say: We are open.\n",
    waits: true,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
enum Wait {
    Time(Span),
    Open(CalendarRef),
    Moment(ValueExpr),
    Human { timeout: Option<Span>, on_timeout: Block },
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    match (r.argument(), r.key("until")) {
        (Some(argument), None) => for_what(r, &argument),
        (None, Some(until)) => {
            needless(r, r.key("timeout").or(r.key("on_timeout")));
            until_when(r, &until)
        }
        (Some(_), Some(until)) => {
            let problem = Problem::error("needless-key", &until.at, "`wait` for a time has no `until`");
            r.report(problem.help("write `wait: 5m`, or `wait:` with `until` beside it"));
            None
        }
        (None, None) => {
            let problem =
                Problem::error("missing-argument", &r.at(), "`wait` needs a time, `human_replied` or `until`");
            r.report(problem.help("`wait: 5m`, or `wait:` with `until: open` beside it"));
            None
        }
    }
}

fn for_what(r: &mut StepReader<'_, Core>, argument: &Node) -> Option<Step> {
    if argument.scalar() == Some("human_replied") {
        let timeout = r.key("timeout").and_then(|node| r.span(&node));
        let on_timeout = block(r, "on_timeout");
        return Some(Box::new(Wait::Human { timeout, on_timeout }));
    }
    needless(r, r.key("timeout").or(r.key("on_timeout")));
    // No duration begins so: the word was meant.
    if argument.scalar().is_some_and(|text| text.starts_with("human")) {
        r.word(argument, &[("human_replied", ())]);
        return None;
    }
    let span = r.span(argument)?;
    Some(Box::new(Wait::Time(span)))
}

fn until_when(r: &mut StepReader<'_, Core>, until: &Node) -> Option<Step> {
    if until.scalar().is_some_and(|text| text.contains("{{")) {
        return Some(Box::new(Wait::Moment(r.value(until)?)));
    }
    Some(Box::new(Wait::Open(r.opening(until)?)))
}

fn needless(r: &mut StepReader<'_, Core>, node: Option<Node>) {
    if let Some(node) = node {
        let problem = Problem::error("needless-key", &node.at, "`wait` for a time has no time-out");
        r.report(problem.help("it goes with `wait: human_replied`"));
    }
}

impl Run for Wait {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        match self {
            Self::Time(span) => Control::Wait(For::Time, Some(*span)),
            Self::Human { timeout, .. } => Control::Wait(For::HumanReplied, *timeout),
            Self::Open(calendar) => until_open(t, calendar),
            Self::Moment(moment) => until_moment(t, moment),
        }
    }

    fn timeout(&self, _t: &mut Turning<'_>) -> Control {
        match self {
            Self::Time(_) | Self::Open(_) | Self::Moment(_) => Control::Next,
            Self::Human { on_timeout, .. } => Control::Enter(*on_timeout),
        }
    }
}

fn until_open(t: &mut Turning<'_>, calendar: &CalendarRef) -> Control {
    let Some(calendar) = t.calendar(calendar) else { return Control::Next };
    if calendar.open(t.now()) {
        return Control::Next;
    }
    let Some(at) = calendar.next_open(t.now()) else {
        t.error("never open within a year: the flow goes on at once");
        return Control::Next;
    };
    until(t, at)
}

fn until_moment(t: &mut Turning<'_>, moment: &ValueExpr) -> Control {
    let Value::Time(at) = t.value(moment) else {
        t.error("`until` is no time: the flow goes on at once");
        return Control::Next;
    };
    until(t, at)
}

/// A time that is past is not waited for.
fn until(t: &Turning<'_>, at: Time) -> Control {
    let left = at.since(t.now());
    if left.0 > 0 { Control::Wait(For::Time, Some(left)) } else { Control::Next }
}
