//! The lane of sends: rows strictly in order, through the gate, to the provider. What follows an outcome is `engine`'s decision.

use std::sync::Arc;

use tracing::{debug, info, warn};

use super::hub::Hub;
use super::lane::{Inner, Job, Lane};
use super::rates::{Made, Spend, Token};
use super::rationing::Ration;
use super::turn::caught;
use super::{http, limits, unit};
use crate::domain::{
    Body, CallAnswer, Change, Committed, Effect, Errand, Event, EventKey, FailedSend, Learned, Next, OutboxRow,
    Outcome, Progress, ReadVersion, RowKey, RowState, State, Thread, Time, Unit,
};
use crate::engine::{self, After, Gate};

use super::events::Accepted;

/// What a row changes in the state of its conversation.
type Noted = fn(&State, &OutboxRow, Time) -> Option<State>;

/// What the lane of sends does next.
enum Step {
    /// Nothing, until somebody pumps.
    Rest,
    /// Nothing before then.
    Wait(Time),
    /// The account is refused: nothing before it works again.
    Park,
    /// Try this row.
    Try(RowKey),
    /// Look this row up.
    LookUp(RowKey),
}

impl Hub {
    /// Walk the rows if nobody does and there are any.
    pub fn pump_sends(self: &Arc<Self>, lane: &Arc<Lane>) {
        let mut inner = lane.lock();
        if inner.sending || inner.head().is_none() || self.is_stopping() {
            return;
        }
        inner.sending = true;
        drop(inner);
        // Boxed: it is some kilobytes, and starting a task moves it several times.
        self.spawn(Box::pin(Arc::clone(self).send_all(Arc::clone(lane))));
    }

    async fn send_all(self: Arc<Self>, lane: Arc<Lane>) {
        loop {
            match self.next_send(&lane) {
                Step::Rest => return,
                Step::Wait(at) => return self.agenda.add(at, &lane),
                Step::Park if lane.account.park(&lane) => return,
                // It was let in again in between.
                Step::Park => return self.pump_sends(&lane),
                Step::Try(key) => self.attempt(&lane, &key).await,
                Step::LookUp(key) => Box::pin(self.look_up(&lane, &key)).await,
            }
        }
    }

    /// What to do with the first unfinished row. All but the last two end the walk, under the same lock that a pump looks at.
    fn next_send(&self, lane: &Lane) -> Step {
        let mut inner = lane.lock();
        let step = if self.is_stopping() { Step::Rest } else { self.step(lane, &mut inner) };
        if !matches!(step, Step::Try(_) | Step::LookUp(_)) {
            inner.sending = false;
            // Its row is not about to go: the permit is somebody else's.
            inner.permit = None;
        }
        step
    }

    fn step(&self, lane: &Lane, inner: &mut Inner) -> Step {
        let Some(row) = inner.head() else { return Step::Rest };
        let (key, state, not_before) = (row.key.clone(), row.state, row.not_before);
        if state == RowState::Unknown {
            return match () {
                () if not_before > self.now() => Step::Wait(not_before),
                () if lane.account.is_paused() => Step::Park,
                () => Step::LookUp(key),
            };
        }
        let held = inner.holds_sends();
        if (held || lane.account.is_paused()) && state == RowState::Dispatching {
            self.back_to_waiting(inner, &key);
        }
        match () {
            () if held => Step::Rest,
            () if lane.account.is_paused() => Step::Park,
            () if not_before > self.now() => Step::Wait(not_before),
            () => Step::Try(key),
        }
    }

    /// A row that was to go at once does not: its call has not begun.
    pub fn back_to_waiting(&self, inner: &mut Inner, key: &RowKey) {
        if let Some(row) = inner.row_mut(key) {
            row.state = RowState::Waiting;
            row.attempt = row.attempt.saturating_sub(1);
            self.marks.row(row.clone());
        }
    }

    /// One attempt: the right to a call, permit, `dispatching` on disk, the gate, the calls.
    async fn attempt(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey) {
        let token = match self.ration(lane, key).await {
            Ration::Free => None,
            Ration::Token(token) => Some(token),
            Ration::Gone => return,
        };
        let at_hand = lane.lock().permit.take();
        let permit = if at_hand.is_some() { at_hand } else { lane.account.permit().await };
        if let Err(why) = self.let_in(&lane.account).await {
            self.pause(&lane.account, &why);
        }
        if lane.account.is_paused() {
            return;
        }
        if !is_dispatching(lane, key) {
            let Some(row) = self.pass_gate(lane, key) else { return };
            if self.write_row(row).await.is_err() {
                self.back_to_waiting(&mut lane.lock(), key);
                return self.hold(lane, key, RowState::Waiting, self.now() + limits::STORE_PAUSE, None);
            }
        }
        // No await from here to the call: what came while the row was written is seen.
        let Some(row) = self.pass_gate(lane, key) else { return };
        let Some((outcome, learned)) = self.make_calls(lane, row, token).await else { return };
        self.metrics.send(lane.account.name(), outcome_name(&outcome));
        self.note_call(&lane.account, failure(&outcome));
        doubt_templates(lane, key, &outcome);
        self.follow_attempt(lane, key, &outcome).await;
        // Not before a mark names the message and the job: who asks whether calls are in flight would take their news for nobody's.
        drop(permit);
        if let Some(facts) = learned.thread {
            Box::pin(self.tell_facts(lane, *facts)).await;
        }
    }

    /// The gate, against the state of this moment. The row as it may go now, or `None`: then it has been dealt with.
    fn pass_gate(&self, lane: &Lane, key: &RowKey) -> Option<OutboxRow> {
        let mut inner = lane.lock();
        let now = self.now();
        if inner.holds_sends() {
            self.back_to_waiting(&mut inner, key);
            return None;
        }
        let state = inner.state.clone()?;
        let capabilities = lane.account.capabilities(&state.conversation.channel);
        let row = inner.row_mut(key).filter(|row| !row.state.is_final())?;
        match engine::gate(row, &state, &capabilities, now) {
            Gate::Send(effect) => {
                if row.state == RowState::Dispatching && *row.went() == effect {
                    return Some(row.clone());
                }
                // Something else goes than was written down: the row is tried anew, and that written down then.
                let redecided = row.state == RowState::Dispatching;
                unit::begin_call(row, effect, now);
                if redecided {
                    row.attempt = row.attempt.saturating_sub(2);
                    row.state = RowState::Waiting;
                    return None;
                }
                Some(row.clone())
            }
            Gate::Withdraw(why) => self.finish(row, RowState::Withdrawn, why),
            Gate::Expire => self.finish(row, RowState::Expired, "not sent in time"),
            Gate::Hold(until) => {
                (row.state, row.not_before) = (RowState::Waiting, until);
                self.marks.row(row.clone());
                None
            }
            Gate::Queue => {
                row.state = RowState::Queued;
                self.marks.row(row.clone());
                None
            }
        }
    }

    fn finish(&self, row: &mut OutboxRow, state: RowState, why: &str) -> Option<OutboxRow> {
        info!(key = %row.key, ?state, why, "not sent");
        row.state = state;
        row.why = Some(why.to_owned());
        self.metrics.send(row.account.as_str(), if state == RowState::Expired { "expired" } else { "withdrawn" });
        self.marks.row(row.clone());
        None
    }

    /// All calls of one attempt. `None`: the gate closed between two of them, or a call has to wait for its right.
    async fn make_calls(
        &self,
        lane: &Lane,
        mut row: OutboxRow,
        mut token: Option<Token>,
    ) -> Option<(Outcome, Learned)> {
        let budget = &lane.account.budget;
        let mut answer: Option<CallAnswer> = None;
        let mut made: Option<Made> = None;
        for _ in 0..limits::CALLS_PER_ROW {
            let state = lane.lock().state.clone()?;
            let kept = lane.account.kept(self.now());
            let errand = Errand { row: &row, state: &state, taken: &[], kept: kept.lend(), now: self.now() };
            let next = caught(|| lane.account.config.account.next(errand, answer.as_ref()));
            match next {
                Ok(Next::Done { outcome, mut learned }) => {
                    for upload in std::mem::take(&mut learned.uploads) {
                        Box::pin(self.keep_upload(&lane.account, upload)).await;
                    }
                    if let (Outcome::Limited { whose, after, .. }, Some(made)) = (&outcome, &made) {
                        budget.refuse(made, *whose, *after, self.now());
                    }
                    return Some((outcome, learned));
                }
                Ok(Next::Call { call, progress }) => {
                    row.progress.clone_from(&progress);
                    if let Some(known) = lane.lock().row_mut(&row.key) {
                        known.progress = progress;
                    }
                    if answer.is_some() {
                        row = Box::pin(self.go_on(lane, row)).await?;
                    }
                    let spend = Spend::new(call.spends, &lane.id);
                    let at_hand = token.take().filter(|token| token.is_for(&spend));
                    let Some(token) = at_hand.or_else(|| budget.take(&spend, self.now())) else {
                        let mut inner = lane.lock();
                        inner.short = true;
                        self.back_to_waiting(&mut inner, &row.key);
                        return None;
                    };
                    let begun = self.now();
                    answer = Some(http::call(&self.client, &call, &lane.account.bot.revision().assets).await);
                    made = Some(token.end(begun, self.now()));
                }
                Err(why) => return Some((Outcome::Rejected { why }, Learned::default())),
            }
        }
        Some((Outcome::Rejected { why: "the provider asks for ever more calls".into() }, Learned::default()))
    }

    /// Before a further call: how far it has come is stored, and the gate is asked again.
    async fn go_on(&self, lane: &Lane, row: OutboxRow) -> Option<OutboxRow> {
        let key = row.key.clone();
        if self.write_row(row).await.is_err() {
            self.hold(lane, &key, RowState::Waiting, self.now() + limits::STORE_PAUSE, None);
            return None;
        }
        self.pass_gate(lane, &key)
    }

    async fn follow_attempt(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey, outcome: &Outcome) {
        let after = {
            let mut inner = lane.lock();
            let Some(row) = inner.row_mut(key).filter(|row| !row.state.is_final()) else { return };
            if let Outcome::Accepted { message, job } = outcome {
                let early = || job.as_ref().and_then(|job| lane.account.take_early(job));
                row.message = message.clone().or_else(early).or(row.message.take());
                row.job = job.clone().or(row.job.take());
            }
            engine::after_attempt(row, outcome, self.now())
        };
        if let Outcome::Denied { why } = outcome {
            self.denied(&lane.account, why);
        }
        self.follow(lane, key, after, outcome.why()).await;
    }

    /// Do what the table of failures says. False: the store refused what has to be on disk.
    pub async fn follow(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey, after: After, why: Option<&str>) -> bool {
        let mut stored = true;
        let why = why.map(str::to_owned);
        match after {
            After::Sent => self.sent(lane, key).await,
            After::Again(at) => self.hold(lane, key, RowState::Waiting, at, why),
            After::Anew(at) => self.send_anew(lane, key, at),
            After::LookUp(at) => self.hold(lane, key, RowState::Unknown, at, why),
            After::Pause | After::Limited => self.put_back(lane, key, why),
            After::Outside => stored = Box::pin(self.go_outside(lane, key)).await,
            After::Failed(why) => Box::pin(self.fail(lane, key, &why)).await,
        }
        self.settle_undecided(lane);
        stored
    }

    fn hold(&self, lane: &Lane, key: &RowKey, state: RowState, until: Time, why: Option<String>) {
        let mut inner = lane.lock();
        let Some(row) = inner.row_mut(key) else { return };
        (row.state, row.not_before) = (state, until);
        if why.is_some() {
            debug!(%key, ?state, until = %until, why, "send to be repeated or looked up");
            row.why = why;
        }
        self.marks.row(row.clone());
    }

    /// The account is at fault, or the provider's limit, not the row: the attempt is not counted.
    fn put_back(&self, lane: &Lane, key: &RowKey, why: Option<String>) {
        let mut inner = lane.lock();
        self.back_to_waiting(&mut inner, key);
        if let Some(row) = inner.row_mut(key) {
            row.why = why;
        }
    }

    /// It was accepted and did not arrive: all of it once more.
    fn send_anew(&self, lane: &Lane, key: &RowKey, at: Time) {
        let mut inner = lane.lock();
        let Some(row) = inner.row_mut(key) else { return };
        debug!(%key, %at, "accepted, and not delivered: it is sent anew");
        *row = anew(row, at);
        self.marks.row(row.clone());
    }

    /// The messenger says that the window is closed: that is known from now on, and the gate decides what goes instead of the row. False: the
    /// store refused; the row is tried again in a while, and refused again.
    async fn go_outside(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey) -> bool {
        let Some(row) = lane.lock().row_mut(key).cloned() else { return true };
        info!(%key, "the messenger says that the window is closed");
        let again = anew(&row, self.now());
        let stored = self.note(lane, &again, engine::closed).await;
        if !stored {
            self.hold(lane, key, RowState::Waiting, self.now() + limits::STORE_PAUSE, None);
        }
        stored
    }

    async fn sent(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey) {
        let row = {
            let mut inner = lane.lock();
            let Some(row) = inner.row_mut(key) else { return };
            (row.state, row.why) = (RowState::Sent, None);
            row.clone()
        };
        debug!(%key, "row sent");
        let noted = matches!(row.went(), Effect::Template(_)) && Box::pin(self.note(lane, &row, engine::sent)).await;
        if !noted {
            self.marks.row(row);
        }
    }

    /// What became of a row and what that changes in the state are one commit, in a moment when no turn is under way. Only then does the lane
    /// know the row so. False: nothing was written.
    async fn note(self: &Arc<Self>, lane: &Arc<Lane>, row: &OutboxRow, change: Noted) -> bool {
        for _ in 0..limits::CONFLICTS {
            self.take_turn(lane).await;
            let noted = self.commit_noted(lane, row, change).await;
            self.leave(lane, false);
            match noted {
                Some(Committed::Conflict) if self.reload(lane).await.is_ok() => {}
                noted => return noted == Some(Committed::Done),
            }
        }
        false
    }

    async fn take_turn(&self, lane: &Lane) {
        loop {
            let freed = lane.freed.notified();
            {
                let mut inner = lane.lock();
                if !inner.turning {
                    inner.turning = true;
                    return;
                }
            }
            freed.await;
        }
    }

    async fn commit_noted(&self, lane: &Lane, row: &OutboxRow, change: Noted) -> Option<Committed> {
        // Older marks of the row must not land on this one.
        self.flush_marks().await.ok()?;
        let (state, version) = {
            let inner = lane.lock();
            (change(inner.state.as_deref()?, row, self.now()).map(Arc::new), inner.version)
        };
        let reads = vec![ReadVersion { conversation: lane.id.clone(), version }];
        let changes = state.iter().map(|state| Change::State(Arc::clone(state))).chain([Change::Row(row.clone())]);
        let committed = self.commit_one(Unit { reads, changes: changes.collect() }).await.ok()?;
        if committed == Committed::Done {
            let mut inner = lane.lock();
            if let Some(state) = state {
                (inner.state, inner.version) = (Some(state), version + 1);
            }
            // One that stands so already may know more by now.
            if let Some(known) = inner.row_mut(&row.key).filter(|known| known.state != row.state) {
                *known = row.clone();
            }
        }
        Some(committed)
    }

    /// The row failed for good, and nobody will say so again: the bot is told as soon as the store works.
    async fn fail(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey, why: &str) {
        while matches!(self.tell_failure(lane, key, why, None).await, Accepted::Later | Accepted::Failed) {
            if self.stopped_within(limits::STORE_RETRY).await {
                return;
            }
        }
    }

    /// The mark of a row that failed for good and the event that tells the bot are one commit; `also` rides on it. Before it the row
    /// stays what it was, so that the news are news when they come again.
    pub async fn tell_failure(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        key: &RowKey,
        why: &str,
        also: Option<Change>,
    ) -> Accepted {
        // Older marks of the row must not land on this one.
        if self.flush_marks().await.is_err() {
            return Accepted::Failed;
        }
        let Some(row) = failed_row(lane, key, why) else { return Accepted::Ignored };
        let accepted = if row.decided.effect.reaches_contact() {
            let mut job = Job::new(self.failed_event(lane, &row, why.to_owned()), self.now());
            job.also = [Change::Row(row.clone())].into_iter().chain(also).collect();
            self.accept(lane, job).await
        } else {
            Accepted::Handled
        };
        if !matches!(accepted, Accepted::Later | Accepted::Failed) {
            self.failed(lane, row);
        }
        accepted
    }

    fn failed(&self, lane: &Lane, row: OutboxRow) {
        warn!(key = %row.key, why = row.why, "send failed for good");
        if let Some(known) = lane.lock().row_mut(&row.key) {
            (known.state, known.why) = (row.state, row.why.clone());
        }
        // A mark made meanwhile does not know it.
        self.marks.row(row);
    }

    fn failed_event(&self, lane: &Lane, row: &OutboxRow, reason: String) -> Event {
        let failed = FailedSend { row: row.key.clone(), reason, nested: row.decided.nested };
        // Look-up and webhook may both bring it; a row retried by hand may fail again.
        let key = EventKey(format!("failed/{}/{}", row.key, row.called_at.unwrap_or_default().0));
        Event { key: Some(key), ..self.own_event(lane, Body::DeliveryFailed(failed)) }
    }

    /// What was learned on the way comes back as an event.
    async fn tell_facts(self: &Arc<Self>, lane: &Arc<Lane>, facts: Thread) {
        let mut event = self.own_event(lane, Body::Facts);
        let conversation = std::mem::take(&mut event.thread.conversation);
        event.thread = Thread { conversation, ..facts };
        // News come again with the next send that needs them.
        self.accept(lane, Job::new(event, self.now())).await;
    }

    /// An event of our own making in this conversation.
    pub fn own_event(&self, lane: &Lane, body: Body) -> Event {
        let state: Option<Arc<State>> = lane.lock().state.clone();
        let thread = Thread {
            conversation: state.map(|state| state.conversation.external_id.clone()).unwrap_or_default(),
            also: Vec::new(),
            channel: None,
            channel_id: None,
            name: None,
            phone: None,
            group: false,
        };
        let account = lane.account.config.name.clone();
        Event { account, thread, key: None, at: self.now(), body }
    }
}

/// The row as it was before anything came of it.
fn anew(row: &OutboxRow, not_before: Time) -> OutboxRow {
    OutboxRow {
        state: RowState::Waiting,
        not_before,
        progress: Progress::Null,
        message: None,
        job: None,
        looks: 0,
        sent_as: None,
        ..row.clone()
    }
}

/// A template that is refused, by its provider or by the list that was fetched, may be another by now: paused, approved, changed.
fn doubt_templates(lane: &Lane, key: &RowKey, outcome: &Outcome) {
    let is_template = |row: &mut OutboxRow| matches!(row.went(), Effect::Template(_));
    if matches!(outcome, Outcome::Rejected { .. }) && lane.lock().row_mut(key).is_some_and(is_template) {
        lane.account.stale.notify_one();
    }
}

fn is_dispatching(lane: &Lane, key: &RowKey) -> bool {
    lane.lock().row_mut(key).is_some_and(|row| row.state == RowState::Dispatching)
}

/// The row as it is to be; `None` when something else became of it meanwhile.
fn failed_row(lane: &Lane, key: &RowKey, why: &str) -> Option<OutboxRow> {
    let mut inner = lane.lock();
    let row = inner.row_mut(key).filter(|row| row.state == RowState::Sent || !row.state.is_final())?;
    Some(OutboxRow { state: RowState::Failed, why: Some(why.to_owned()), ..row.clone() })
}

/// What went wrong by no fault of the row.
fn failure(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Limited { why, .. } | Outcome::NotSent { why, .. } | Outcome::Unknown { why } => Some(why),
        _ => None,
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Limited { .. } => "limited",
        Outcome::NotSent { .. } => "not_sent",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Denied { .. } => "denied",
        Outcome::WindowClosed { .. } => "window_closed",
        Outcome::Rejected { .. } => "rejected",
    }
}
