//! `hand_off`: to people.

use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, StepReader, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "hand_off",
    doc: "Hand the conversation to a team or a person. The flow goes on and may speak until a human does; nothing else of the bot speaks.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "say", doc: "What the contact is told." },
        KeyDoc { name: "note", doc: "An entry for the conversation's note; what was collected otherwise." },
    ],
    example: "- hand_off: sales\n  say: One moment, a colleague is joining.\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct HandOff {
    team: String,
    member: Option<String>,
    say: Option<Texts>,
    note: Option<Texts>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let who = r.argument().and_then(|node| r.team_ref(&node));
    let say = r.key("say").and_then(|node| r.texts(&node));
    let note = r.key("note").and_then(|node| r.texts_for_people(&node));
    let (team, member) = who?;
    Some(Box::new(HandOff { team, member, say, note }))
}

impl Run for HandOff {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.hand_off();
        if let Some(say) = &self.say {
            t.say_texts(say);
        }
        let note = match &self.note {
            Some(texts) => t.lasting_text(texts).unwrap_or_default(),
            None => t.collected(),
        };
        t.note(&note);
        t.assign(&self.team, self.member.as_deref());
        Control::Next
    }
}
