//! `note`: an entry for people, at the provider.

use super::{Run, Step, nameless};
use crate::bot::{Argument, StepReader, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "note",
    doc: "Add an entry to the conversation's note, for the people who read it.",
    argument: Argument::Needed,
    keys: &[],
    example: "- note: \"Asked about prices: {{ text }}\"\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Note {
    text: Texts,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    let text = r.note(&node)?;
    Some(Box::new(Note { text }))
}

impl Run for Note {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        if let Some(text) = t.lasting_text(&self.text) {
            t.note(&text);
        }
        Control::Next
    }
}
