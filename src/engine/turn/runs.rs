//! Runs: how a flow is walked, where it waits, how it goes on, and who is asked next.

use super::{FlowIx, Turning};
use crate::bot::{Block, FlowRef, StepEntry, StepIx};
use crate::domain::{
    Frame, Message, Owner, Run, RunId, Span, Timer, TimerChange, TimerFired, Token, TraceKind, Wait, WaitKind,
};
use crate::engine::steps::Step;
use crate::engine::triggers::Occasion;

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
struct Position {
    flow: FlowIx,
    step: StepIx,
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
        self.walk(Running { id, at, manner, after_error: None, left: false })
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

    fn leave_run(&mut self) {
        self.run = None;
        self.place = None;
    }

    fn spend_step(&mut self) -> bool {
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

    // Going on.

    /// The run that asks the contact, if any.
    pub(super) fn asking(&self) -> Option<&Run> {
        self.state.session.as_ref().and_then(|session| session.asking.last())
    }

    fn take_asking(&mut self, id: RunId) -> Option<Run> {
        let asking = &mut self.state.session.as_mut()?.asking;
        let at = asking.iter().position(|run| run.id == id)?;
        Some(asking.remove(at))
    }

    /// Give the message to the waiting question. `None`: there is none.
    pub(super) fn answer(&mut self, message: &Message) -> Option<Answered> {
        let (run, at) = self.question()?;
        let entry = self.entry(at)?;
        self.place = Some(entry.place.clone());
        self.trace(TraceKind::Step, format!("{} `{}` gets the answer", entry.verb, entry.key));
        self.run = Some(run.id);
        let answered = entry.step.answer(self, message);
        match &answered {
            Answered::Taken(control) => self.go_on_asking(run.id, at, control.clone()),
            Answered::Wrong => self.wrong(),
            Answered::LetsGo => self.leave_run(),
        }
        Some(answered)
    }

    /// A message was no answer: the question says what then.
    pub(super) fn wrong(&mut self) {
        let Some((run, at)) = self.question() else { return };
        let Some(entry) = self.entry(at) else { return };
        let wrong = match run.wait.kind {
            WaitKind::Answer { wrong } => wrong.saturating_add(1),
            _ => 1,
        };
        self.place = Some(entry.place.clone());
        self.run = Some(run.id);
        // What is said of the wrong answer is the apology for a `check` that failed.
        self.failed = false;
        self.trace(TraceKind::Step, format!("wrong answer {wrong}"));
        match entry.step.wrong(self, wrong) {
            Control::Stay => self.keep_waiting(run.id, wrong),
            control => self.go_on_asking(run.id, at, control),
        }
    }

    fn keep_waiting(&mut self, id: RunId, wrong: u32) {
        self.failed = false;
        self.leave_run();
        let asking = self.state.session.as_mut().map(|session| &mut session.asking);
        if let Some(run) = asking.and_then(|asking| asking.iter_mut().find(|run| run.id == id)) {
            run.wait.kind = WaitKind::Answer { wrong };
        }
    }

    /// The question is over: its run goes on.
    fn go_on_asking(&mut self, id: RunId, at: Position, control: Control) {
        if let Some(run) = self.take_asking(id) {
            self.drop_timer(&run.wait);
        }
        let manner = Manner { converses: true, comes_back: true, replaces: None };
        self.go_on(id, at, control, manner);
    }

    fn go_on(&mut self, id: RunId, at: Position, control: Control, manner: Manner) {
        let mut run = Running { id, at: None, manner, after_error: None, left: false };
        self.run = Some(id);
        if self.follow(&mut run, at, Some(control)).is_none() {
            self.walk(run);
        }
        self.leave_run();
    }

    /// The run that asks, and where.
    fn question(&self) -> Option<(Run, Position)> {
        let run = self.asking()?;
        Some((run.clone(), self.position(run)?))
    }

    /// Questions whose step an edit removed end here. True when something spoke in their place.
    pub(super) fn bury_orphans(&mut self) -> bool {
        while let Some(run) = self.asking().filter(|run| self.position(run).is_none()).cloned() {
            self.take_asking(run.id);
            if self.orphan(&run) {
                return true;
            }
        }
        false
    }

    /// An edit removed the step: `on_orphan` of its flow, else the contact starts over at `fallback`. True when that spoke.
    fn orphan(&mut self, run: &Run) -> bool {
        self.drop_timer(&run.wait);
        let Some(frame) = run.frames.last() else { return false };
        self.error(format!("step `{}` of `{}` is gone", frame.step, frame.flow));
        let flow = self.revision.flow_index.get(&frame.flow).copied();
        let block = flow.and_then(|ix| Some((ix, self.revision.flows.get(ix)?.on_orphan?)));
        let manner = Manner { converses: true, ..Manner::default() };
        match block {
            Some((flow, block)) => {
                let at = block.0.map(|step| Position { flow, step });
                self.walk(Running { id: run.id, at, manner, after_error: None, left: false });
                true
            }
            None => self.message().is_some() && self.offer_occasion(Occasion::Fallback, manner),
        }
    }

    /// The question beneath is asked again, after an interrupt that ended without leaving.
    pub(super) fn ask_again(&mut self) {
        if self.owner() != Owner::Bot {
            return;
        }
        if self.bury_orphans() {
            return;
        }
        let Some((run, at)) = self.question() else { return };
        let Some(entry) = self.entry(at).filter(|_| self.spend_step()) else { return };
        self.run = Some(run.id);
        self.place = Some(entry.place.clone());
        self.trace(TraceKind::Step, format!("{} again", entry.verb));
        entry.step.run(self);
        self.failed = false;
        self.leave_run();
    }

    /// Questions whose turn has come, one at a time.
    pub(super) fn ask_what_waits(&mut self) {
        while self.steps_left > 0 && self.asking().is_none() && self.owner() != Owner::People {
            let may = |run: &Run, turning: &Self| {
                let handed_off = turning.state.conversation.handed_off_by == Some(run.id);
                run.wait.kind == WaitKind::ToAsk && (turning.owner() == Owner::Bot || handed_off)
            };
            let waiting = self.state.session.as_ref().map_or(&[][..], |session| &session.waiting);
            let Some(run) = waiting.iter().find(|run| may(run, self)).cloned() else { return };
            self.take_waiting(run.id);
            let manner = Manner { converses: true, comes_back: true, replaces: None };
            match self.position(&run) {
                Some(at) => {
                    self.walk(Running { id: run.id, at: Some(at), manner, after_error: None, left: false });
                }
                None => {
                    self.orphan(&run);
                }
            }
        }
    }

    fn take_waiting(&mut self, id: RunId) -> Option<Run> {
        let waiting = &mut self.state.session.as_mut()?.waiting;
        let at = waiting.iter().position(|run| run.id == id)?;
        Some(waiting.remove(at))
    }

    /// A timer fits only by run and token; a late one goes to the trace and nowhere else.
    pub(super) fn timer_fired(&mut self, fired: TimerFired) {
        let session = self.state.session.as_ref();
        let fits = |run: &&Run| run.id == fired.run && run.wait.token == fired.token;
        let on_top = self.asking().is_some_and(|run| fits(&run));
        let found = session.and_then(|session| session.asking.iter().chain(&session.waiting).find(fits)).cloned();
        let Some(run) = found else {
            self.trace(TraceKind::Event, "too late: nothing waits for this timer");
            return;
        };
        self.take_asking(run.id);
        self.take_waiting(run.id);
        let Some(at) = self.position(&run) else {
            self.orphan(&run);
            return;
        };
        let Some(entry) = self.entry(at) else { return };
        self.run = Some(run.id);
        self.place = Some(entry.place.clone());
        self.trace(TraceKind::Step, format!("{} `{}`: its time is over", entry.verb, entry.key));
        let control = entry.step.timeout(self);
        let manner = Manner { converses: on_top, comes_back: on_top, replaces: None };
        self.go_on(run.id, at, control, manner);
    }

    /// Those that wait for a human go on.
    pub(super) fn wake_for_human(&mut self) {
        let waiting = self.state.session.as_ref().map_or(&[][..], |session| &session.waiting);
        let woken: Vec<Run> = waiting.iter().filter(|run| run.wait.kind == WaitKind::HumanReplied).cloned().collect();
        for run in woken {
            self.take_waiting(run.id);
            self.drop_timer(&run.wait);
            match self.position(&run) {
                Some(at) => self.go_on(run.id, at, Control::Next, Manner::default()),
                None => {
                    self.orphan(&run);
                }
            }
        }
    }

    // Ends.

    /// The session ends, with all that waits in it.
    fn stop(&mut self) {
        if let Some(session) = self.state.session.take() {
            session.asking.iter().chain(&session.waiting).for_each(|run| self.drop_timer(&run.wait));
        }
    }

    /// Nobody is asked any more.
    pub(super) fn drop_asking(&mut self, why: &str) {
        let Some(session) = &mut self.state.session else { return };
        let dropped = std::mem::take(&mut session.asking);
        for run in dropped {
            self.drop_timer(&run.wait);
            let question = run.frames.last().map_or(String::new(), |frame| format!("{}.{}", frame.flow, frame.step));
            self.trace(TraceKind::Step, format!("question `{question}` is given up: {why}"));
        }
    }

    pub(super) fn drop_timer(&mut self, wait: &Wait) {
        if wait.due.is_some() {
            self.timers.push(TimerChange::Drop(wait.token));
        }
    }

    // Places.

    fn position(&self, run: &Run) -> Option<Position> {
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
    fn entry(&self, at: Position) -> Option<&'a StepEntry<Step>> {
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
