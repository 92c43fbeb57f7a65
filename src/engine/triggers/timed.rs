//! Triggers of time alone: `idle`, `unanswered`, `window_closing`.

use super::{Core, Trigger};
use crate::bot::{Argument, Problem, StepReader, TriggerType};
use crate::domain::Span;

/// What has to last, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// Nobody wrote for so long while the bot had the conversation.
    Idle(Span),
    /// The contact's message got no answer for so long.
    Unanswered(Span),
    /// The window closes in so long.
    WindowClosing(Span),
}

pub(super) const IDLE: TriggerType<Core> = TriggerType {
    name: "idle",
    doc: "Neither the contact nor a human wrote for that long while the bot has the conversation. Once a silence: what the bot says of itself \
          does not begin a new one.",
    example: "{idle: 30m}",
    argument: Argument::Needed,
    keys: &[],
    compile: |r| timed(r, Timed::Idle),
};

pub(super) const UNANSWERED: TriggerType<Core> = TriggerType {
    name: "unanswered",
    doc: "The contact's message got no answer for that long, neither of the bot nor of a human. While people have the conversation the flow \
          speaks with `when_people: speak` only.",
    example: "{unanswered: 5m}",
    argument: Argument::Needed,
    keys: &[],
    compile: |r| timed(r, Timed::Unanswered),
};

pub(super) const WINDOW_CLOSING: TriggerType<Core> = TriggerType {
    name: "window_closing",
    doc: "The window in which free-form messages are allowed closes in that time. Never where the channel has none.",
    example: "{window_closing: 1h}",
    argument: Argument::Needed,
    keys: &[],
    compile: |r| timed(r, Timed::WindowClosing),
};

fn timed(r: &mut StepReader<'_, Core>, kind: fn(Span) -> Timed) -> Option<Trigger> {
    let node = r.argument()?;
    let span = r.span(&node)?;
    if span <= Span(0) {
        r.report(Problem::error("bad-duration", &node.at, "it has to last some time").help("`30m`, for one"));
        return None;
    }
    Some(Trigger::Timed(kind(span)))
}
