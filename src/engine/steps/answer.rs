//! `answer`: say what an entry of the FAQ answers.

use super::{Run, Step, nameless};
use crate::bot::{Argument, FaqUse, StepReader, StepType};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "answer",
    doc: "Say the answer of an entry of the FAQ.",
    argument: Argument::Needed,
    keys: &[],
    example: "- answer: prices\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Answer {
    entry: String,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    let entry = r.faq_ref(&node, FaqUse::Step)?;
    Some(Box::new(Answer { entry }))
}

impl Run for Answer {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.say_answer(&self.entry);
        Control::Next
    }
}
