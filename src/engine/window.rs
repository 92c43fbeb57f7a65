//! The window in which free-form replies are allowed.

use crate::domain::{Capabilities, Conversation, OutboxRow, Span, State, Time, Window};

/// Taken off the window's end: a message under way must not arrive after it.
const MARGIN: Span = Span::minutes(2);

/// The window as it stands at `now`.
pub fn window(conversation: &Conversation, capabilities: &Capabilities, now: Time) -> Window {
    if conversation.window_closed_at.is_some() {
        return Window::Closed;
    }
    let Some(length) = capabilities.window else { return Window::Always };
    let Some(from) = conversation.last_in_at else { return Window::Closed };
    let left = end(from, length).since(now);
    if left > Span(0) { Window::Open { left } } else { Window::Closed }
}

/// When the window closes by our count, or closed; `None` where there is none, the contact never wrote, or the messenger said already that
/// it is closed.
pub fn closes_at(conversation: &Conversation, capabilities: &Capabilities) -> Option<Time> {
    if conversation.window_closed_at.is_some() {
        return None;
    }
    Some(end(conversation.last_in_at?, capabilities.window?))
}

/// The contact wrote or called then, and we hear of it now: the window opens anew, whatever the messenger said of the one before.
pub(super) fn reopen(conversation: &mut Conversation, at: Time, now: Time) {
    // Providers tell seconds: two messages may have one time.
    if conversation.last_in_at.is_none_or(|last| last <= at) {
        conversation.last_in_at = Some(at);
        conversation.heard_at = Some(now);
        conversation.window_closed_at = None;
    }
}

/// The messenger refused this row because the window is closed: what is known from now on. `None` where the contact wrote after the call, so
/// that it has opened again, or it is known already.
pub fn closed(state: &State, row: &OutboxRow, now: Time) -> Option<State> {
    let conversation = &state.conversation;
    let called = row.called_at.unwrap_or(row.at);
    if conversation.window_closed_at.is_some() || conversation.heard_at.is_some_and(|at| at > called) {
        return None;
    }
    let mut state = state.clone();
    state.conversation.window_closed_at = Some(now);
    Some(state)
}

fn end(from: Time, length: Span) -> Time {
    from + length - MARGIN
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NOW, row, state};
    use super::*;
    use crate::domain::Effect;

    #[test]
    fn a_refusal_closes_it_until_the_contact_writes() {
        let capabilities = Capabilities { window: Some(Span::hours(24)), ..Capabilities::PLAIN };
        let mut before = state();
        before.conversation.last_in_at = Some(NOW);
        let sent = OutboxRow { called_at: Some(NOW + Span(5)), ..row(Effect::Say { text: "hi".into() }) };
        let mut after = closed(&before, &sent, NOW + Span(9)).expect("closed");
        assert!(closed(&after, &sent, NOW + Span(10)).is_none(), "known already");
        for capabilities in [&capabilities, &Capabilities::PLAIN] {
            assert_eq!(window(&after.conversation, capabilities, NOW + Span(9)), Window::Closed);
        }
        assert_eq!(closes_at(&after.conversation, &capabilities), None);
        // An old message that comes late opens nothing.
        reopen(&mut after.conversation, NOW - Span(1), NOW + Span(6));
        assert_eq!(window(&after.conversation, &capabilities, NOW + Span(9)), Window::Closed);
        reopen(&mut after.conversation, NOW, NOW + Span(7));
        assert!(matches!(window(&after.conversation, &capabilities, NOW + Span(9)), Window::Open { .. }));
        assert!(closed(&after, &sent, NOW + Span(9)).is_none(), "the refused call is older than their message");
    }
}
