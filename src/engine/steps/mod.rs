//! The steps: one file each, one line in `STEPS` each.

use super::Core;
use super::question::Endings;
use super::turn::{Answered, Control, Turning};
use crate::bot::{Shape, StepType};
use crate::domain::{HttpOutcome, Message, Value};

mod answer;
mod ask;
mod assign;
mod call;
mod cancel;
mod choose;
mod faq;
mod for_each;
mod form;
mod go;
mod hand_off;
mod http;
mod if_then;
mod manner;
mod menu;
mod note;
mod rate;
mod react;
mod repeat;
mod resolve;
mod resume;
mod return_to;
mod run_script;
mod say;
mod set;
mod start;
mod stop;
mod tag;
mod template;
mod track;
mod unassign;
mod untag;
mod use_recipe;
mod wait;
mod wares;
mod whom;

pub use ask::question_kinds;
pub use faq::faq;
pub use say::MEDIA;

/// A compiled step.
pub type Step = Box<dyn Run>;

/// What a step does when its turn comes.
pub trait Run: std::fmt::Debug + Send + Sync {
    /// Do it.
    fn run(&self, t: &mut Turning<'_>) -> Control;

    /// It asks the contact something: it runs only when nobody else does.
    fn asks(&self) -> bool {
        false
    }

    /// A question: how it ends without an answer.
    fn endings(&self) -> Option<&Endings> {
        None
    }

    /// The contact wrote to a question of its own: it may take the message first.
    fn overhears(&self, _t: &mut Turning<'_>, _message: &Message) -> Option<Control> {
        None
    }

    /// Its answer is a file.
    fn wants_file(&self) -> bool {
        false
    }

    /// Outside the window its question is kept until the contact writes, whose words are then no answer to it.
    fn is_kept(&self) -> bool {
        false
    }

    /// It is only an offer: what is no answer ends it, and goes to the flows as if nothing had been asked.
    fn gives_way(&self) -> bool {
        false
    }

    /// A FAQ entry that fits the message may answer it, before the question is asked again.
    fn lets_faq(&self, _t: &mut Turning<'_>, _message: &Message) -> bool {
        false
    }

    /// The contact wrote while it waits for an answer. Nothing is said of a wrong answer yet.
    fn answer(&self, _t: &mut Turning<'_>, _message: &Message) -> Answered {
        Answered::LetsGo
    }

    /// The answer was the `n`th wrong one.
    fn wrong(&self, _t: &mut Turning<'_>, _n: u32) -> Control {
        Control::Next
    }

    /// The flow that it called is over, with this value.
    fn returned(&self, _t: &mut Turning<'_>, _value: Value) {}

    /// What came of the call that it waits for.
    fn came(&self, _t: &mut Turning<'_>, _outcome: &HttpOutcome) -> Control {
        Control::Next
    }

    /// The time it waits for, or had for an answer, is over.
    fn timeout(&self, _t: &mut Turning<'_>) -> Control {
        Control::Next
    }
}

/// All steps.
pub const STEPS: &[StepType<Core>] = &[
    say::TYPE,
    react::TYPE,
    ask::TYPE,
    menu::TYPE,
    rate::TYPE,
    form::TYPE,
    set::TYPE,
    if_then::TYPE,
    choose::TYPE,
    for_each::TYPE,
    repeat::TYPE,
    go::TYPE,
    call::TYPE,
    use_recipe::TYPE,
    return_to::TYPE,
    stop::TYPE,
    wait::TYPE,
    http::TYPE,
    run_script::TYPE,
    track::TYPE,
    note::TYPE,
    assign::TYPE,
    unassign::TYPE,
    hand_off::TYPE,
    resume::TYPE,
    resolve::TYPE,
    tag::TYPE,
    untag::TYPE,
    template::TYPE,
    start::TYPE,
    cancel::TYPE,
    answer::TYPE,
];

/// The mappings that some of them have.
pub const SHAPES: &[&Shape] = &[
    &crate::engine::options::OPTION,
    &crate::engine::question::REMINDER,
    &ask::SHOWN_FORM,
    &hand_off::STAGE,
    &say::PLACE,
    &say::LINK,
    &wares::CARD,
    &wares::WARES,
    &wares::SECTION,
];

/// For steps that are known by verb and ordinal.
fn nameless(_node: &crate::bot::Node) -> Option<String> {
    None
}
