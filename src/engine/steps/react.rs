//! `react`: a mark on the contact's message.

use super::{Run, Step, nameless};
use crate::bot::{Argument, StepReader, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "react",
    doc: "Set a mark on the contact's message, as people do: an emoji. `none` takes it away.",
    argument: Argument::Needed,
    keys: &[],
    example: "- react: 👍\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};
/// Takes a mark away.
const NONE: &str = "none";

#[derive(Debug)]
struct React {
    emoji: Texts,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    r.needs_channel(&node.at, "`react`", "no mark is set", |can| can.reactions);
    Some(Box::new(React { emoji: r.texts_for_people(&node)? }))
}

impl Run for React {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        if let Some(emoji) = t.text(&self.emoji) {
            t.react(if emoji.trim() == NONE { "" } else { &emoji });
        }
        Control::Next
    }
}
