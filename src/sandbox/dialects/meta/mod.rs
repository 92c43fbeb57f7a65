//! What all that pass WhatsApp on have in common: its messages, its limits, its webhooks.

mod content;
mod interactive;
mod template;
pub(super) mod webhooks;

pub(super) use content::{Message, at_address, message};
pub(super) use interactive::{BODY, FOOTER, HEADER, options_differ};

/// The account as webhooks name it.
pub(super) fn business(company: u64) -> u64 {
    company * 10 + 1
}
