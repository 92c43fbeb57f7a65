//! The lane of events: accepting and deciding in one commit when the lane is free, in two when it is busy or the turn is slow.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;
use tracing::{error, info, warn};

use super::hub::Hub;
use super::lane::{Entry, Job, Lane, Queued, is_human};
use super::lanes::Order;
use super::turn::{Answer, Question, Running};
use super::{limits, unit};
use crate::domain::{
    Body, Change, Committed, Event, EventState, OutboxRow, Owner, ReadVersion, Seq, State, Time, Trace, TraceEntry,
    TraceKind, Turn, Unit,
};
use crate::store::Stored;

/// What accepting an event came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// On disk and handled.
    Handled,
    /// On disk; it is handled when its turn comes.
    Kept,
    /// Known already: nothing changed.
    Duplicate,
    /// Nothing to store.
    Ignored,
    /// Not now: too much waits, or the answer that it belongs to is still under way.
    Later,
    /// The store refused.
    Failed,
}

/// How a turn ended, and the event where it goes on.
enum Concluded {
    Committed,
    Duplicate,
    Nothing,
    Conflict(Job),
    Panicked(Job, String),
    Failed,
}

/// A turn on its way to the store: what the lane knows of it afterwards. Kept apart from the futures that wait for the commit, which are
/// moved and must be small.
struct Ready {
    job: Job,
    also: Vec<Change>,
    outcome: unit::Outcome,
    permit: Option<OwnedSemaphorePermit>,
    now: Time,
    /// With it the contact has opted out.
    opted_out: bool,
}

impl Ready {
    fn new(lane: &Lane, question: Box<Question>, turn: Turn) -> (Unit, Box<Self>) {
        let Question { state, version, mut job, now, .. } = *question;
        let also = job.also.clone();
        let (mut unit, mut outcome) = unit::of_turn(&lane.account, &mut job, turn, version, now);
        let permit = unit::bear(&lane.account, &lane.lock(), &mut outcome, now);
        unit.changes.extend(unit::phone(state.as_deref(), &outcome.state));
        unit.changes.extend(unit::handed(state.as_deref(), &outcome.state));
        unit.changes.extend(outcome.rows.iter().cloned().map(|row| Change::Row(Box::new(row))));
        let opted_out = outcome.state.contact.opted_out && state.is_some_and(|before| !before.contact.opted_out);
        (unit, Box::new(Self { job, also, outcome, permit, now, opted_out }))
    }

    /// The event as it was, to be decided once more.
    fn again(self) -> Job {
        Job { also: self.also, ..self.job }
    }
}

impl Job {
    /// An event that just arrived.
    pub fn new(event: impl Into<Arc<Event>>, accepted_at: Time) -> Self {
        Self { event: event.into(), seq: Seq(0), accepted_at, attempts: 0, stored: false, also: Vec::new() }
    }
}

impl Hub {
    /// Accept an event in its lane. When it returns `Handled` or `Kept`, the event is on disk.
    pub async fn accept(self: &Arc<Self>, lane: &Arc<Lane>, job: Job) -> Accepted {
        self.accept_in_order(lane, job, Vec::new()).await
    }

    /// The same; `order` is let go when the event has its number.
    pub async fn accept_in_order(self: &Arc<Self>, lane: &Arc<Lane>, mut job: Job, order: Order<'_>) -> Accepted {
        let entry = lane.enter(is_human(&job.event), limits::PENDING_PER_CONVERSATION);
        drop(order);
        match entry {
            Entry::Free(seq) | Entry::Queued(seq) | Entry::Unborn(seq) => job.seq = seq,
            Entry::Full => return Accepted::Later,
        }
        match entry {
            Entry::Free(_) => self.accept_free(lane, job).await,
            // What is rare is boxed: a future is as large as the largest of its branches, and this one is made for each message.
            Entry::Unborn(_) => Box::pin(self.accept_unborn(lane, job)).await,
            _ => Box::pin(self.accept_busy(lane, job)).await,
        }
    }

    /// The conversation is just beginning with another event, or with this one after all.
    pub async fn accept_unborn(self: &Arc<Self>, lane: &Arc<Lane>, job: Job) -> Accepted {
        if lane.is_first(job.seq).await { self.accept_free(lane, job).await } else { self.accept_busy(lane, job).await }
    }

    /// The lane is ours: decide at once and commit it all together.
    async fn accept_free(self: &Arc<Self>, lane: &Arc<Lane>, mut job: Job) -> Accepted {
        let human = is_human(&job.event);
        for _ in 0..limits::CONFLICTS {
            let (question, answer) =
                match self.ask(self.question_of_known(lane, job).await).within(limits::PATIENCE).await {
                    Ok(ended) => ended,
                    Err(running) => return Box::pin(self.hand_over(lane, running)).await,
                };
            let accepted = match self.conclude(lane, question, answer).await {
                Concluded::Committed => Accepted::Handled,
                Concluded::Duplicate => Accepted::Duplicate,
                Concluded::Nothing => Accepted::Ignored,
                Concluded::Failed => Accepted::Failed,
                Concluded::Panicked(failed, why) => {
                    return Box::pin(self.keep_failed(lane, failed, &why)).await;
                }
                Concluded::Conflict(again) => {
                    job = again;
                    if self.reload(lane).await.is_ok() {
                        continue;
                    }
                    Accepted::Failed
                }
            };
            self.leave(lane, human);
            return accepted;
        }
        self.leave(lane, human);
        Accepted::Failed
    }

    /// The turn is slow: acknowledge the event now, its result is the next unit.
    async fn hand_over(self: &Arc<Self>, lane: &Arc<Lane>, running: Running) -> Accepted {
        let Running::Apart(question, _) = &running else {
            // Only a turn on a thread of its own can be slow.
            self.leave(lane, false);
            return Accepted::Failed;
        };
        let (job, begun, fresh) = (question.job.clone(), question.begun(), question.version == 0);
        let Some(state) = begun else {
            self.leave(lane, is_human(&job.event));
            return Accepted::Ignored;
        };
        // A new conversation's turn was asked about a state that is only now stored: it is asked again.
        let running = if fresh { None } else { Some(running) };
        self.keep_front(lane, job, fresh.then_some(state), running).await
    }

    /// The first turn panicked: keep the event and try again from the queue.
    async fn keep_failed(self: &Arc<Self>, lane: &Arc<Lane>, mut job: Job, why: &str) -> Accepted {
        error!(conversation = %lane.id, seq = job.seq.0, why, "a turn failed; it is tried again");
        self.metrics.turn("panicked");
        job.attempts += 1;
        let question = self.question(lane, job.clone());
        let fresh = question.version == 0;
        let begun = if fresh { super::turn::caught(|| question.begun()).ok().flatten() } else { None };
        if fresh && begun.is_none() {
            self.leave(lane, is_human(&job.event));
            return Accepted::Failed;
        }
        self.keep_front(lane, job, begun, None).await
    }

    /// Commit the event of the turn under way as pending, then go on with the lane.
    async fn keep_front(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        mut job: Job,
        begun: Option<Arc<State>>,
        running: Option<Running>,
    ) -> Accepted {
        let mut unit = Unit { reads: Vec::new(), changes: unit::accepting(&mut job) };
        if let Some(state) = &begun {
            unit.reads.push(ReadVersion { conversation: lane.id.clone(), version: 0 });
            unit.changes.extend(unit::phone(None, state));
            unit.changes.extend([unit::alias(&job, &lane.id), Change::State(Arc::clone(state))]);
        }
        unit.changes.push(Change::Event(Box::new(unit::event_row(&job, &lane.id, EventState::Pending))));
        let human = is_human(&job.event);
        match self.commit_one(unit).await {
            Ok(Committed::Done) => {
                job.stored = true;
                let mut inner = lane.lock();
                if let Some(state) = begun {
                    (inner.state, inner.version) = (Some(state), 1);
                }
                inner.queue.push_front(Queued { seq: job.seq, job: Some(job) });
                drop(inner);
                self.count_pending(true);
                self.spawn(Arc::clone(self).drain(Arc::clone(lane), running));
                Accepted::Kept
            }
            Ok(Committed::Duplicate) => {
                self.leave(lane, human);
                Accepted::Duplicate
            }
            Ok(Committed::Conflict) | Err(_) => {
                self.leave(lane, human);
                Accepted::Failed
            }
        }
    }

    /// The lane is busy: the event has its place in the queue; bring it to disk.
    async fn accept_busy(self: &Arc<Self>, lane: &Arc<Lane>, mut job: Job) -> Accepted {
        let mut unit = Unit { reads: Vec::new(), changes: unit::accepting(&mut job) };
        unit.changes.push(Change::Event(Box::new(unit::event_row(&job, &lane.id, EventState::Pending))));
        let human = is_human(&job.event);
        let committed = self.commit_one(unit).await;
        let mut inner = lane.lock();
        let place = inner.queue.iter().position(|queued| queued.seq == job.seq);
        let accepted = match (committed, place.and_then(|place| inner.queue.get_mut(place))) {
            (Ok(Committed::Done), Some(queued)) => {
                job.stored = true;
                queued.job = Some(job);
                self.count_pending(true);
                Accepted::Kept
            }
            (committed, _) => {
                place.and_then(|place| inner.queue.remove(place));
                inner.humans -= usize::from(human);
                if committed == Ok(Committed::Duplicate) { Accepted::Duplicate } else { Accepted::Failed }
            }
        };
        drop(inner);
        self.pump_events(lane);
        self.pump_sends(lane);
        accepted
    }

    /// A turn of an event that never waited is over: whoever waits goes on.
    pub fn leave(self: &Arc<Self>, lane: &Arc<Lane>, human: bool) {
        let mut inner = lane.lock();
        inner.humans -= usize::from(human);
        inner.turning = false;
        drop(inner);
        lane.freed.notify_waiters();
        self.pump_events(lane);
        self.pump_sends(lane);
    }

    /// Walk the queue if nobody does and its front is on disk.
    pub fn pump_events(self: &Arc<Self>, lane: &Arc<Lane>) {
        let mut inner = lane.lock();
        if inner.turning || inner.ready().is_none() || self.is_stopping() {
            return;
        }
        inner.turning = true;
        drop(inner);
        self.spawn(Arc::clone(self).drain(Arc::clone(lane), None));
    }

    /// Handle what waits, in order, until nothing does.
    async fn drain(self: Arc<Self>, lane: Arc<Lane>, mut running: Option<Running>) {
        let mut turns = 0;
        loop {
            let next = if running.is_some() { running.take() } else { self.next_turn(&lane).await };
            let Some(turn) = next else { break };
            let (mut question, answer) = turn.end().await;
            // What stands in the queue is on disk, also when its turn began before it was: its own key must not make it a duplicate.
            question.job.stored = true;
            question.job.also.clear();
            if !self.handle_stored(&lane, question, answer).await {
                lane.lock().turning = false;
                lane.freed.notify_waiters();
                self.agenda.add(self.now() + limits::STORE_PAUSE, &lane);
                return;
            }
            self.pump_sends(&lane);
            turns += 1;
            if turns % limits::TURNS_IN_A_ROW == 0 {
                tokio::task::yield_now().await;
            }
        }
        lane.freed.notify_waiters();
        // What came to disk between the last look and the end of the turn.
        self.pump_events(&lane);
    }

    /// The turn of the front of the queue; without one the lane is free.
    async fn next_turn(&self, lane: &Lane) -> Option<Running> {
        let job = {
            let mut inner = lane.lock();
            let job = if self.is_stopping() { None } else { inner.ready().cloned() };
            inner.turning = job.is_some();
            job
        };
        Some(self.ask(self.question_of_known(lane, job?).await))
    }

    /// Handle the front of the queue; false when the store refuses and it has to wait.
    async fn handle_stored(self: &Arc<Self>, lane: &Arc<Lane>, question: Box<Question>, answer: Answer) -> bool {
        match self.conclude(lane, question, answer).await {
            Concluded::Committed | Concluded::Duplicate | Concluded::Nothing => {
                self.unqueue(lane);
                true
            }
            Concluded::Conflict(_) => self.reload(lane).await.is_ok(),
            Concluded::Panicked(job, why) => Box::pin(self.count_failure(lane, job, &why)).await.is_ok(),
            Concluded::Failed => false,
        }
    }

    fn unqueue(&self, lane: &Lane) {
        let mut inner = lane.lock();
        let Some(gone) = inner.queue.pop_front() else { return };
        inner.humans -= usize::from(gone.job.is_some_and(|job| is_human(&job.event)));
        self.count_pending(false);
    }

    /// A turn failed on a stored event: count it, and after some it is a dead letter.
    async fn count_failure(&self, lane: &Lane, mut job: Job, why: &str) -> Stored<()> {
        job.attempts += 1;
        let dead = job.attempts >= limits::ATTEMPTS;
        error!(conversation = %lane.id, seq = job.seq.0, attempts = job.attempts, dead, why, "a turn failed");
        self.metrics.turn("panicked");
        let mut row = unit::event_row(&job, &lane.id, if dead { EventState::Dead } else { EventState::Pending });
        let entry = TraceEntry { kind: TraceKind::Error, text: format!("the turn failed: {why}"), place: None };
        row.trace = Some(Trace { revision: None, entries: vec![entry] });
        let mut unit = Unit { reads: Vec::new(), changes: vec![Change::Event(Box::new(row))] };
        let quiet = (dead && is_human(&job.event)).then(|| silence(lane, &mut unit)).flatten();
        if self.commit_one(unit).await? == Committed::Conflict {
            // Nothing was written: it is tried again, and counted then.
            return self.reload(lane).await;
        }
        if !dead {
            if let Some(front) = lane.lock().queue.front_mut() {
                front.job = Some(job);
            }
            return Ok(());
        }
        if let Some(state) = quiet {
            install(lane, state, Vec::new(), None);
        }
        self.metrics.dead_letters.inc();
        self.unqueue(lane);
        Ok(())
    }

    /// Commit what a turn decided; state and rows are known to the lane only after that.
    async fn conclude(self: &Arc<Self>, lane: &Arc<Lane>, question: Box<Question>, answer: Answer) -> Concluded {
        let started = Instant::now();
        // The guard is held until the commit.
        let Ok((mut question, answer, _guard)) = self.with_figures(question, answer).await else {
            return Concluded::Failed;
        };
        let turn = match answer {
            Answer::Turn(turn) => turn,
            Answer::Nothing => return Box::pin(self.conclude_nothing(lane, &mut question.job)).await,
            Answer::Panicked(why) => return Concluded::Panicked(question.job, why),
        };
        let job = &question.job;
        if !job.stored && job.also.is_empty() && is_idle(&job.event, question.state.as_deref(), &turn) {
            return Concluded::Nothing;
        }
        let (unit, ready) = Ready::new(lane, question, *turn);
        match self.commit_one(unit).await {
            Ok(Committed::Done) => {
                self.committed(lane, *ready, started);
                Concluded::Committed
            }
            Ok(Committed::Duplicate) => Concluded::Duplicate,
            Ok(Committed::Conflict) => Concluded::Conflict(ready.again()),
            Err(_) => Concluded::Failed,
        }
    }

    fn committed(&self, lane: &Lane, ready: Ready, started: Instant) {
        let Ready { job, outcome, permit, now, opted_out, .. } = ready;
        let after = Arc::clone(&outcome.state);
        install(lane, outcome.state, outcome.rows, permit);
        if opted_out {
            self.lanes.learn(lane, &after.contact);
        }
        if matches!(job.event.body, Body::Message(_) | Body::Called) {
            lane.lock().wake_queued(now).into_iter().for_each(|row| self.marks.row(row));
        }
        if outcome.calls_out {
            self.calls.wake.notify_one();
        }
        self.metrics.tracked(lane.account.bot.name.as_str(), &outcome.tracked);
        self.log_turn(lane, &job, started);
    }

    /// The event fits no conversation: what is on disk of it is done.
    async fn conclude_nothing(&self, lane: &Lane, job: &mut Job) -> Concluded {
        if !job.stored && job.also.is_empty() {
            return Concluded::Nothing;
        }
        let mut changes = unit::accepting(job);
        if job.stored {
            changes.push(Change::Event(Box::new(unit::event_row(job, &lane.id, EventState::Done))));
        }
        match self.commit_one(Unit { reads: Vec::new(), changes }).await {
            Ok(_) => Concluded::Nothing,
            Err(_) => Concluded::Failed,
        }
    }

    fn log_turn(&self, lane: &Lane, job: &Job, started: Instant) {
        self.metrics.turn("committed");
        let ms = milliseconds(started);
        info!(
            account = lane.account.name(), conversation = %lane.id, seq = job.seq.0,
            kind = job.event.body.name(), outcome = "handled", ms, "event"
        );
    }

    /// Somebody else wrote: take state and version from the store.
    pub async fn reload(&self, lane: &Lane) -> Stored<()> {
        warn!(conversation = %lane.id, "state was written by somebody else; the event is handled again");
        if let Some(loaded) = self.store.load(&lane.id).await? {
            lane.lock().refresh(&loaded);
        }
        Ok(())
    }
}

/// Since then, for the log: tenths are enough.
pub fn milliseconds(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
}

/// News that tell nothing new need no commit: they are upserts.
fn is_idle(event: &Event, before: Option<&State>, turn: &Turn) -> bool {
    let nothing = turn.effects.is_empty() && turn.timers.is_empty();
    matches!(event.body, Body::Facts) && nothing && before.is_some_and(|before| *before == turn.state)
}

/// What was committed is what the lane knows.
fn install(lane: &Lane, state: Arc<State>, rows: Vec<OutboxRow>, permit: Option<OwnedSemaphorePermit>) {
    let mut inner = lane.lock();
    inner.version += 1;
    inner.state = Some(state);
    inner.add_rows(rows);
    if permit.is_some() {
        inner.permit = permit;
    }
}

/// A human's event that cannot be handled silences the bot all the same.
fn silence(lane: &Lane, unit: &mut Unit) -> Option<Arc<State>> {
    let inner = lane.lock();
    let mut state = State::clone(inner.state.as_deref()?);
    state.conversation.hush += 1;
    state.conversation.owner = Owner::People;
    let state = Arc::new(state);
    unit.reads.push(ReadVersion { conversation: lane.id.clone(), version: inner.version });
    unit.changes.push(Change::State(Arc::clone(&state)));
    Some(state)
}
