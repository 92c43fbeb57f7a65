//! The triggers, one line each in `TRIGGERS`, and the one table that finds all that match a message.

use crate::bot::{Shape, TriggerType};

use super::Core;

mod every;
mod failed;
mod faq;
mod keywords;
mod literals;
mod matches;
mod message_regex;
mod plain;
mod posted;
mod sent;
mod table;
mod timed;

pub use every::Every;
pub use keywords::{Keyword, Keywords};
pub use matches::Pattern;
pub(super) use matches::regex;
pub use message_regex::MessageRegex;
pub use plain::Occasion;
pub use posted::Posted;
pub use sent::{Attachment, Button};
pub use table::{Hit, Rank, Table};
pub use timed::Timed;

/// A compiled trigger.
#[derive(Debug)]
pub enum Trigger {
    /// Words in the contact's message.
    Keywords(Keywords),
    /// A regex over the contact's message.
    Matches(Box<Pattern>),
    /// A pressed button.
    Button(Button),
    /// A file in the contact's message.
    Attachment(Attachment),
    /// Something lasted for a time.
    Timed(Timed),
    /// The times of a pattern.
    Every(Box<Every>),
    /// Another program told of something.
    Posted(Posted),
    /// A message of ours will not arrive; the variable that gets the reason.
    Failed(Option<String>),
    /// Entries of the FAQ, by name.
    Faq(Vec<String>),
    /// Something happened; nothing more is asked.
    On(Occasion),
}

/// The mappings that some of them have.
pub const SHAPES: &[&Shape] = &[&keywords::ALL];

/// All triggers.
pub const TRIGGERS: &[TriggerType<Core>] = &[
    plain::FIRST_MESSAGE,
    plain::MESSAGE,
    plain::FALLBACK,
    plain::HUMAN_REPLIED,
    failed::TYPE,
    plain::CONVERSATION_OPENED,
    plain::HANDED_BACK,
    plain::ASSIGNED,
    plain::UNASSIGNED,
    sent::BUTTON,
    sent::ATTACHMENT,
    plain::LOCATION,
    plain::ORDER,
    plain::CONTACTS,
    plain::REACTION,
    keywords::TYPE,
    matches::TYPE,
    timed::IDLE,
    timed::UNANSWERED,
    timed::WINDOW_CLOSING,
    every::TYPE,
    posted::TYPE,
    faq::TYPE,
];
