//! The triggers, one line each in `TRIGGERS`, and the one table that finds all that match a message.

use crate::bot::TriggerType;

use super::Core;

mod keywords;
mod literals;
mod matches;
mod plain;
mod table;

pub use keywords::{Keyword, Keywords};
pub use matches::Pattern;
pub(super) use matches::regex;
pub use plain::Occasion;
pub use table::{Hit, Rank, Table};

/// A compiled trigger.
#[derive(Debug)]
pub enum Trigger {
    /// Words in the contact's message.
    Keywords(Keywords),
    /// A regex over the contact's message.
    Matches(Box<Pattern>),
    /// Something happened; nothing more is asked.
    On(Occasion),
}

/// All triggers.
pub const TRIGGERS: &[TriggerType<Core>] = &[
    plain::FIRST_MESSAGE,
    plain::MESSAGE,
    plain::FALLBACK,
    plain::HUMAN_REPLIED,
    plain::DELIVERY_FAILED,
    keywords::TYPE,
    matches::TYPE,
];
