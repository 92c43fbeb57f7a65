//! The pure core: what a conversation does with an event. No clock, no I/O, no failure: an author's mistake at run time is an
//! entry of the trace and a defined outcome.

use crate::bot;
use crate::domain::{Capabilities, Figures};

mod begin;
mod calls;
mod echo;
mod explain;
pub mod faq;
mod fold;
mod gate;
mod kinds;
mod labels;
mod language;
mod options;
mod places;
mod question;
mod rendering;
mod retry;
#[cfg(test)]
mod samples;
mod schedule;
mod show;
mod window;
mod wording;

pub mod steps;
pub mod triggers;
pub mod turn;

pub use begin::{adopt, begin};
pub use calls::{AfterCall, after_call, after_stop, lost_call};
pub use echo::{Echo, echo, unnamed};
pub use explain::EXPLANATIONS;
pub use gate::{Gate, gate, sent};
pub use places::{Places, count_places};
pub use rendering::numbered;
pub use retry::{After, after_attempt, after_lookup, after_undelivered, limited_for, next_look, probe_after};
pub use schedule::{Schedule, schedules};
pub use turn::turn;
pub use window::{closed, window};

/// The language as this engine speaks it.
#[derive(Debug)]
pub struct Core;

impl bot::Parts for Core {
    type Step = steps::Step;
    type Trigger = triggers::Trigger;
    type Table = triggers::Table;
    type Faq = faq::Faq;

    fn steps() -> &'static [bot::StepType<Self>] {
        steps::STEPS
    }
    fn triggers() -> &'static [bot::TriggerType<Self>] {
        triggers::TRIGGERS
    }
    fn table(flows: &[bot::Flow<Self>]) -> triggers::Table {
        triggers::Table::build(flows)
    }
    fn fold(text: &str) -> String {
        fold::fold(text)
    }
    fn faq(faq: &bot::Faq) -> faq::Faq {
        faq::Faq::build(faq)
    }
    fn faq_step() -> steps::Step {
        steps::faq()
    }
}

/// A revision of this language.
pub type Revision = bot::Revision<Core>;

/// What a turn needs besides revision, state and event: facts of the account that do not change between turns, and figures of teams.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What the channel can do.
    pub capabilities: &'a Capabilities,
    /// The provider's name, for members' `ids`.
    pub provider: &'a str,
    /// An assignment by people quiets the bot.
    pub quiet_on_assignment: bool,
    /// The team whose members notes are sent to, where the account says one.
    pub notes_team: Option<&'a str>,
    /// Names of `contact.vars` that the provider's address book keeps, too, where the account says so.
    pub contact_fields: &'a [String],
    /// The figures of the teams that it may pick somebody of: those known. It says whose it lacked.
    pub figures: &'a Figures,
}
