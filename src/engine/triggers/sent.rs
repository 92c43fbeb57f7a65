//! Triggers of what is in a message beside its text: `button` and `attachment`.

use super::super::fold::fold;
use super::{Core, Trigger};
use crate::bot::{Argument, StepReader, TriggerType};
use crate::bot::{Node, Problem};
use crate::domain::Message;

pub(super) const BUTTON: TriggerType<Core> = TriggerType {
    name: "button",
    doc: "A pressed button, by its name or its text, whatever the case: one, or a list. What is typed is no press.",
    example: "{button: [book, Book a visit]}",
    argument: Argument::Needed,
    keys: &[],
    compile: |r| {
        let node = r.argument()?;
        let names: Vec<_> = node.one_or_many().iter().filter_map(|name| button(r, name)).collect();
        (!names.is_empty()).then_some(Trigger::Button(Button { names }))
    },
};

pub(super) const ATTACHMENT: TriggerType<Core> = TriggerType {
    name: "attachment",
    doc: "The contact sent a file: of any kind, or `{attachment: image}`, one of `image`, `audio`, `video`, `file` and `sticker`, or a list of them.",
    example: "{attachment: [image, file]}",
    argument: Argument::Optional,
    keys: &[],
    compile: |r| {
        let Some(node) = r.argument() else { return Some(Trigger::Attachment(Attachment { kinds: Vec::new() })) };
        let kinds: Vec<_> = node.one_or_many().iter().filter_map(|kind| r.word(kind, KINDS)).collect();
        (!kinds.is_empty()).then_some(Trigger::Attachment(Attachment { kinds }))
    },
};

/// A pressed button.
#[derive(Debug)]
pub struct Button {
    /// Names and texts, folded.
    names: Vec<String>,
}

/// Files of some kinds; of any kind when there are none.
#[derive(Debug)]
pub struct Attachment {
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Image,
    Audio,
    Video,
    File,
    Sticker,
}

const KINDS: &[(&str, Kind)] = &[
    ("image", Kind::Image),
    ("audio", Kind::Audio),
    ("video", Kind::Video),
    ("file", Kind::File),
    ("sticker", Kind::Sticker),
];

fn button(r: &mut StepReader<'_, Core>, node: &Node) -> Option<String> {
    let name = fold(&r.scalar(node)?);
    if name.is_empty() {
        let problem = Problem::error("empty-keyword", &node.at, "this button has no name");
        r.report(problem.help("`on: {button: Book a visit}`: the label as it is shown"));
        return None;
    }
    Some(name)
}

impl Button {
    /// Is it this one that was pressed?
    pub fn fits(&self, message: &Message) -> bool {
        let pressed = |option: &String| {
            let (option, label) = (fold(option), fold(&message.text));
            self.names.iter().any(|name| *name == option || *name == label)
        };
        message.option.as_ref().is_some_and(pressed)
    }
}

impl Attachment {
    /// Is one of them in the message?
    pub fn fits(&self, message: &Message) -> bool {
        let wanted = |kind: &str| self.kinds.is_empty() || self.kinds.contains(&kind_of(kind));
        message.attachments.iter().any(|attachment| wanted(&attachment.kind))
    }
}

/// What a provider calls it; a word that nobody knows is some file.
fn kind_of(word: &str) -> Kind {
    KINDS.iter().find(|(name, _)| *name == word).map_or(Kind::File, |(_, kind)| *kind)
}
