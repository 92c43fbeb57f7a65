//! The window in which free-form replies are allowed.

use crate::domain::{Capabilities, Conversation, Span, Time, Window};

/// Taken off the window's end: a message under way must not arrive after it.
const MARGIN: Span = Span::minutes(2);

/// The window as it stands at `now`.
pub fn window(conversation: &Conversation, capabilities: &Capabilities, now: Time) -> Window {
    let Some(length) = capabilities.window else { return Window::Always };
    let Some(from) = conversation.last_in_at else { return Window::Closed };
    let left = end(from, length).since(now);
    if left > Span(0) { Window::Open { left } } else { Window::Closed }
}

/// When the window closes, or closed; `None` where there is none or the contact never wrote.
pub fn closes_at(conversation: &Conversation, capabilities: &Capabilities) -> Option<Time> {
    Some(end(conversation.last_in_at?, capabilities.window?))
}

fn end(from: Time, length: Span) -> Time {
    from + length - MARGIN
}
