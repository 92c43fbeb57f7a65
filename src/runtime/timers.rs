//! Timers that came due become events of their conversations. The timer goes in the commit that accepts its event.

use std::sync::Arc;

use tracing::error;

use super::events::Accepted;
use super::hub::Hub;
use super::lane::Job;
use super::limits;
use crate::domain::{Body, Change, DueTimer, Event, TimerFired};
use crate::store::Stored;

impl Hub {
    /// Fire timers for ever. What a failure leaves is still due at the next look.
    pub async fn keep_timers(self: Arc<Self>) {
        loop {
            let more = match self.fire_due().await {
                // More may be due; after a failure there is a pause, too.
                Ok(fired) => fired == limits::TIMERS_AT_ONCE,
                Err(error) => {
                    error!(%error, "due timers could not be read");
                    false
                }
            };
            if !more {
                tokio::time::sleep(limits::TIMER_STEP).await;
            }
        }
    }

    /// Fire what is due, and count what was fired. Timers of accounts that are not configured any more keep quietly.
    async fn fire_due(self: &Arc<Self>) -> Stored<usize> {
        let accounts: Vec<_> = self.accounts.values().map(|account| account.config.name.clone()).collect();
        let due = self.store.due(&accounts, self.now(), limits::TIMERS_AT_ONCE).await?;
        // All are accepted before the store is asked again, so none fires twice.
        let fired = futures_util::future::join_all(due.into_iter().map(|timer| self.fire(timer))).await;
        Ok(fired.into_iter().filter(|fired| *fired).count())
    }

    /// False when it is still due.
    async fn fire(self: &Arc<Self>, due: DueTimer) -> bool {
        let Ok(Some(lane)) = self.lane_of(&due.conversation).await else { return false };
        let fired = TimerFired { token: due.timer.token };
        let event = Event { at: due.timer.due, ..self.own_event(&lane, Body::Timer(fired)) };
        let mut job = Job::new(event, self.now());
        job.also.push(Change::DropTimer { conversation: due.conversation, token: due.timer.token });
        !matches!(self.accept(&lane, job).await, Accepted::Later | Accepted::Failed)
    }

    /// Forget what is past its time, for ever.
    pub async fn keep_pruned(self: Arc<Self>) {
        loop {
            tokio::time::sleep(limits::PRUNE_STEP).await;
            match self.store.prune(self.now()).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "old rows forgotten"),
                Err(error) => error!(%error, "old rows could not be forgotten"),
            }
        }
    }
}
