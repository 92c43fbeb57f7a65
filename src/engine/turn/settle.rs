//! `settle`: messages that come shortly after one another are answered as one. They are kept in the state, and their timer in the store,
//! so that a restart loses none.

use super::Turning;
use crate::domain::{Body, Event, Message, MessageKind, Settling, State, StoodIn, Time, Timer, TimerChange, TraceKind};

/// Messages that are joined at most; who writes more gets an answer meanwhile.
const MOST_JOINED: u32 = 20;
/// However many more come, they have settled after so many times the bot's `settle`.
const LONGEST: i64 = 6;

/// What settled when this event is its timer.
pub(super) fn come_due(state: &State, event: &Event) -> Option<Box<Settling>> {
    let Body::Timer(fired) = &event.body else { return None };
    state.agenda.settling.clone().filter(|settling| settling.token == fired.token)
}

/// The event that the timer stands for.
pub(super) fn joined(settling: &Settling, timer: &Event) -> Event {
    Event { body: Body::Message(settling.message.clone()), ..timer.clone() }
}

impl Turning<'_> {
    /// Wait for more to come; or not, where the bot does not say so, and for a press, which says all.
    pub(super) fn let_settle(&mut self, message: &Message, is_first: bool, stood_in: StoodIn) {
        let settle = self.revision.settle;
        if settle.0 == 0 || message.option.is_some() {
            return self.dispatch(message, is_first, stood_in);
        }
        let settling = if let Some(before) = self.state.agenda.settling.take() {
            with(*before, message)
        } else {
            let token = self.next_token();
            Settling { token, since: self.now, count: 1, message: message.clone(), is_first, stood_in }
        };
        let latest = Time(settling.since.0.saturating_add(settle.0.saturating_mul(LONGEST)));
        let due = if settling.count >= MOST_JOINED { self.now } else { (self.now + settle).min(latest) };
        self.trace(TraceKind::Event, format!("waits until {due} for more to come"));
        self.timers.push(TimerChange::Set(Timer { token: settling.token, due }));
        self.state.agenda.settling = Some(Box::new(settling));
    }

    /// Nothing more came.
    pub(super) fn settled(&mut self, settling: &Settling) {
        self.state.agenda.settling = None;
        self.trace(TraceKind::Event, format!("settled: {} messages as one", settling.count));
        self.dispatch(&settling.message, settling.is_first, settling.stood_in);
    }
}

/// One more: texts line by line, files one after the other, of all else the last.
fn with(before: Settling, next: &Message) -> Settling {
    let mut message = next.clone();
    let texts = [before.message.text.as_str(), next.text.as_str()];
    message.text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    message.attachments = [before.message.attachments, message.attachments].concat();
    message.contacts = [before.message.contacts, message.contacts].concat();
    message.location = message.location.or(before.message.location.clone());
    if message.kind == MessageKind::Text {
        message.kind = before.message.kind;
    }
    Settling { count: before.count + 1, message, ..before }
}
