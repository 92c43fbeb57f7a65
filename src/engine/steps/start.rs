//! `start`: a flow later, as a run of its own.

use chrono_tz::Tz;

use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, Node, Problem, StepReader, StepType, ValueExpr};
use crate::domain::{FlowName, Span, Time, TraceKind, Vars, wall};
use crate::engine::Core;
use crate::engine::show::shown;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "start",
    doc: "Start a flow later, as a run of its own: `in` a time, or `at` a point of time. Without either it starts at the end of the turn. A point \
          that is past starts nothing. While people have the conversation it waits, or does as the flow's `when_people` says.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "in", doc: "After so long." },
        KeyDoc {
            name: "at",
            doc: "At that point of time: a variable that holds one, or `2026-03-10 15:00` in the bot's zone.",
        },
        KeyDoc { name: "before", doc: "With `at`: so long before it." },
        KeyDoc { name: "after", doc: "With `at`: so long after it." },
        KeyDoc { name: "with", doc: "Variables that the flow begins with." },
        KeyDoc {
            name: "id",
            doc: "A name for it: a new start of the flow with the same one replaces it, `cancel` can name it.",
        },
    ],
    example: "- ask: visit\n  text: How many days before?\n  kind: integer\n- start: example\n  in: 24h\n  with: {visits: \"{{ visit }}\"}\n  id: visit\n- \
              note: \"{{ visits }}\"\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Start {
    flow: FlowName,
    when: When,
    with: Vec<(String, ValueExpr)>,
    id: Option<ValueExpr>,
}

#[derive(Debug)]
enum When {
    In(Span),
    At { time: ValueExpr, shift: Span },
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let flow = r.argument().and_then(|node| r.flow_later(&node));
    let when = when(r);
    let with = r.key("with").map_or(Some(Vec::new()), |node| variables(r, &node));
    let id = r.key("id").map(|node| r.value(&node));
    let id = if let Some(id) = id { Some(id?) } else { None };
    Some(Box::new(Start { flow: flow?, when: when?, with: with?, id }))
}

fn when(r: &mut StepReader<'_, Core>) -> Option<When> {
    let Some(at) = r.key("at") else {
        if let Some(node) = r.key("before").or(r.key("after")) {
            r.report(
                Problem::error("needless-key", &node.at, "there is no `at` that this is counted from")
                    .help("write beside it from when: `at: \"{{ visit }}\"`; so long from now is `in: 24h`"),
            );
        }
        let span = r.key("in").map(|node| r.span(&node));
        return Some(When::In(if let Some(span) = span { span? } else { Span(0) }));
    };
    if let Some(node) = r.key("in") {
        r.report(
            Problem::error("needless-key", &node.at, "`start` has `in` or `at`, not both").help("delete one of them"),
        );
    }
    let (before, after) = (r.key("before").map(|node| r.span(&node)), r.key("after").map(|node| r.span(&node)));
    let shift = match (before, after) {
        (Some(Some(before)), None) => Span(-before.0),
        (None, Some(Some(after))) => after,
        (None, None) => Span(0),
        (Some(_), Some(_)) => {
            r.report(
                Problem::error("needless-key", &at.at, "`start` has `before` or `after`, not both")
                    .help("delete one of them"),
            );
            return None;
        }
        _ => return None,
    };
    let time = r.value(&at)?;
    if let ValueExpr::Literal(value) = &time
        && wall::named(value, Tz::UTC).is_none()
    {
        let problem = Problem::error("bad-time", &at.at, "this is no point of time");
        r.report(problem.help("name a variable that holds one, `\"{{ visit }}\"`, or write `2026-03-10 15:00`"));
        return None;
    }
    Some(When::At { time, shift })
}

fn variables(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Vec<(String, ValueExpr)>> {
    if node.entries().is_empty() {
        r.report(
            Problem::error("wrong-type", &node.at, "`with` is a mapping: `with: {name: value}`")
                .help("write each variable with its value: `with: {visit: \"{{ visit }}\"}`"),
        );
        return None;
    }
    let read: Vec<_> =
        node.entries().iter().map(|(key, value)| (r.sets_name(&key.text, &key.at), r.value(value))).collect();
    read.into_iter().map(|(name, value)| Some((name?, value?))).collect()
}

impl Run for Start {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let with: Vars = self.with.iter().map(|(name, value)| (name.clone(), t.value(value))).collect();
        let id = self.id.as_ref().map(|id| {
            let id = t.value(id);
            shown(&id, t.zone())
        });
        let due = match &self.when {
            When::In(span) => Some(t.now() + *span),
            When::At { time, shift } => due(t, time, *shift),
        };
        match due {
            Some(due) if due < t.now() => {
                // The old one of this id would still speak of a time that does not hold any more.
                if id.is_some() {
                    t.cancel_starts(&self.flow, id.as_deref());
                }
                t.trace(TraceKind::Step, format!("{} is not started: {due} is past", self.flow));
            }
            Some(due) => {
                t.trace(TraceKind::Step, format!("{} starts at {due}", self.flow));
                t.start_later(&self.flow, id, with, due);
            }
            None => {}
        }
        Control::Next
    }
}

fn due(t: &mut Turning<'_>, time: &ValueExpr, shift: Span) -> Option<Time> {
    let value = t.value(time);
    let found = wall::named(&value, t.zone());
    if found.is_none() {
        let shown = shown(&value, t.zone());
        t.error(format!("`{shown}` is no point of time: nothing is started"));
    }
    found.map(|at| at + shift)
}
