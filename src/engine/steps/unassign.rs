//! `unassign`: nobody is responsible any more.

use super::{Run, nameless};
use crate::bot::{Argument, KeyDoc, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "unassign",
    doc: "Make nobody responsible any more.",
    argument: Argument::None,
    keys: &[KeyDoc { name: "note", doc: "An entry for the conversation's note." }],
    example: "- unassign\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile: |r| {
        let note = r.key("note").and_then(|node| r.note(&node));
        Some(Box::new(Unassign { note }))
    },
};

#[derive(Debug)]
struct Unassign {
    note: Option<Texts>,
}

impl Run for Unassign {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        if let Some(note) = self.note.as_ref().and_then(|texts| t.lasting_text(texts)) {
            t.note(&note);
        }
        t.unassign();
        Control::Next
    }
}
