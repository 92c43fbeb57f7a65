//! How often V2 may be called, by the document's list: counted for each user of Pact, that is for each token.

use crate::domain::{Rate, Span};

/// Messages to conversations that there are.
pub const SENDS: &str = "sends";
/// First messages, templates among them.
pub const FIRST_MESSAGES: &str = "first messages";
/// Uploads.
pub const ATTACHMENTS: &str = "attachments";
/// Lists of messages.
pub const MESSAGES: &str = "messages";
/// Details of conversations.
pub const CONVERSATIONS: &str = "conversations";
/// Lists of templates.
pub const TEMPLATES: &str = "templates";

const fn rate(name: &'static str, most: u32, within: Span) -> Rate {
    Rate { name, most, within, per_conversation: false }
}

/// All limits; a call counts against each of its name.
pub const ALL: &[Rate] = &[
    rate(SENDS, 5, Span::seconds(1)),
    rate(SENDS, 30, Span::minutes(1)),
    rate(FIRST_MESSAGES, 5, Span::seconds(1)),
    rate(FIRST_MESSAGES, 30, Span::minutes(1)),
    rate(ATTACHMENTS, 5, Span::seconds(1)),
    rate(ATTACHMENTS, 30, Span::minutes(1)),
    rate(MESSAGES, 20, Span::minutes(1)),
    rate(CONVERSATIONS, 10, Span::minutes(1)),
    rate(TEMPLATES, 20, Span::minutes(1)),
];
