//! Messages from our side, seen in webhooks: our own echo, a human's, or undecided until the answer to a send decides. What is undecided is
//! stored as such, and decided again whenever a row of its conversation changes.

use std::sync::Arc;

use tracing::info;

use super::events::Accepted;
use super::hub::Hub;
use super::lane::{Inner, Job, Lane, Undecided};
use super::lanes::Order;
use super::{limits, unit};
use crate::domain::{
    Body, Change, Committed, Event, EventRow, EventState, MessageId, OutboxRow, Outgoing, RowKey, Time, Unit,
};
use crate::engine::{self, Echo};

impl Hub {
    /// A message from our side arrived.
    pub async fn accept_outgoing(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        event: Event,
        at: Time,
        order: Order<'_>,
    ) -> Accepted {
        let Body::Outgoing(outgoing) = &event.body else { return Accepted::Ignored };
        if lane.account.config.ignore.iter().any(|regex| regex.is_match(&outgoing.text)) {
            return Accepted::Ignored;
        }
        let sorted = self.sort(lane, &event, at);
        drop(order);
        match sorted {
            Sorted::Ours => Accepted::Ignored,
            Sorted::Undecided(row) => self.keep_undecided(lane, *row).await,
            Sorted::Stranger => {
                let accepted = self.accept_stranger(lane, event, at).await;
                lane.lock().strangers -= 1;
                self.pump_sends(lane);
                accepted
            }
        }
    }

    /// No row in memory fits: an older one may, else a human wrote. Until that is known and accepted, sends hold.
    async fn accept_stranger(self: &Arc<Self>, lane: &Arc<Lane>, event: Event, at: Time) -> Accepted {
        let Body::Outgoing(outgoing) = &event.body else { return Accepted::Ignored };
        match self.sent_by(lane, outgoing).await {
            Ok(Some(_)) => Accepted::Ignored,
            Ok(None) => self.accept(lane, Job::new(humans(event), at)).await,
            Err(()) => Accepted::Failed,
        }
    }

    async fn sent_by(&self, lane: &Lane, outgoing: &Outgoing) -> Result<Option<OutboxRow>, ()> {
        if outgoing.message.is_none() && outgoing.job.is_none() {
            return Ok(None);
        }
        let name = &lane.account.config.name;
        let found = self.store.sent_by(name, outgoing.message.as_ref(), outgoing.job.as_ref()).await;
        found.map_err(drop)
    }

    /// Decide under the lock; what is undecided or a stranger's holds the sends from this moment on.
    fn sort(&self, lane: &Lane, event: &Event, at: Time) -> Sorted {
        let Body::Outgoing(outgoing) = &event.body else { return Sorted::Ours };
        let mut inner = lane.lock();
        let claim = match engine::echo(outgoing, &inner.rows, &claimed(&inner)) {
            Echo::Human => {
                inner.strangers += 1;
                return Sorted::Stranger;
            }
            Echo::Ours(key) => {
                self.learn(&mut inner, &key, outgoing.message.as_ref());
                return Sorted::Ours;
            }
            Echo::Provisional(key) => Some(key),
            Echo::Undecided => None,
        };
        let job = Job { seq: inner.number(), ..Job::new(event.clone(), at) };
        let row = unit::event_row(&job, &lane.id, EventState::Undecided);
        inner.undecided.push(Undecided { row: row.clone(), until: at + limits::ECHO_PATIENCE, claim });
        Sorted::Undecided(Box::new(row))
    }

    /// The message of a row is known now.
    pub fn learn(&self, inner: &mut Inner, key: &RowKey, message: Option<&MessageId>) {
        if let (Some(row), Some(message)) = (inner.row_mut(key), message)
            && row.message.is_none()
        {
            row.message = Some(message.clone());
            self.marks.row(row.clone());
        }
    }

    /// Bring an undecided event to disk. Until then a repeat of the webhook is no duplicate, so a failure must take it back.
    async fn keep_undecided(self: &Arc<Self>, lane: &Arc<Lane>, row: EventRow) -> Accepted {
        self.agenda.add(row.accepted_at + limits::ECHO_PATIENCE, lane);
        let seq = row.seq;
        let seen = row.event.key.clone().map(|key| Change::Seen {
            account: row.event.account.clone(),
            key,
            at: row.accepted_at,
        });
        let changes = seen.into_iter().chain([Change::Event(Box::new(row))]).collect();
        let committed = self.commit_one(Unit { reads: Vec::new(), changes }).await;
        if committed == Ok(Committed::Done) {
            self.pump_look_ups(lane);
            return Accepted::Kept;
        }
        lane.lock().undecided.retain(|one| one.row.seq != seq);
        self.pump_sends(lane);
        if committed == Ok(Committed::Duplicate) { Accepted::Duplicate } else { Accepted::Failed }
    }

    /// Decide again what is undecided; whatever has waited too long is decided now.
    pub fn settle_undecided(self: &Arc<Self>, lane: &Arc<Lane>) {
        let mut inner = lane.lock();
        if inner.undecided.is_empty() {
            return;
        }
        let now = self.now();
        let waiting = std::mem::take(&mut inner.undecided);
        for one in waiting {
            self.settle_one(&mut inner, one, now);
        }
        let next = inner.undecided.iter().map(|one| one.until).min();
        drop(inner);
        if let Some(at) = next {
            self.agenda.add(at, lane);
        }
        self.pump_look_ups(lane);
        self.pump_events(lane);
        self.pump_sends(lane);
    }

    fn settle_one(&self, inner: &mut Inner, mut one: Undecided, now: Time) {
        let Body::Outgoing(outgoing) = &one.row.event.body else { return };
        let late = one.until <= now;
        match engine::echo(outgoing, &inner.rows, &claimed(inner)) {
            Echo::Ours(key) => self.settle_ours(inner, one.row, &key),
            Echo::Provisional(key) if late => self.settle_ours(inner, one.row, &key),
            Echo::Provisional(key) => {
                one.claim = Some(key);
                inner.undecided.push(one);
            }
            Echo::Undecided if !late => {
                one.claim = None;
                inner.undecided.push(one);
            }
            Echo::Human | Echo::Undecided => {
                let row = one.row;
                info!(conversation = %row.conversation, seq = row.seq.0, "outgoing message is a human's");
                inner.requeue(Job {
                    seq: row.seq,
                    stored: true,
                    ..Job::new(humans(Arc::unwrap_or_clone(row.event)), row.accepted_at)
                });
                self.count_pending(true);
            }
        }
    }

    fn settle_ours(&self, inner: &mut Inner, row: EventRow, key: &RowKey) {
        if let Body::Outgoing(outgoing) = &row.event.body {
            self.learn(inner, key, outgoing.message.as_ref());
        }
        self.marks.event(EventRow { state: EventState::Done, ..row });
    }
}

enum Sorted {
    Ours,
    /// Of no row in memory.
    Stranger,
    Undecided(Box<EventRow>),
}

fn claimed(inner: &Inner) -> Vec<RowKey> {
    inner.undecided.iter().filter_map(|one| one.claim.clone()).collect()
}

/// The same event, decided to be a human's.
fn humans(event: Event) -> Event {
    let Event { account, thread, key, at, body } = event;
    let body = match body {
        Body::Outgoing(outgoing) => Body::Human(outgoing),
        other => other,
    };
    Event { account, thread, key, at, body }
}
