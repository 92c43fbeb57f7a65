//! `say`: a message to the contact.

use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, Problem, StepReader, StepType, Texts};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "say",
    doc: "Send a text to the contact. A long one goes in parts.",
    argument: Argument::Optional,
    keys: &[KeyDoc { name: "one_of", doc: "Several texts instead of one: any of them is said." }],
    example: "- say: Hello!\n- say:\n  one_of: [See you., Bye.]\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct Say {
    /// One of these; never empty.
    texts: Vec<Texts>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let texts = match (r.argument(), r.key("one_of")) {
        (Some(text), None) => vec![r.texts(&text)?],
        (None, Some(list)) => r.texts_list(&list)?,
        (Some(_), Some(list)) => {
            r.report(Problem::error("say-twice", &list.at, "`say` has a text or `one_of`, not both"));
            return None;
        }
        (None, None) => {
            r.report(Problem::error("say-nothing", &r.at(), "`say` needs a text, or texts in `one_of`"));
            return None;
        }
    };
    Some(Box::new(Say { texts }))
}

impl Run for Say {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let picked = if self.texts.len() > 1 { t.pick(self.texts.len()) } else { 0 };
        if let Some(texts) = self.texts.get(picked) {
            t.say_texts(texts);
        }
        Control::Next
    }
}
