//! `stop`: the session ends.

use super::{Run, nameless};
use crate::bot::{Argument, StepType};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "stop",
    doc: "End the session: its variables, questions and waits are over.",
    argument: Argument::None,
    keys: &[],
    example: "- say: Bye.\n- stop\n",
    waits: false,
    leaves: true,
    names_itself: nameless,
    compile: |_| Some(Box::new(Stop)),
};

#[derive(Debug)]
struct Stop;

impl Run for Stop {
    fn run(&self, _t: &mut Turning<'_>) -> Control {
        Control::Stop
    }
}
