//! `for`: the same steps for each of a list.

use super::{Run, Step};
use crate::bot::{Argument, Block, KeyDoc, Node, StepReader, StepType};
use crate::domain::{Lap, Value};
use crate::engine::Core;
use crate::engine::turn::{Control, MOST_ROUNDS, Turning};
use crate::script::Expr;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "for",
    doc: "Run steps for each item of a list, which the variable named holds. Questions and waits may stand in them. The list is read once, before \
          the first round; 1000 items are the most.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "in", doc: "The list: an expression, or the items themselves." },
        KeyDoc { name: "do", doc: "The steps." },
    ],
    example: "- for: name\n  in: '[\"Ann\", \"Bob\"]'\n  do:\n    - say: Hello {{ name }}.\n",
    waits: false,
    leaves: false,
    names_itself: |node| node.get("for").and_then(Node::scalar).map(|name| format!("for#{name}")),
    compile,
};

#[derive(Debug)]
struct For {
    name: String,
    list: List,
    each: Block,
}

#[derive(Debug)]
enum List {
    Expr(Expr),
    Items(crate::bot::ValueExpr),
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let name = r.argument().and_then(|node| r.sets(&node));
    let list = r.needed("in").and_then(|node| list(r, &node));
    let each = r.needed("do").map(|node| r.round(&node));
    Some(Box::new(For { name: name?, list: list?, each: each? }))
}

fn list(r: &mut StepReader<'_, Core>, node: &Node) -> Option<List> {
    // `{{ names }}` has no need of its braces, and is meant all the same.
    let is_expr = node.scalar().is_some_and(|text| !text.trim_start().starts_with("{{"));
    if is_expr { r.condition(node).map(List::Expr) } else { r.value(node).map(List::Items) }
}

impl For {
    fn items(&self, t: &mut Turning<'_>) -> Vec<Value> {
        let value = match &self.list {
            List::Expr(expr) => t.eval(expr),
            List::Items(items) => t.value(items),
        };
        match value {
            Value::List(mut items) => {
                if items.len() > MOST_ROUNDS as usize {
                    t.error(format!("a list of {} items: only the first {MOST_ROUNDS} are gone over", items.len()));
                    items.truncate(MOST_ROUNDS as usize);
                }
                items
            }
            Value::Unit => Vec::new(),
            _ => {
                t.error("`in` is no list: nothing is gone over");
                Vec::new()
            }
        }
    }
}

impl Run for For {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let lap = t.take_lap();
        let round = lap.as_ref().map_or(0, |lap| lap.round);
        let items = lap.map_or_else(|| self.items(t), |lap| lap.items);
        let mut items = items.into_iter();
        let Some(item) = items.next() else { return Control::Next };
        t.set(&self.name, item);
        t.keep_lap(Lap { round: round.saturating_add(1), items: items.collect() });
        Control::Enter(self.each)
    }
}
