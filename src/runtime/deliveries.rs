//! What became of messages that the provider had accepted: statuses and results of jobs, found back to their rows.

use std::sync::Arc;

use super::accounts::Account;
use super::events::Accepted;
use super::hub::Hub;
use super::lane::Lane;
use crate::domain::{Body, Change, Delivery, DeliveryStatus, Event, JobId, OutboxRow, RowState, Time};
use crate::engine::{self, After};
use crate::store::Stored;

impl Hub {
    /// A status arrived.
    pub async fn accept_delivery(self: &Arc<Self>, account: &Arc<Account>, event: Event, at: Time) -> Accepted {
        let Body::Delivery(delivery) = &event.body else { return Accepted::Ignored };
        let row = match self.row_of(account, &event, delivery).await {
            Ok(Found::Row(row)) => row,
            Ok(Found::Nobody) => return Accepted::Ignored,
            Ok(Found::NotYet) => return Accepted::Later,
            Err(_) => return Accepted::Failed,
        };
        match self.lane_of(&row.key.conversation).await {
            Ok(Some(lane)) => self.deliver(&lane, &row, &event, delivery, at).await,
            Ok(None) => Accepted::Ignored,
            Err(_) => Accepted::Failed,
        }
    }

    /// The row that a status belongs to. It may come before the answer to its send: a failure comes again then, of a success the
    /// message's id is kept for the answer.
    async fn row_of(&self, account: &Arc<Account>, event: &Event, delivery: &Delivery) -> Stored<Found> {
        let early = self.may_be_early(account, event).await?;
        let failed = is_failure(delivery);
        if let (true, false, Some(job), Some(message)) = (early, failed, &delivery.job, &delivery.message) {
            account.keep_early(job, message);
        }
        Ok(match self.sent_row(account, delivery).await? {
            Some(row) => Found::Row(Box::new(row)),
            None if early && failed => Found::NotYet,
            None if early => self.unnamed_row(account, event, delivery).await?,
            None => Found::Nobody,
        })
    }

    /// Where nothing but a message's id tells a send, and the answer that names it may be lost: a message that just went to the contact of a send
    /// under way, and is nobody else's, is that send's.
    async fn unnamed_row(&self, account: &Arc<Account>, event: &Event, delivery: &Delivery) -> Stored<Found> {
        let Some(message) = delivery.message.as_ref().filter(|_| account.config.account.statuses_tell()) else {
            return Ok(Found::Nobody);
        };
        let place = self.lane(account, &event.thread).await?;
        let is_humans = self.humans(&place.lane).await.contains(message);
        let inner = place.lane.lock();
        let row = engine::unnamed(&inner.rows, delivery, event.at).filter(|_| !is_humans);
        Ok(row.map_or(Found::Nobody, |row| Found::Row(Box::new(row.clone()))))
    }

    /// Is an answer under way that may name this message or job? Asked before the store, so that one that ends in between is seen.
    async fn may_be_early(&self, account: &Arc<Account>, event: &Event) -> Stored<bool> {
        if event.thread.conversation.is_empty() {
            return Ok(account.is_calling());
        }
        let place = self.lane(account, &event.thread).await?;
        let inner = place.lane.lock();
        Ok(inner.rows.iter().any(|row| matches!(row.state, RowState::Dispatching | RowState::Unknown)))
    }

    async fn sent_row(&self, account: &Account, delivery: &Delivery) -> Stored<Option<OutboxRow>> {
        let Delivery { message, job, .. } = delivery;
        let name = &account.config.name;
        if let Some(row) = self.store.sent_by(name, message.as_ref(), job.as_ref()).await? {
            return Ok(Some(row));
        }
        // Its mark may be on its way.
        self.flush_marks().await?;
        match self.store.sent_by(name, message.as_ref(), job.as_ref()).await? {
            None => self.row_named_by(account, job.as_ref()).await,
            found => Ok(found),
        }
    }

    /// Some messengers give back what a send brought along, and providers send the row's own name of it: it tells the row also where the answer
    /// to the send was lost. What is told of an earlier send of the row is no news any more.
    async fn row_named_by(&self, account: &Account, job: Option<&JobId>) -> Stored<Option<OutboxRow>> {
        let Some((job, key)) = job.and_then(|job| Some((job, OutboxRow::of_call(job.as_str())?))) else {
            return Ok(None);
        };
        let row = self.store.row(&key).await?;
        Ok(row.filter(|row| row.account == account.config.name && row.called() == job.as_str()))
    }

    async fn deliver(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        found: &OutboxRow,
        event: &Event,
        delivery: &Delivery,
        at: Time,
    ) -> Accepted {
        let key = &found.key;
        let after = {
            let mut inner = lane.lock();
            inner.remember_row(found);
            if inner.row_mut(key).is_some_and(|row| row.state != RowState::Waiting) {
                self.learn(&mut inner, key, delivery.message.as_ref());
            }
            let Some(row) = inner.row_mut(key) else { return Accepted::Ignored };
            after(row, &delivery.status, self.now())
        };
        let accepted = match after {
            // No news, if what is known of the row is on disk.
            None if is_failure(delivery) => self.marked(Accepted::Ignored).await,
            None => Accepted::Ignored,
            Some(After::Failed(why)) => self.tell_failure(lane, key, &why, seen(event, at)).await,
            Some(after) => {
                let stored = self.follow(lane, key, after, None).await;
                self.marked(if stored { Accepted::Handled } else { Accepted::Failed }).await
            }
        };
        self.settle_undecided(lane);
        self.pump_sends(lane);
        accepted
    }

    async fn marked(&self, accepted: Accepted) -> Accepted {
        if self.flush_marks().await.is_ok() { accepted } else { Accepted::Failed }
    }
}

fn is_failure(delivery: &Delivery) -> bool {
    matches!(delivery.status, DeliveryStatus::Failed { .. })
}

enum Found {
    Row(Box<OutboxRow>),
    Nobody,
    NotYet,
}

/// What follows a status; `None` when it tells nothing new. Statuses only move forward.
fn after(row: &OutboxRow, status: &DeliveryStatus, now: Time) -> Option<After> {
    match status {
        DeliveryStatus::Failed { reason, why } if matches!(row.state, RowState::Sent | RowState::Unknown) => {
            Some(engine::after_undelivered(row, *why, reason, now))
        }
        DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read if row.state == RowState::Unknown => {
            Some(After::Sent)
        }
        _ => None,
    }
}

fn seen(event: &Event, at: Time) -> Option<Change> {
    let key = event.key.clone()?;
    Some(Change::Seen { account: event.account.clone(), key, at })
}
