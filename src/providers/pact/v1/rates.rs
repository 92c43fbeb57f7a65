//! How often V1 may send. Pact's document names no limits; Telegram's own are kept here, which Pact would learn of too late.

use crate::domain::{Channel, Rate, Span};

/// Messages to Telegram.
const TELEGRAM: &str = "messages to Telegram";

/// About one a second to a chat, of which a turn may borrow some, and 30 a second in all.
pub const ALL: &[Rate] = &[
    Rate { name: TELEGRAM, most: 30, within: Span::seconds(1), per_conversation: false },
    Rate { name: TELEGRAM, most: 20, within: Span::seconds(20), per_conversation: true },
];

/// What a message spends.
pub fn of(channel: &Channel) -> Option<&'static str> {
    matches!(channel.0.as_str(), "telegram" | "telegram_personal").then_some(TELEGRAM)
}
