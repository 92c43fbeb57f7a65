//! `resolve`: the conversation is done with, in the provider's inbox, too.

use super::{Run, nameless};
use crate::bot::{Argument, StepReader, StepType};
use crate::domain::Resolving;
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "resolve",
    doc: "Close the conversation in the provider's inbox, so that it waits for nobody there. The bot has it again and goes on; a later `hand_off` \
          or `assign` opens it.",
    argument: Argument::None,
    keys: &[],
    example: "- say: Glad to hear it. Good-bye!\n- resolve\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile: |r| Some(Box::new(resolve(r))),
};

#[derive(Debug)]
struct Resolve;

fn resolve(r: &mut StepReader<'_, Core>) -> Resolve {
    let at = r.at();
    r.needs_channel(&at, "`resolve`", "it only takes the conversation back", |can| can.resolve != Resolving::Nowhere);
    Resolve
}

impl Run for Resolve {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.resolve();
        Control::Next
    }
}
