//! `untag`: labels of the conversation are taken away.

use super::{Run, Step, nameless};
use crate::bot::{Argument, StepReader, StepType};
use crate::engine::Core;
use crate::engine::labels::Labels;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "untag",
    doc: "Take labels of the conversation away: one or several.",
    argument: Argument::Needed,
    keys: &[],
    example: "- tag: [booking, vip]\n- untag: [booking, vip]\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Untag(Labels);

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    Some(Box::new(Untag(Labels::read(r)?)))
}

impl Run for Untag {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let labels = self.0.now(t);
        t.untag(labels);
        Control::Next
    }
}
