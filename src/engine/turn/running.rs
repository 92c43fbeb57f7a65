//! A run under way: its callers, and how far its loops and forms have come; how it is parked at a wait and taken up again.

use super::Turning;
use super::runs::{Manner, Position};
use crate::bot::{FlowRef, StepIx};
use crate::domain::{
    Frame, Lap, Laps, Run, RunId, Span, StepKey, Timer, TimerChange, Token, TraceKind, Value, Wait, WaitKind,
};

/// Questions stacked on one another; more interrupts push the oldest out.
const MOST_ASKING: usize = 8;
/// Runs that wait for a time or a human.
const MOST_WAITING: usize = 16;
/// Flows that call one another: nobody follows more, and the state keeps each.
const MOST_CALLS: usize = 16;

/// A run under way.
#[derive(Debug)]
pub(super) struct Running {
    pub id: RunId,
    /// The step whose turn it is; `None` at the flow's end.
    pub at: Option<Position>,
    pub manner: Manner,
    /// Where it goes on at the flow's end, outermost first.
    callers: Vec<Frame>,
    /// How far the loops and forms of the flow have come.
    pub laps: Laps,
    /// What the flow gives back.
    value: Value,
    /// It went to another flow for good.
    pub left: bool,
}

/// Where a flow's end leads.
#[derive(Debug)]
pub(super) enum Back {
    /// On in a caller.
    At(Position),
    /// An edit removed the step of the caller.
    Gone(Frame),
    /// Nobody called.
    Over,
}

impl Running {
    pub(super) fn begun(id: RunId, manner: Manner) -> Self {
        Self { id, at: None, manner, callers: Vec::new(), laps: Laps::new(), value: Value::Unit, left: false }
    }

    /// It goes on there.
    pub(super) fn from(self, at: Option<Position>) -> Self {
        Self { at, ..self }
    }

    /// It leaves for good: nobody is come back to.
    pub(super) fn leave(&mut self) {
        self.left = true;
        self.callers.clear();
        self.laps.clear();
    }

    /// The flow is over, with this value; what an `on_error` in it would have come back to is, too.
    pub(super) fn give_back(&mut self, value: Value) -> Option<Position> {
        while self.callers.last().is_some_and(|frame| frame.at_step) {
            self.callers.pop();
        }
        self.value = value;
        None
    }
}

impl Turning<'_> {
    /// A run that waited, taken up again.
    pub(super) fn resumed(&self, run: &Run, manner: Manner) -> Running {
        let mut callers = run.frames.clone();
        let laps = callers.pop().map(|frame| self.laps_of(frame)).unwrap_or_default();
        Running { callers, laps, ..Running::begun(run.id, manner) }
    }

    /// How far the loops and forms of a frame had come, by the keys that they have now.
    fn laps_of(&self, frame: Frame) -> Laps {
        let flow = self.revision.flow_index.get(&frame.flow).and_then(|flow| self.revision.flows.get(*flow));
        let key_now = |key: &StepKey| Some(flow?.steps.get(*flow?.keys.get(key)?)?.key.clone());
        frame.laps.into_iter().map(|(key, lap)| (key_now(&key).unwrap_or(key), lap)).collect()
    }

    /// The flow's beginning; the step behind the call is where it comes back to.
    pub(super) fn call(&mut self, run: &mut Running, at: Position, target: &FlowRef) -> Option<Position> {
        let (flow, first) = self.target(target)?;
        if run.callers.len() >= MOST_CALLS {
            self.error(format!("flows call each other more than {MOST_CALLS} deep: this call is left out"));
            return self.next(at);
        }
        self.trace_flow(flow, "called");
        let frame = self.frame(at, std::mem::take(&mut run.laps))?;
        run.callers.push(frame);
        first
    }

    /// It goes on at this step once what it does first (`on_error`) is over.
    pub(super) fn push_resumed(&mut self, run: &mut Running, then: Position) {
        if run.callers.len() >= MOST_CALLS {
            return;
        }
        if let Some(frame) = self.frame(then, std::mem::take(&mut run.laps)) {
            run.callers.push(Frame { at_step: true, ..frame });
        }
    }

    /// The flow is over: on in those that called it.
    pub(super) fn come_back(&mut self, run: &mut Running) -> Back {
        while let Some(frame) = run.callers.pop() {
            let Some(at) = self.position_of(&frame) else { return Back::Gone(frame) };
            let at_step = frame.at_step;
            run.laps = self.laps_of(frame);
            if at_step {
                return Back::At(at);
            }
            let value = std::mem::take(&mut run.value);
            if let Some(entry) = self.entry(at) {
                self.come_to(at);
                self.trace(TraceKind::Step, format!("back at {} `{}`", entry.verb, entry.key));
                entry.step.returned(self, value);
            }
            if let Some(next) = self.next(at) {
                return Back::At(next);
            }
        }
        Back::Over
    }

    /// Let a step see and change how far it has come.
    pub(super) fn in_lap<R>(&mut self, run: &mut Running, key: &StepKey, decide: impl FnOnce(&mut Self) -> R) -> R {
        self.lap = run.laps.remove(key);
        let decided = decide(self);
        if let Some(lap) = self.lap.take() {
            run.laps.insert(key.clone(), lap);
        }
        decided
    }

    /// How far the step under way has come; `None` when it is come to anew. It is over unless it is kept again.
    pub fn take_lap(&mut self) -> Option<Lap> {
        self.lap.take()
    }

    /// The step under way has come so far.
    pub fn keep_lap(&mut self, lap: Lap) {
        self.lap = Some(lap);
    }

    /// A step of the flow, by its key.
    pub fn step_named(&self, key: &str) -> Option<StepIx> {
        self.revision.flows.get(self.here?.flow)?.keys.get(key).copied()
    }

    /// The key of a step of the flow.
    pub fn key_of(&self, step: StepIx) -> Option<String> {
        let entry = self.entry(Position { step, ..self.here? })?;
        Some(entry.key.as_str().to_owned())
    }

    /// Whether the `if` beside a step of the flow, if any, holds.
    pub fn applies(&mut self, step: StepIx) -> bool {
        let entry = self.here.and_then(|here| self.entry(Position { step, ..here }));
        entry.and_then(|entry| entry.condition.as_ref()).is_none_or(|condition| self.test(condition))
    }

    /// The run waits there; the wait's number, unless too many wait already.
    pub(super) fn park(&mut self, run: &Running, at: Position, kind: WaitKind, span: Option<Span>) -> Option<Token> {
        let frame = self.frame(at, run.laps.clone())?;
        self.state.next_token += 1;
        let token = Token(self.state.next_token);
        let due = span.map(|span| self.now + span);
        let wait = Wait { token, since: self.now, due, kind };
        let frames = run.callers.iter().cloned().chain([frame]).collect();
        let parked = Run { id: run.id, frames, wait };
        if matches!(kind, WaitKind::Answer { .. }) {
            self.push_asking(parked, run.manner);
        } else if !self.push_waiting(parked) {
            return None;
        }
        if let Some(due) = due {
            self.timers.push(TimerChange::Set(Timer { token, due }));
        }
        Some(token)
    }

    fn push_asking(&mut self, run: Run, manner: Manner) {
        if let Some(replaced) = manner.replaces.and_then(|id| self.take_asking(id)) {
            self.drop_timer(&replaced.wait);
        }
        let asking = &mut self.session().asking;
        asking.push(run);
        if asking.len() > MOST_ASKING {
            let oldest = asking.remove(0);
            self.drop_timer(&oldest.wait);
            self.error("too many questions stacked on one another: the oldest is given up");
        }
    }

    fn push_waiting(&mut self, run: Run) -> bool {
        let waiting = &mut self.session().waiting;
        if waiting.len() >= MOST_WAITING {
            self.error("too many runs wait already: this one ends here");
            return false;
        }
        waiting.push(run);
        true
    }

    pub(super) fn position(&self, run: &Run) -> Option<Position> {
        self.position_of(run.frames.last()?)
    }

    pub(super) fn position_of(&self, frame: &Frame) -> Option<Position> {
        let flow = *self.revision.flow_index.get(&frame.flow)?;
        let step = *self.revision.flows.get(flow)?.keys.get(&frame.step)?;
        Some(Position { flow, step })
    }

    fn frame(&self, at: Position, laps: Laps) -> Option<Frame> {
        let flow = self.revision.flows.get(at.flow)?;
        let step = flow.steps.get(at.step)?.key.clone();
        Some(Frame { flow: flow.name.clone(), step, laps, at_step: false })
    }
}
