//! How much WhatsApp takes of one number, whoever passes it on.

use crate::domain::{Rate, Span};

/// The name of the rates of messages.
pub const MESSAGES: &str = "messages";
/// 80 messages a second a number; one in 6 s to a contact, of which 45 may be borrowed.
pub const RATES: &[Rate] = &[
    Rate { name: MESSAGES, most: 80, within: Span::seconds(1), per_conversation: false },
    Rate { name: MESSAGES, most: 45, within: Span::seconds(270), per_conversation: true },
];
