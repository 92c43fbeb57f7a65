//! `return`: the flow is over.

use super::{Run, Step, nameless};
use crate::bot::{Argument, StepReader, StepType, ValueExpr};
use crate::domain::Value;
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "return",
    doc: "End the flow. The step that called it gets the value and goes on.",
    argument: Argument::Optional,
    keys: &[],
    example: "- set: {price: 50}\n- return: \"{{ price * 2 }}\"\n",
    waits: false,
    leaves: true,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Return {
    value: Option<ValueExpr>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let value = match r.argument() {
        Some(node) => Some(r.value(&node)?),
        None => None,
    };
    Some(Box::new(Return { value }))
}

impl Run for Return {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        Control::Return(self.value.as_ref().map_or(Value::Unit, |value| t.value(value)))
    }
}
