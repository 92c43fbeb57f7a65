//! `call`: to another flow, and back.

use super::{Run, Step};
use crate::bot::{Argument, FlowRef, KeyDoc, Node, StepReader, StepType, ValueExpr};
use crate::domain::Value;
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "call",
    doc: "Run another flow (`flow`, or from a step in it on: `flow.step`) and come back at its end, or where it says `return`. A `go` in it leaves \
          for good. What the flow says of `on`, `if`, `unless` and `once_per` is left aside.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "with", doc: "Variables that are set before: `{name: value}`." },
        KeyDoc { name: "save", doc: "The variable that gets what the flow returns; `()` when it returns nothing." },
    ],
    example: "- ask: size\n  text: Which size?\n- return: \"{{ size }}\"\n  if: (again ?? false)\n- call: example\n  with: {again: true}\n  save: other\n- say: \
              First {{ size }}, then {{ other }}.\n",
    waits: false,
    leaves: false,
    names_itself: |node| node.get("call").and_then(Node::scalar).map(str::to_owned),
    compile,
};

#[derive(Debug)]
struct Call {
    to: FlowRef,
    with: Vec<(String, ValueExpr)>,
    save: Option<String>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let to = r.argument().and_then(|node| r.called_flow(&node));
    let with = r.key("with").map_or(Some(Vec::new()), |node| r.given(&node));
    let save = r.key("save").and_then(|node| r.sets(&node));
    Some(Box::new(Call { to: to?, with: with?, save }))
}

impl Run for Call {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        // All are worked out before the first is set: `{a: "{{ b }}", b: "{{ a }}"}` swaps.
        let values: Vec<_> = self.with.iter().map(|(name, value)| (name, t.value(value))).collect();
        for (name, value) in values {
            t.set(name, value);
        }
        Control::Call(self.to.clone())
    }

    fn returned(&self, t: &mut Turning<'_>, value: Value) {
        if let Some(name) = &self.save {
            t.set(name, value);
        }
    }
}
