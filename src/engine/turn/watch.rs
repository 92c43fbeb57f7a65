//! The watch over the triggers of time. One timer a conversation serves all of them; it is moved when it has to come earlier and
//! looks again when it came too early, so that a message that puts an `idle` off costs nothing.

use super::Turning;
use super::message::Offered;
use crate::bot::FlowIx;
use crate::domain::{Owner, Span, Time, Timer, TimerChange, TraceKind, Vars, Watch};
use crate::engine::triggers::{Hit, Occasion, Rank, Timed};
use crate::engine::window::closes_at;

impl Turning<'_> {
    /// Look what came due since the last look. Whether anything did.
    pub(super) fn look(&mut self) -> bool {
        let Some(watch) = self.state.agenda.watch.take() else { return false };
        let came_due = |at: Option<Time>| at.is_some_and(|at| watch.since < at && at <= self.now);
        let due: Vec<(FlowIx, Timed)> =
            self.revision.table.timed().iter().filter(|(_, timed)| came_due(self.instant(*timed))).copied().collect();
        if due.is_empty() && !self.ahead.handed_back {
            self.trace(TraceKind::Event, "nothing has lasted long enough yet");
        }
        // Of the flows that wait for the same, the first that takes it.
        let mut taken: Vec<Timed> = Vec::new();
        for (flow, timed) in &due {
            if taken.contains(timed) {
                continue;
            }
            let hit = Hit { flow: *flow, rank: Rank::Other, vars: Vars::new() };
            if self.offer_by_time(hit, None) == Offered::Taken {
                taken.push(*timed);
            }
        }
        !due.is_empty()
    }

    /// When it has lasted long enough, as things stand.
    fn instant(&self, timed: Timed) -> Option<Time> {
        let conversation = &self.state.conversation;
        match timed {
            Timed::Idle(span) => Some(self.silent_since()? + span),
            Timed::Unanswered(span) => Some(conversation.unanswered_since? + span),
            Timed::WindowClosing(span) => Some(closes_at(conversation, self.around.capabilities)? - span),
        }
    }

    /// The last word of the contact or a human, or the hand-back after it; `None` while the bot does not have the conversation.
    fn silent_since(&self) -> Option<Time> {
        let conversation = &self.state.conversation;
        let last = conversation.last_in_at.max(conversation.last_human_at).max(conversation.handed_back_at);
        last.filter(|_| self.owner() == Owner::Bot)
    }

    /// The end of people's quiet time, where something waits for it.
    fn quiet_ends(&self) -> Option<Time> {
        let table = &self.revision.table;
        let is_idle = |(_, timed): &(FlowIx, Timed)| matches!(timed, Timed::Idle(_));
        let wanted = !table.on(Occasion::HandedBack).is_empty()
            || table.timed().iter().any(is_idle)
            || self.state.agenda.starts.iter().any(|start| start.held);
        self.state.conversation.quiet_until.filter(|_| wanted && self.owner() != Owner::Bot)
    }

    /// See to it that the next look comes in time.
    pub(super) fn keep_watch(&mut self) {
        let watch = self.state.agenda.watch;
        let since = watch.map_or(self.now, |watch| watch.since);
        let timed = self.revision.table.timed().iter().filter_map(|(_, timed)| self.instant(*timed));
        let Some(next) = timed.chain(self.quiet_ends()).filter(|at| *at > since).min() else { return };
        // One millisecond at least: what is due now and was not seen to is looked at by an event of its own.
        let due = next.max(self.now + Span(1));
        if watch.is_some_and(|watch| watch.due <= due) {
            return;
        }
        let token = watch.map_or_else(|| self.next_token(), |watch| watch.token);
        self.state.agenda.watch = Some(Watch { token, due, since });
        self.timers.push(TimerChange::Set(Timer { token, due }));
    }
}
