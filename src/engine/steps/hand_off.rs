//! `hand_off`: people take the conversation.

use super::whom::{self, LANGUAGE, SKILL, Whom};
use super::{Run, Step, nameless};
use crate::bot::{Argument, Content, KeyDoc, Node, Problem, Shape, StepReader, StepType, Texts};
use crate::domain::EscalationStage;
use crate::engine::Core;
use crate::engine::turn::{Control, Turning};

/// Stages of an escalation: whoever has not answered by then will not be helped by more.
const MOST_STAGES: usize = 10;

pub(super) const STAGE: Shape = Shape {
    name: "stage of an escalation",
    at: &["**.escalate"],
    doc: "A stage is a duration, or this.",
    keys: &[
        KeyDoc { name: "after", doc: "So long after the stage before, or after the hand-off." },
        KeyDoc { name: "to", doc: "A team or a person; the next of the same team otherwise." },
    ],
    example: "",
};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "hand_off",
    doc: "Hand the conversation to a team or a person. The flow may go on speaking until a human does; nothing else speaks.",
    argument: Argument::Needed,
    keys: &[
        KeyDoc { name: "say", doc: "What the contact is told." },
        KeyDoc { name: "note", doc: "An entry for the conversation's note; what was collected otherwise." },
        SKILL,
        LANGUAGE,
        KeyDoc {
            name: "escalate",
            doc: "Who gets it when no human has written in time: `10m` for the next of the team, `{after: 10m, to: managers}`, or a list.",
        },
    ],
    example: "- hand_off: sales\n  say: One moment, a colleague is joining.\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

#[derive(Debug)]
struct HandOff {
    whom: Whom,
    say: Option<Texts>,
    note: Option<Texts>,
    escalate: Vec<EscalationStage>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let whom = whom::compile(r);
    let say = r.key("say").and_then(|node| r.texts(&node));
    let note = r.key("note").and_then(|node| r.note(&node));
    let escalate = r.key("escalate").map(|node| stages(r, &node)).unwrap_or_default();
    Some(Box::new(HandOff { whom: whom?, say, note, escalate }))
}

fn stages(r: &mut StepReader<'_, Core>, node: &Node) -> Vec<EscalationStage> {
    let items = node.one_or_many();
    if items.is_empty() {
        r.wrong_type(node, "a duration, or a list of stages");
    }
    if items.len() > MOST_STAGES {
        let message = format!("more than {MOST_STAGES} stages");
        r.report(Problem::error("too-many", &node.at, message).help("whoever has not answered by then will not"));
    }
    items.iter().filter_map(|item| stage(r, item)).collect()
}

fn stage(r: &mut StepReader<'_, Core>, node: &Node) -> Option<EscalationStage> {
    if !matches!(node.content, Content::Map(_)) {
        return Some(EscalationStage { after: r.span(node)?, to: None });
    }
    r.closed(node, STAGE.keys);
    let after = r.needed_in(node, "escalate", "after").and_then(|node| r.span(&node));
    let to = node.get("to").map(|node| r.team_ref(node));
    Some(EscalationStage { after: after?, to: to.map_or(Some(None), |to| to.map(Some))? })
}

impl Run for HandOff {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        let wanted = self.whom.wanted(t);
        let found = t.find(&wanted);
        if let Some(control) = t.on_nobody(&wanted, &found) {
            return control;
        }
        t.hand_off();
        if let Some(say) = &self.say {
            t.say_texts(say);
        }
        let note = match &self.note {
            Some(texts) => t.lasting_text(texts).unwrap_or_default(),
            None => t.collected(),
        };
        t.note(&note);
        t.assign(&wanted, found);
        t.escalate(&wanted, &self.escalate);
        Control::Next
    }
}
