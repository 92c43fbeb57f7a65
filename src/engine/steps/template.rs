//! `template`: a pre-approved message, which may go outside the window.

use super::{Run, Step, nameless};
use crate::bot::{Argument, KeyDoc, StepReader, StepType, TemplateCall};
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "template",
    doc: "Send a pre-approved message, which may go outside the window.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "language", doc: "The template's language; the contact's otherwise." },
        KeyDoc { name: "params", doc: "Its parameters, in order." },
        KeyDoc {
            name: "header",
            doc: "What is filled in above the text: a text, or a file as `{image: map.jpg}`, `video` or `file`.",
        },
        KeyDoc {
            name: "buttons",
            doc: "What its buttons are filled in with, in order: the end of an address, a code, a payload.",
        },
        KeyDoc { name: "cards", doc: "The cards of a carousel, each with `header`, `params` and `buttons`." },
        KeyDoc { name: "offer_until", doc: "When a limited-time offer ends: a point of time." },
    ],
    example: "- template: visit_reminder\n  language: en\n  params: [\"{{ contact.name }}\"]\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct SendTemplate {
    call: TemplateCall,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let node = r.argument()?;
    let call = r.whole_template(&node)?;
    Some(Box::new(SendTemplate { call }))
}

impl Run for SendTemplate {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.send_template(&self.call);
        Control::Next
    }
}
