//! `assign`: who is responsible.

use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, StepReader, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "assign",
    doc: "Make a team or a person responsible. The bot goes on answering.",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "note", doc: "An entry for the conversation's note." }],
    example: "- assign: sales\n  note: A new booking.\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Assign {
    team: String,
    member: Option<String>,
    note: Option<Texts>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let who = r.argument().and_then(|node| r.team_ref(&node));
    let note = r.key("note").and_then(|node| r.texts_for_people(&node));
    let (team, member) = who?;
    Some(Box::new(Assign { team, member, note }))
}

impl Run for Assign {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        if let Some(note) = self.note.as_ref().and_then(|texts| t.lasting_text(texts)) {
            t.note(&note);
        }
        t.assign(&self.team, self.member.as_deref());
        Control::Next
    }
}
