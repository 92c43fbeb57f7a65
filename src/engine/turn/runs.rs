//! Runs: how a flow is walked from step to step, and where it waits.

use super::running::{Back, Running};
use super::{FlowIx, Turning};
use crate::bot::{Block, FlowRef, StepEntry, StepIx};
use crate::domain::{HttpCall, RunId, Span, TraceKind, Value, WaitKind};
use crate::engine::steps::Step;

/// What comes after a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// The next of its block.
    Next,
    /// A block of its own, then the next.
    Enter(Block),
    /// Another flow, for good.
    Go(FlowRef),
    /// Another flow, then the next.
    Call(FlowRef),
    /// The flow is over; its caller, if any, gets the value.
    Return(Value),
    /// Nothing, until the answer to this call comes.
    CallOut(Box<HttpCall>),
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
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// It is the answer.
    Taken(Control),
    /// It was understood and answered, and the question goes on waiting.
    Stays,
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
        if self.ahead.speaks {
            self.state.agenda.speaking.push(id);
        }
        self.session();
        let step = self.revision.flows.get(flow).and_then(|flow| flow.first);
        let at = step.map(|step| Position { flow, step });
        self.walk_from(id, at, manner)
    }

    /// Walk a run from there.
    pub(super) fn walk_from(&mut self, id: RunId, at: Option<Position>, manner: Manner) -> Walked {
        self.walk(Running::begun(id, manner).from(at))
    }

    /// Walk on after what the step there said.
    pub(super) fn go_on(&mut self, mut run: Running, at: Position, control: Control) {
        self.run = Some(run.id);
        if self.follow(&mut run, at, Some(control)).is_none() {
            self.walk(run);
        }
        self.leave_run();
    }

    pub(super) fn walk(&mut self, mut run: Running) -> Walked {
        self.run = Some(run.id);
        let ended = self.walk_steps(&mut run);
        self.leave_run();
        if let Err(walked) = ended {
            return walked;
        }
        if run.manner.comes_back && !run.left {
            self.ask_again();
        }
        if run.left { Walked::Elsewhere } else { Walked::Ended }
    }

    /// Step by step, then on in the callers, until nothing is left of it. An error: it ended before.
    fn walk_steps(&mut self, run: &mut Running) -> Result<(), Walked> {
        loop {
            let Some(at) = run.at else {
                match self.come_back(run) {
                    Back::At(at) => run.at = Some(at),
                    Back::Over => return Ok(()),
                    Back::Gone(frame) => {
                        self.leave_run();
                        self.orphan(run.id, &frame, run.manner.converses);
                        return Err(Walked::Elsewhere);
                    }
                }
                continue;
            };
            if !self.spend_step() {
                return Err(Walked::Elsewhere);
            }
            let control = self.step(run, at);
            if let Some(walked) = self.follow(run, at, control) {
                return Err(walked);
            }
        }
    }

    /// It is this step's turn.
    pub(super) fn come_to(&mut self, at: Position) {
        self.here = Some(at);
        self.place = self.entry(at).map(|entry| entry.place.clone());
    }

    pub(super) fn leave_run(&mut self) {
        (self.run, self.here, self.place) = (None, None, None);
    }

    pub(super) fn spend_step(&mut self) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        if self.steps_left == 0 {
            self.error("too many steps in one turn: a circle without a question");
        }
        self.steps_left > 0
    }

    /// Run one step, unless its `if` says no. A loop or form that was entered is not asked again whether.
    fn step(&mut self, run: &mut Running, at: Position) -> Option<Control> {
        let entry = self.entry(at)?;
        self.come_to(at);
        if let Some(condition) = entry.condition.as_ref().filter(|_| !run.laps.contains_key(&entry.key))
            && !self.test(condition)
        {
            self.trace(TraceKind::Step, format!("{} not run", entry.verb));
            return Some(Control::Next);
        }
        if entry.step.asks() && !self.may_ask(run.manner) {
            self.trace(TraceKind::Step, format!("{} `{}` waits for its turn", entry.verb, entry.key));
            return None;
        }
        self.trace(TraceKind::Step, entry.verb);
        Some(self.in_lap(run, &entry.key, |t| entry.step.run(t)))
    }

    fn may_ask(&self, manner: Manner) -> bool {
        let nobody_asks = self.state.session.as_ref().is_none_or(|session| session.asking.is_empty());
        (manner.converses || nobody_asks) && self.may_converse()
    }

    /// Do what a step said. `Some` when the walk is over. No control: the step is a question whose turn has not come.
    fn follow(&mut self, run: &mut Running, at: Position, control: Option<Control>) -> Option<Walked> {
        let then = match control {
            None => {
                self.park(run, at, WaitKind::ToAsk, None);
                return Some(Walked::Elsewhere);
            }
            Some(Control::CallOut(call)) => {
                self.call_out(run, at, *call);
                return Some(Walked::Elsewhere);
            }
            // A question that could not be put to words is put again, once `on_error` has spoken.
            Some(Control::Wait(..)) if self.will_apologise(at) => Some(at),
            Some(Control::Wait(what, span)) => {
                self.park(run, at, kind(what), span);
                return Some(Walked::Elsewhere);
            }
            Some(Control::Stop) => {
                self.stop();
                return Some(Walked::Elsewhere);
            }
            Some(Control::Next | Control::Stay | Control::Enter(Block(None))) => self.next(at),
            Some(Control::Enter(Block(Some(step)))) => Some(Position { step, ..at }),
            Some(Control::Go(target)) => self.go(run, &target),
            Some(Control::Call(target)) => self.call(run, at, &target),
            Some(Control::Return(value)) => run.give_back(value),
        };
        run.at = self.apologise(run, at, then);
        None
    }

    fn go(&mut self, run: &mut Running, target: &FlowRef) -> Option<Position> {
        run.leave();
        if run.manner.converses {
            self.drop_asking("left by `go`");
        }
        let (flow, at) = self.target(target)?;
        self.trace_flow(flow, "went there");
        at
    }

    /// A flow, and where it or the step named begins.
    pub(super) fn target(&self, target: &FlowRef) -> Option<(FlowIx, Option<Position>)> {
        let flow = *self.revision.flow_index.get(&target.flow)?;
        let found = self.revision.flows.get(flow)?;
        let step = match &target.step {
            Some(key) => found.keys.get(key).copied(),
            None => found.first,
        };
        Some((flow, step.map(|step| Position { flow, step })))
    }

    /// After an error in a script, `on_error` of the flow or the bot speaks, once a turn, and the flow goes on.
    fn apologise(&mut self, run: &mut Running, at: Position, then: Option<Position>) -> Option<Position> {
        let apology = self.apology(at);
        if !std::mem::take(&mut self.failed) || apology.is_none() {
            return then;
        }
        self.apologised = true;
        self.trace(TraceKind::Step, "on_error");
        if let Some(then) = then {
            self.push_resumed(run, then);
        }
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

    pub(super) fn next(&self, at: Position) -> Option<Position> {
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
        For::Answer => WaitKind::Answer { wrong: 0, reminded: 0 },
        For::Time => WaitKind::Time,
        For::HumanReplied => WaitKind::HumanReplied,
    }
}
