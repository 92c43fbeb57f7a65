//! Runs: how a flow is walked from step to step, and where it waits.

use super::{FlowIx, Turning};
use crate::bot::{Block, FlowRef, StepEntry, StepIx};
use crate::domain::{Frame, Run, RunId, Span, Timer, TimerChange, Token, TraceKind, Wait, WaitKind};
use crate::engine::steps::Step;

/// Questions stacked on one another; more interrupts push the oldest out.
const MOST_ASKING: usize = 8;
/// Runs that wait for a time or a human.
const MOST_WAITING: usize = 16;

/// What comes after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The next of its block.
    Next,
    /// A block of its own, then the next.
    Enter(Block),
    /// Another flow, for good.
    Go(FlowRef),
    /// Nothing, until that comes.
    Wait(For, Option<Span>),
    /// It goes on waiting (after a wrong answer).
    Stay,
    /// The session ends.
    Stop,
}

/// What a step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// An answer.
    Answer,
    /// A time.
    Time,
    /// A human's message.
    HumanReplied,
}

/// What a question makes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is the answer.
    Taken(Control),
    /// It is a wrong answer.
    Wrong,
    /// It is none: other flows may have it; when none wants it, it was a wrong answer.
    LetsGo,
}

/// A step in a flow of this revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub flow: FlowIx,
    pub step: StepIx,
}

/// How a run came to be walked, and what its end means for those who wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// The contact's message is its: it may ask on top of who asks, and leaving ends those beneath.
    pub converses: bool,
    /// At its end the question beneath is asked again.
    pub comes_back: bool,
    /// The question that it takes the place of when it asks.
    pub replaces: Option<RunId>,
}

/// A run under way.
#[derive(Debug)]
struct Running {
    id: RunId,
    at: Option<Position>,
    manner: Manner,
    /// Where it goes on after `on_error`.
    after_error: Option<Position>,
    /// It went to another flow for good.
    left: bool,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walked {
    /// At the flow's end.
    Ended,
    /// It waits, left for another flow, or stopped.
    Elsewhere,
}

impl Turning<'_> {
    /// Start a flow as a new run.
    pub(super) fn start(&mut self, flow: FlowIx, manner: Manner) -> Walked {
        self.state.next_run += 1;
        let id = RunId(self.state.next_run);
        self.session();
        let step = self.revision.flows.get(flow).and_then(|flow| flow.first);
        let at = step.map(|step| Position { flow, step });
        self.walk_from(id, at, manner)
    }

    /// Walk a run from there.
    pub(super) fn walk_from(&mut self, id: RunId, at: Option<Position>, manner: Manner) -> Walked {
        self.walk(Running { id, at, manner, after_error: None, left: false })
    }

    /// Walk on after what the step there said.
    pub(super) fn go_on(&mut self, id: RunId, at: Position, control: Control, manner: Manner) {
        let mut run = Running { id, at: None, manner, after_error: None, left: false };
        self.run = Some(id);
        if self.follow(&mut run, at, Some(control)).is_none() {
            self.walk(run);
        }
        self.leave_run();
    }

    fn walk(&mut self, mut run: Running) -> Walked {
        self.run = Some(run.id);
        while let Some(at) = run.at {
            if !self.spend_step() {
                self.leave_run();
                return Walked::Elsewhere;
            }
            let control = self.step(at, run.manner);
            if let Some(walked) = self.follow(&mut run, at, control) {
                self.leave_run();
                return walked;
            }
        }
        self.leave_run();
        if run.manner.comes_back && !run.left {
            self.ask_again();
        }
        if run.left { Walked::Elsewhere } else { Walked::Ended }
    }

    pub(super) fn leave_run(&mut self) {
        self.run = None;
        self.place = None;
    }

    pub(super) fn spend_step(&mut self) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        if self.steps_left == 0 {
            self.error("too many steps in one turn: a circle without a question");
        }
        self.steps_left > 0
    }

    /// Run one step, unless its `if` says no.
    fn step(&mut self, at: Position, manner: Manner) -> Option<Control> {
        let entry = self.entry(at)?;
        self.place = Some(entry.place.clone());
        if let Some(condition) = &entry.condition
            && !self.test(condition)
        {
            self.trace(TraceKind::Step, format!("{} not run", entry.verb));
            return Some(Control::Next);
        }
        if entry.step.asks() && !self.may_ask(manner) {
            self.trace(TraceKind::Step, format!("{} `{}` waits for its turn", entry.verb, entry.key));
            return None;
        }
        self.trace(TraceKind::Step, entry.verb);
        Some(entry.step.run(self))
    }

    fn may_ask(&self, manner: Manner) -> bool {
        let nobody_asks = self.state.session.as_ref().is_none_or(|session| session.asking.is_empty());
        (manner.converses || nobody_asks) && self.may_speak()
    }

    /// Do what a step said. `Some` when the walk is over. No control: the step is a question whose turn has not come.
    fn follow(&mut self, run: &mut Running, at: Position, control: Option<Control>) -> Option<Walked> {
        let then = match control {
            None => return Some(self.park(run, at, WaitKind::ToAsk, None)),
            // A question that could not be put to words is put again, once `on_error` has spoken.
            Some(Control::Wait(..)) if self.will_apologise(at) => Some(at),
            Some(Control::Wait(what, span)) => return Some(self.park(run, at, kind(what), span)),
            Some(Control::Stop) => {
                self.stop();
                return Some(Walked::Elsewhere);
            }
            Some(Control::Next | Control::Stay | Control::Enter(Block(None))) => self.after(run, at),
            Some(Control::Enter(Block(Some(step)))) => Some(Position { step, ..at }),
            Some(Control::Go(target)) => self.go(run, &target),
        };
        run.at = self.apologise(run, at, then);
        None
    }

    fn after(&self, run: &mut Running, at: Position) -> Option<Position> {
        self.next(at).or_else(|| run.after_error.take())
    }

    fn go(&mut self, run: &mut Running, target: &FlowRef) -> Option<Position> {
        run.left = true;
        run.after_error = None;
        if run.manner.converses {
            self.drop_asking("left by `go`");
        }
        let flow = *self.revision.flow_index.get(&target.flow)?;
        let found = self.revision.flows.get(flow)?;
        self.trace_flow(flow, "went there");
        let step = match &target.step {
            Some(key) => found.keys.get(key).copied(),
            None => found.first,
        };
        Some(Position { flow, step: step? })
    }

    /// After an error in a script, `on_error` of the flow or the bot speaks, once a turn, and the flow goes on.
    fn apologise(&mut self, run: &mut Running, at: Position, then: Option<Position>) -> Option<Position> {
        let apology = self.apology(at);
        if !std::mem::take(&mut self.failed) || apology.is_none() {
            return then;
        }
        self.apologised = true;
        self.trace(TraceKind::Step, "on_error");
        run.after_error = then;
        apology
    }

    fn will_apologise(&self, at: Position) -> bool {
        self.failed && self.apology(at).is_some()
    }

    fn apology(&self, at: Position) -> Option<Position> {
        if self.apologised {
            return None;
        }
        let flow = self.revision.flows.get(at.flow)?;
        if let Some(block) = flow.on_error {
            return block.0.map(|step| Position { step, ..at });
        }
        let flow = self.revision.on_error?;
        let step = self.revision.flows.get(flow)?.first?;
        Some(Position { flow, step })
    }

    fn park(&mut self, run: &Running, at: Position, kind: WaitKind, span: Option<Span>) -> Walked {
        let Some(frame) = self.frame(at) else { return Walked::Elsewhere };
        self.state.next_token += 1;
        let token = Token(self.state.next_token);
        let due = span.map(|span| self.now + span);
        let wait = Wait { token, since: self.now, due, kind };
        let parked = Run { id: run.id, frames: vec![frame], wait };
        if matches!(kind, WaitKind::Answer { .. }) {
            self.push_asking(parked, run.manner);
        } else if !self.push_waiting(parked) {
            return Walked::Elsewhere;
        }
        if let Some(due) = due {
            self.timers.push(TimerChange::Set(Timer { run: run.id, token, due }));
        }
        Walked::Elsewhere
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
        let frame = run.frames.last()?;
        let flow = *self.revision.flow_index.get(&frame.flow)?;
        let step = *self.revision.flows.get(flow)?.keys.get(&frame.step)?;
        Some(Position { flow, step })
    }

    fn frame(&self, at: Position) -> Option<Frame> {
        let flow = self.revision.flows.get(at.flow)?;
        Some(Frame { flow: flow.name.clone(), step: flow.steps.get(at.step)?.key.clone() })
    }

    fn next(&self, at: Position) -> Option<Position> {
        let step = self.revision.flows.get(at.flow)?.steps.get(at.step)?.next?;
        Some(Position { step, ..at })
    }
}

impl<'a> Turning<'a> {
    pub(super) fn entry(&self, at: Position) -> Option<&'a StepEntry<Step>> {
        self.revision.flows.get(at.flow)?.steps.get(at.step)
    }
}

fn kind(what: For) -> WaitKind {
    match what {
        For::Answer => WaitKind::Answer { wrong: 0 },
        For::Time => WaitKind::Time,
        For::HumanReplied => WaitKind::HumanReplied,
    }
}
