//! The pure core: what a conversation does with an event. No clock, no I/O, no failure: an author's mistake at run time is an
//! entry of the trace and a defined outcome.

use crate::bot;
use crate::domain::Capabilities;

mod begin;
mod echo;
mod explain;
mod fold;
mod gate;
mod kinds;
mod options;
mod question;
mod rendering;
mod retry;
#[cfg(test)]
mod samples;
mod show;
mod window;
mod wording;

pub mod steps;
pub mod triggers;
pub mod turn;

pub use begin::begin;
pub use echo::{Echo, echo};
pub use explain::EXPLANATIONS;
pub use gate::{Gate, gate, sent};
pub use retry::{After, after_attempt, after_lookup, next_look, probe_after};
pub use turn::turn;
pub use window::window;

/// The language as this engine speaks it.
#[derive(Debug)]
pub struct Core;

impl bot::Parts for Core {
    type Step = steps::Step;
    type Trigger = triggers::Trigger;
    type Table = triggers::Table;

    fn steps() -> &'static [bot::StepType<Self>] {
        steps::STEPS
    }
    fn triggers() -> &'static [bot::TriggerType<Self>] {
        triggers::TRIGGERS
    }
    fn table(flows: &[bot::Flow<Self>]) -> triggers::Table {
        triggers::Table::build(flows)
    }
}

/// A revision of this language.
pub type Revision = bot::Revision<Core>;

/// What a turn needs besides revision, state and event: facts of the account that do not change between turns.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What the channel can do.
    pub capabilities: &'a Capabilities,
    /// The provider's name, for members' `ids`.
    pub provider: &'a str,
    /// An assignment by people quiets the bot.
    pub quiet_on_assignment: bool,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::script::Scripts;
    use crate::yaml::Source;

    fn problems(flows: &str) -> Vec<String> {
        let text = format!("bot: shop\nteams: {{sales: {{members: {{anna: {{ids: {{pact: 1}}}}}}}}}}\nflows:\n{flows}");
        let source = Source { path: "shop/bot.yaml".into(), text: text.into() };
        let (revision, problems) = bot::load::<Core>("shop", &[Arc::new(source)], &Arc::new(Scripts::load(&[]).0));
        assert!(revision.is_some() || !problems.is_empty());
        problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
    }

    #[test]
    fn every_step_is_documented_and_its_example_works() {
        for step in steps::STEPS {
            assert!(!step.doc.is_empty() && step.keys.iter().all(|key| !key.doc.is_empty()), "{}", step.verb);
            let indented = step.example.lines().map(|line| format!("      {line}\n")).collect::<String>();
            let found = problems(&format!("  example:\n    on: message\n    do:\n{indented}"));
            assert!(found.is_empty(), "{}: {found:?}", step.verb);
        }
    }

    #[test]
    fn every_trigger_is_documented_and_its_example_works() {
        for trigger in triggers::TRIGGERS {
            assert!(!trigger.doc.is_empty(), "{}", trigger.name);
            let found = problems(&format!("  example:\n    on: {}\n    do: {{say: Hello}}\n", trigger.example));
            assert!(found.is_empty(), "{}: {found:?}", trigger.name);
        }
    }
}
