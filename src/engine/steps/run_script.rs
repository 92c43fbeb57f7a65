//! `run`: an expression, a function of a module most often.

use super::{Run, Step};
use crate::bot::{Argument, KeyDoc, Node, StepReader, StepType};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};
use crate::script::Expr;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "run",
    doc: "Work out an expression, most often a function of a module in `scripts/`, and keep its value, whatever its type.",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "save", doc: "The variable that gets the value." }],
    example: "- run: '[3, 1, 2].len() * 10'\n  save: price\n- say: That is {{ price }}.\n",
    waits: false,
    leaves: false,
    names_itself: |node| node.get("save").and_then(Node::scalar).map(str::to_owned),
    compile,
};

#[derive(Debug)]
struct RunScript {
    expr: Expr,
    save: String,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let expr = r.argument().and_then(|node| r.condition(&node));
    // Scripts change nothing: without a place for its value it would do nothing.
    let save = r.needed("save").and_then(|node| r.sets(&node));
    Some(Box::new(RunScript { expr: expr?, save: save? }))
}

impl Run for RunScript {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let value = t.eval(&self.expr);
        t.set(&self.save, value);
        Control::Next
    }
}
