//! The lane of sends: rows strictly in order, through the gate, to the provider. What follows an outcome is in `followup`.

use std::sync::Arc;
use std::time::Instant;

use tracing::info;

use super::hub::Hub;
use super::lane::{Inner, Lane};
use super::rates::{Made, Spend, Token};
use super::rationing::Ration;
use super::turn::caught;
use super::{http, limits, unit};
use crate::domain::{CallAnswer, Errand, Learned, Next, OutboxRow, Outcome, RowKey, RowState, Time};
use crate::engine::{self, Gate};

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

/// What the calls of one attempt came to.
struct Ended {
    outcome: Outcome,
    learned: Learned,
    /// One of them kept us waiting longer than most calls may take at all.
    slow: bool,
}

impl Ended {
    fn rejected(why: String, slow: bool) -> Self {
        Self { outcome: Outcome::Rejected { why }, learned: Learned::default(), slow }
    }
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
        let Some(Ended { outcome, learned, slow }) = self.make_calls(lane, row, token).await else { return };
        let slow = slow.then_some("its answers take longer than 10 s");
        self.metrics.send(lane.account.name(), outcome_name(&outcome));
        // A provider that makes everybody wait is in trouble, also where its answer comes in the end.
        self.note_call(&lane.account, failure(&outcome).or(slow));
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
            Gate::Send(instead) => {
                if row.state == RowState::Dispatching && row.sent_as.as_deref() == instead.as_ref() {
                    return Some(row.clone());
                }
                // Something else goes than was written down: the row is tried anew, and that written down then.
                let redecided = row.state == RowState::Dispatching;
                unit::begin_call(row, instead, now);
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
    async fn make_calls(&self, lane: &Lane, mut row: OutboxRow, mut token: Option<Token>) -> Option<Ended> {
        let budget = &lane.account.budget;
        let mut answer: Option<CallAnswer> = None;
        let mut made: Option<Made> = None;
        let mut slow = false;
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
                    return Some(Ended { outcome, learned, slow });
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
                    let called = Instant::now();
                    answer = Some(http::call(&self.client, &call, &lane.account.bot.revision().assets).await);
                    slow |= called.elapsed() >= limits::CALL_TIMEOUT;
                    made = Some(token.end(begun, self.now()));
                }
                Err(why) => return Some(Ended::rejected(why, slow)),
            }
        }
        Some(Ended::rejected("the provider asks for ever more calls".into(), slow))
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
}

fn is_dispatching(lane: &Lane, key: &RowKey) -> bool {
    lane.lock().row_mut(key).is_some_and(|row| row.state == RowState::Dispatching)
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
