//! `go`: to another flow, for good.

use super::{Run, Step, nameless};
use crate::bot::{Argument, FlowRef, StepReader, StepType};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "go",
    doc: "Go to another flow (`flow`) or a step in it (`flow.step`) for good. What the flow says of `on`, `if`, `unless` and `once_per` is \
          left aside.",
    argument: Argument::Needed,
    keys: &[],
    example: "- ask: more\n  text: Anything else?\n  kind: yes_no\n- stop:\n  if: more == false\n- go: example\n",
    waits: false,
    leaves: true,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Go {
    to: FlowRef,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    let to = r.flow_ref(&node)?;
    Some(Box::new(Go { to }))
}

impl Run for Go {
    fn run(&self, _t: &mut Turning<'_>) -> Control {
        Control::Go(self.to.clone())
    }
}
