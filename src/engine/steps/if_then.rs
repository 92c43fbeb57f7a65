//! `if`: steps under a condition.

use super::{Run, Step, nameless};
use crate::bot::{Argument, Block, KeyDoc, StepReader, StepType};
use crate::engine::Core;
use crate::engine::question::block;
use crate::engine::turn::{Control, Turning};
use crate::script::Expr;

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "if",
    doc: "Steps when a condition holds, others when it does not.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "then", doc: "Steps when it holds." },
        KeyDoc { name: "else", doc: "Steps when it does not." },
    ],
    example: "- if: text.len() > 20\n  then: {say: That is a lot.}\n  else: {say: I see.}\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct If {
    condition: Expr,
    then: Block,
    otherwise: Block,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let condition = r.argument().and_then(|node| r.condition(&node));
    let (then, otherwise) = (block(r, "then"), block(r, "else"));
    r.enters_one_of(&[then, otherwise]);
    Some(Box::new(If { condition: condition?, then, otherwise }))
}

impl Run for If {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        Control::Enter(if t.test(&self.condition) { self.then } else { self.otherwise })
    }
}
