//! `resume`: hand-back.

use super::{Run, nameless};
use crate::bot::{Argument, StepType};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "resume",
    doc: "Take the conversation back from people, or from a hand-off that nobody came to: the bot answers again.",
    argument: Argument::None,
    keys: &[],
    example: "- hand_off: sales\n- say: Nobody is there after all.\n- resume\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile: |_| Some(Box::new(Resume)),
};

#[derive(Debug)]
struct Resume;

impl Run for Resume {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.resume();
        Control::Next
    }
}
