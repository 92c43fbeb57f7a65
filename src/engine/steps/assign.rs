//! `assign`: who is responsible.

use super::whom::{self, LANGUAGE, SKILL, Whom};
use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, StepReader, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "assign",
    doc: "Make a team or a person responsible. The bot goes on answering.",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "note", doc: "An entry for the conversation's note." }, SKILL, LANGUAGE],
    example: "- assign: sales\n  note: A new booking.\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Assign {
    whom: Whom,
    note: Option<Texts>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let whom = whom::compile(r);
    let note = r.key("note").and_then(|node| r.note(&node));
    Some(Box::new(Assign { whom: whom?, note }))
}

impl Run for Assign {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let wanted = self.whom.wanted(t);
        let found = t.find(&wanted);
        if let Some(control) = t.on_nobody(&wanted, &found) {
            return control;
        }
        if let Some(note) = self.note.as_ref().and_then(|texts| t.lasting_text(texts)) {
            t.note(&note);
        }
        t.assign(&wanted, found);
        Control::Next
    }
}
