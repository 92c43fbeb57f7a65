//! `tag`: labels of the conversation.

use super::{Run, Step, nameless};
use crate::bot::{Argument, StepReader, StepType};
use crate::engine::Core;
use crate::engine::labels::Labels;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "tag",
    doc: "Label the conversation, with one or several labels. Flows read them as `conversation.tags`; where the provider knows labels, people see \
          them, too.",
    argument: Argument::Needed,
    keys: &[],
    example: "- tag: booking\n- tag: [vip, \"from {{ conversation.channel }}\"]\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Tag(Labels);

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    Some(Box::new(Tag(Labels::read(r)?)))
}

impl Run for Tag {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let labels = self.0.now(t);
        t.tag(labels);
        Control::Next
    }
}
