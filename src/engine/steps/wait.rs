//! `wait`: for a time, or for a human.

use super::{Run, Step, nameless};
use crate::bot::{Argument, Block, KeyDoc, Node, Problem, StepReader, StepType};
use crate::domain::Span;
use crate::engine::Core;
use crate::engine::question::block;
use crate::engine::turn::{Control, For, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "wait",
    doc: "Wait for a time (`5m`), or for a human's message (`human_replied`). Messages of the contact are handled meanwhile as if nothing waited.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "timeout", doc: "With `human_replied`: how long at most." },
        KeyDoc { name: "on_timeout", doc: "With `timeout`: steps when no human came. Then the flow goes on." },
    ],
    example: "- wait: 5m\n- say: Still there?\n- wait: human_replied\n  timeout: 10m\n  on_timeout:\n    - say: Everyone is busy.\n",
    waits: true,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
enum Wait {
    Time(Span),
    Human { timeout: Option<Span>, on_timeout: Block },
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let argument = r.argument()?;
    if argument.scalar() == Some("human_replied") {
        let timeout = r.key("timeout").and_then(|node| r.span(&node));
        let on_timeout = block(r, "on_timeout");
        return Some(Box::new(Wait::Human { timeout, on_timeout }));
    }
    needless(r, r.key("timeout").or(r.key("on_timeout")));
    // No duration begins so: the word was meant.
    if argument.scalar().is_some_and(|text| text.starts_with("human")) {
        r.word(&argument, &[("human_replied", ())]);
        return None;
    }
    let span = r.span(&argument)?;
    Some(Box::new(Wait::Time(span)))
}

fn needless(r: &mut StepReader<'_, Core>, node: Option<Node>) {
    if let Some(node) = node {
        let problem = Problem::error("needless-key", &node.at, "`wait` for a time has no time-out");
        r.report(problem.help("it goes with `wait: human_replied`"));
    }
}

impl Run for Wait {
    fn run(&self, _t: &mut Turning<'_>) -> Control {
        match self {
            Self::Time(span) => Control::Wait(For::Time, Some(*span)),
            Self::Human { timeout, .. } => Control::Wait(For::HumanReplied, *timeout),
        }
    }

    fn timeout(&self, _t: &mut Turning<'_>) -> Control {
        match self {
            Self::Time(_) => Control::Next,
            Self::Human { on_timeout, .. } => Control::Enter(*on_timeout),
        }
    }
}
