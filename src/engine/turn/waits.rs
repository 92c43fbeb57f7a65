//! Waiting runs: how they go on when an answer, a time or a human comes, who is asked next, and how waits end.

use super::Turning;
use super::running::Running;
use super::runs::{Answered, Control, Manner, Position};
use crate::domain::{
    Frame, Laps, Message, Owner, Run, RunId, Timer, TimerChange, TimerFired, TraceKind, Wait, WaitKind,
};
use crate::engine::triggers::Occasion;

/// The manner of a run that takes the contact's message.
const CONVERSES: Manner = Manner { converses: true, comes_back: true, replaces: None };

impl Turning<'_> {
    /// The run that asks the contact, if any.
    pub(super) fn asking(&self) -> Option<&Run> {
        self.state.session.as_ref().and_then(|session| session.asking.last())
    }

    pub(super) fn take_asking(&mut self, id: RunId) -> Option<Run> {
        let asking = &mut self.state.session.as_mut()?.asking;
        let at = asking.iter().position(|run| run.id == id)?;
        Some(asking.remove(at))
    }

    /// Give the message to the waiting question. `None`: there is none.
    pub(super) fn answer(&mut self, message: &Message) -> Option<Answered> {
        let (run, at) = self.question()?;
        let entry = self.entry(at)?;
        self.come_to(at);
        self.trace(TraceKind::Step, format!("{} `{}` gets the answer", entry.verb, entry.key));
        self.run = Some(run.id);
        let mut running = self.resumed(&run, CONVERSES);
        if let Some((at, control)) = self.overheard(&mut running, at, message) {
            self.go_on_asking(running, at, control.clone());
            return Some(Answered::Taken(control));
        }
        self.come_to(at);
        let answered = self.in_lap(&mut running, &entry.key, |t| entry.step.answer(t, message));
        match &answered {
            Answered::Taken(control) => self.go_on_asking(running, at, control.clone()),
            Answered::Wrong => self.wrong(),
            Answered::Stays | Answered::LetsGo => self.leave_run(),
        }
        Some(answered)
    }

    /// A press on a button of an older question goes where that button led, whatever waits now; then what waits is asked again. False: it is
    /// no such press.
    pub(super) fn press_of_old(&mut self, message: &Message) -> bool {
        let Some(at) = self.pressed_at(message) else { return false };
        if self.asking().is_some_and(|run| self.position(run) == Some(at)) {
            return false;
        }
        let Some(entry) = self.entry(at) else { return false };
        self.come_to(at);
        let Answered::Taken(control) = entry.step.answer(self, message) else {
            self.leave_run();
            return false;
        };
        self.trace(
            TraceKind::Step,
            format!("{} `{}`: a button of it was pressed, though it waits no more", entry.verb, entry.key),
        );
        self.state.next_run += 1;
        let id = RunId(self.state.next_run);
        self.session();
        self.go_on(Running::begun(id, CONVERSES), at, control);
        true
    }

    /// The step that a pressed button belongs to, by the button's id.
    fn pressed_at(&self, message: &Message) -> Option<Position> {
        let (step, _) = message.option.as_deref()?.rsplit_once('.')?;
        // A flow kept beside the others has a dot in its name, a step of `every_question` in its key.
        let splits = step.match_indices('.').filter_map(|(dot, _)| Some((step.get(..dot)?, step.get(dot + 1..)?)));
        let frame = |(flow, key): (&str, &str)| Frame {
            flow: flow.into(),
            step: key.into(),
            laps: Laps::new(),
            at_step: false,
        };
        let mut places = splits.filter_map(|split| self.position_of(&frame(split)));
        places.find(|at| self.entry(*at).is_some_and(|entry| entry.step.asks()))
    }

    /// The form that the question stands in may take the message first.
    fn overheard(&mut self, running: &mut Running, at: Position, message: &Message) -> Option<(Position, Control)> {
        let at = Position { step: self.entry(at)?.round_of?, ..at };
        let entry = self.entry(at)?;
        self.come_to(at);
        let control = self.in_lap(running, &entry.key, |t| entry.step.overhears(t, message))?;
        self.trace(TraceKind::Step, format!("{} `{}` takes it", entry.verb, entry.key));
        Some((at, control))
    }

    /// Whether the waiting question lets the FAQ go first with this message.
    pub(super) fn question_lets_faq(&mut self, message: &Message) -> bool {
        let entry = self.question().and_then(|(_, at)| self.entry(at));
        entry.is_some_and(|entry| entry.step.lets_faq(self, message))
    }

    /// A question that is only an offer ends when a message is no answer to it. Whether it was one.
    pub(super) fn give_way(&mut self) -> bool {
        let Some((run, at)) = self.question() else { return false };
        let gives_way = self.entry(at).is_some_and(|entry| entry.step.gives_way());
        if let Some(run) = gives_way.then(|| self.take_asking(run.id)).flatten() {
            self.drop_timer(&run.wait);
            self.trace(TraceKind::Step, "the offer is over");
        }
        gives_way
    }

    /// A message was no answer: the question says what then.
    pub(super) fn wrong(&mut self) {
        let Some((run, at)) = self.question() else { return };
        let Some(entry) = self.entry(at) else { return };
        let wrong = match run.wait.kind {
            WaitKind::Answer { wrong, .. } => wrong.saturating_add(1),
            _ => 1,
        };
        self.come_to(at);
        self.run = Some(run.id);
        // What is said of the wrong answer is the apology for a `check` that failed.
        self.failed = false;
        self.trace(TraceKind::Step, format!("wrong answer {wrong}"));
        match entry.step.wrong(self, wrong) {
            Control::Stay => self.keep_waiting(run.id, wrong),
            control => self.go_on_asking(self.resumed(&run, CONVERSES), at, control),
        }
    }

    fn keep_waiting(&mut self, id: RunId, wrong: u32) {
        self.failed = false;
        self.leave_run();
        let asking = self.state.session.as_mut().map(|session| &mut session.asking);
        let wait = asking.and_then(|asking| asking.iter_mut().find(|run| run.id == id)).map(|run| &mut run.wait.kind);
        if let Some(WaitKind::Answer { wrong: counted, .. }) = wait {
            *counted = wrong;
        }
    }

    /// The question is over: its run goes on.
    fn go_on_asking(&mut self, running: Running, at: Position, control: Control) {
        if let Some(run) = self.take_asking(running.id) {
            self.drop_timer(&run.wait);
        }
        self.go_on(running, at, control);
    }

    /// The run that asks, and where.
    fn question(&self) -> Option<(Run, Position)> {
        let run = self.asking()?;
        Some((run.clone(), self.asks_at(run)?))
    }

    /// Where a run asks. An edit may have removed the step, or made one of it that does not ask.
    fn asks_at(&self, run: &Run) -> Option<Position> {
        self.position(run).filter(|at| self.entry(*at).is_some_and(|entry| entry.step.asks()))
    }

    /// Questions whose step an edit removed end here. True when something spoke in their place.
    pub(super) fn bury_orphans(&mut self) -> bool {
        while let Some(run) = self.asking().filter(|run| self.asks_at(run).is_none()).cloned() {
            self.take_asking(run.id);
            if self.orphan_run(&run, true) {
                return true;
            }
        }
        false
    }

    pub(super) fn orphan_run(&mut self, run: &Run, converses: bool) -> bool {
        self.drop_timer(&run.wait);
        run.frames.last().is_some_and(|frame| self.orphan(run.id, frame, converses))
    }

    /// An edit removed the step: `on_orphan` of its flow, else the contact starts over at `fallback`. True when that spoke.
    pub(super) fn orphan(&mut self, id: RunId, frame: &Frame, converses: bool) -> bool {
        self.error(format!("step `{}` of `{}` is gone", frame.step, frame.flow));
        let flow = self.revision.flow_index.get(&frame.flow).copied();
        let block = flow.and_then(|ix| Some((ix, self.revision.flows.get(ix)?.on_orphan?)));
        let manner = Manner { converses, ..Manner::default() };
        match block {
            Some((flow, block)) => {
                let at = block.0.map(|step| Position { flow, step });
                self.walk_from(id, at, manner);
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
        self.come_to(at);
        self.trace(TraceKind::Step, format!("{} again", entry.verb));
        // It says where it has come to; it does not go on from there.
        let mut running = self.resumed(&run, CONVERSES);
        self.in_lap(&mut running, &entry.key, |t| entry.step.run(t));
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
            match self.position(&run) {
                at @ Some(_) => {
                    self.walk(self.resumed(&run, CONVERSES).from(at));
                }
                None => {
                    self.orphan_run(&run, true);
                }
            }
        }
    }

    pub(super) fn take_waiting(&mut self, id: RunId) -> Option<Run> {
        let waiting = &mut self.state.session.as_mut()?.waiting;
        let at = waiting.iter().position(|run| run.id == id)?;
        Some(waiting.remove(at))
    }

    /// A timer fits only by its token; a late one goes to the trace and nowhere else. Whether it fitted.
    pub(super) fn timer_fired(&mut self, fired: TimerFired) -> bool {
        let session = self.state.session.as_ref();
        let fits = |run: &&Run| run.wait.token == fired.token;
        let on_top = self.asking().is_some_and(|run| fits(&run));
        let found = session.and_then(|session| session.asking.iter().chain(&session.waiting).find(fits)).cloned();
        let Some(run) = found else {
            self.trace(TraceKind::Event, "too late: nothing waits for this timer");
            return false;
        };
        if self.remind(&run, on_top) {
            return true;
        }
        self.take_asking(run.id);
        self.take_waiting(run.id);
        let Some(at) = self.position(&run) else {
            self.orphan_run(&run, on_top);
            return true;
        };
        let Some(entry) = self.entry(at) else { return false };
        self.run = Some(run.id);
        self.come_to(at);
        self.trace(TraceKind::Step, format!("{} `{}`: its time is over", entry.verb, entry.key));
        let control = entry.step.timeout(self);
        let manner = Manner { converses: on_top, comes_back: on_top, replaces: None };
        self.go_on(self.resumed(&run, manner), at, control);
        true
    }

    /// What came due is a reminder: it is said where the question is the one that waits, which goes on waiting. True when it was one.
    fn remind(&mut self, run: &Run, on_top: bool) -> bool {
        let WaitKind::Answer { wrong, reminded } = run.wait.kind else { return false };
        let Some(at) = self.asks_at(run) else { return false };
        let endings = self.entry(at).and_then(|entry| entry.step.endings());
        let Some((endings, say)) = endings.and_then(|endings| Some((endings, endings.reminder(reminded)?))) else {
            return false;
        };
        self.run = Some(run.id);
        self.come_to(at);
        self.trace(TraceKind::Step, "reminds");
        if on_top {
            self.say_texts(say);
        }
        let due = endings.due_after(reminded.saturating_add(1)).map(|span| run.wait.since + span);
        let token = self.next_token();
        let kind = WaitKind::Answer { wrong, reminded: reminded.saturating_add(1) };
        let asking = self.state.session.as_mut().and_then(|session| session.asking.iter_mut().find(|r| r.id == run.id));
        if let Some(asking) = asking {
            asking.wait = Wait { token, since: run.wait.since, due, kind };
        }
        if let Some(due) = due {
            self.timers.push(TimerChange::Set(Timer { token, due }));
        }
        self.failed = false;
        self.leave_run();
        true
    }

    /// The waiting question keeps every message: no flow cuts in, and nothing is let go of.
    pub(super) fn keeps_all(&self) -> bool {
        let entry = self.question().and_then(|(_, at)| self.entry(at));
        entry.and_then(|entry| entry.step.endings()).is_some_and(|endings| !endings.interruptible())
    }

    /// Those that wait for a human go on.
    pub(super) fn wake_for_human(&mut self) {
        let waiting = self.state.session.as_ref().map_or(&[][..], |session| &session.waiting);
        let woken: Vec<Run> = waiting.iter().filter(|run| run.wait.kind == WaitKind::HumanReplied).cloned().collect();
        for run in woken {
            self.take_waiting(run.id);
            self.drop_timer(&run.wait);
            match self.position(&run) {
                Some(at) => self.go_on(self.resumed(&run, Manner::default()), at, Control::Next),
                None => {
                    self.orphan_run(&run, false);
                }
            }
        }
    }

    /// The session ends, with all that waits in it.
    pub(super) fn stop(&mut self) {
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
}
