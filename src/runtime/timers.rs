//! Timers that came due become events of their conversations. The timer goes in the commit that accepts its event.

use std::sync::Arc;

use tracing::error;

use super::hub::Hub;
use super::lane::Job;
use super::limits;
use crate::domain::{Body, Change, DueTimer, TimerFired};
use crate::store::Stored;

impl Hub {
    /// Fire timers for ever. What a failure leaves is still due at the next look.
    pub async fn keep_timers(self: Arc<Self>) {
        loop {
            let more = match self.fire_due().await {
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

    async fn fire_due(self: &Arc<Self>) -> Stored<usize> {
        let due = self.store.due(self.now(), limits::TIMERS_AT_ONCE).await?;
        let count = due.len();
        // All are accepted before the store is asked again, so none fires twice.
        let fired = due.into_iter().map(|timer| self.fire(timer));
        futures_util::future::join_all(fired).await;
        Ok(count)
    }

    async fn fire(self: &Arc<Self>, due: DueTimer) {
        let Ok(Some(lane)) = self.lane_of(&due.conversation).await else { return };
        let fired = TimerFired { run: due.timer.run, token: due.timer.token };
        let mut job = Job::new(self.own_event(&lane, Body::Timer(fired)), self.now());
        job.event.at = due.timer.due;
        job.also.push(Change::DropTimer { conversation: due.conversation, token: due.timer.token });
        self.accept(&lane, job).await;
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
