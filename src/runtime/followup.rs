//! What follows the outcome of a send, and the events that it becomes: the mark on its row, a wait, another try, what tells the bot.

use std::sync::Arc;

use tracing::{debug, info, warn};

use super::events::Accepted;
use super::hub::Hub;
use super::lane::{Job, Lane};
use super::limits;
use crate::domain::{
    Body, Change, Committed, Effect, Event, EventKey, FailedSend, OutboxRow, Outcome, Progress, ReadVersion, RowKey,
    RowState, State, Thread, Time, Unit,
};
use crate::engine::{self, After};

/// What a row changes in the state of its conversation.
type Noted = fn(&State, &OutboxRow, Time) -> Option<State>;

impl Hub {
    /// One attempt is over: what it brought is known to the row.
    pub async fn follow_attempt(self: &Arc<Self>, lane: &Arc<Lane>, key: &RowKey, outcome: &Outcome) {
        doubt_templates(lane, key, outcome);
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

    /// Nothing before then.
    pub fn hold(&self, lane: &Lane, key: &RowKey, state: RowState, until: Time, why: Option<String>) {
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
        let changes =
            state.iter().map(|state| Change::State(Arc::clone(state))).chain([Change::Row(Box::new(row.clone()))]);
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
            job.also = [Change::Row(Box::new(row.clone()))].into_iter().chain(also).collect();
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
    pub async fn tell_facts(self: &Arc<Self>, lane: &Arc<Lane>, facts: Thread) {
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
/// The row as it is to be; `None` when something else became of it meanwhile.
fn failed_row(lane: &Lane, key: &RowKey, why: &str) -> Option<OutboxRow> {
    let mut inner = lane.lock();
    let row = inner.row_mut(key).filter(|row| row.state == RowState::Sent || !row.state.is_final())?;
    Some(OutboxRow { state: RowState::Failed, why: Some(why.to_owned()), ..row.clone() })
}
