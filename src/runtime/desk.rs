//! What people and machines ask about the running server, and repairs by hand while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::accounts::Account;
use super::hub::Hub;
use super::lane::{Job, Lane};
use super::mend::{self, Target};
use crate::domain::{
    Change, ConversationId, EventRow, EventState, Health, HealthPart, Mend, RowKey, RowState, Seq, Unit,
};

impl Hub {
    /// For `/readyz`.
    pub fn health(&self) -> Health {
        let bots = self.bots.iter().map(|(name, bot)| (name.clone(), bot.health())).collect();
        let mut waiting = self.waiting_by_account();
        let health = |(name, account): (&String, &Arc<Account>)| {
            (name.clone(), HealthPart { waiting: waiting.remove(name.as_str()), ..account.health() })
        };
        let accounts = self.accounts.iter().map(health).collect();
        Health { store: self.store_health(), bots, accounts }
    }

    /// For `/metrics`.
    pub fn figures(&self) -> String {
        let (mut open, mut unknown) = (0, 0);
        for lane in self.lanes.all() {
            for row in lane.lock().rows.iter().filter(|row| !row.state.is_final()) {
                open += 1;
                unknown += i64::from(row.state == RowState::Unknown);
            }
        }
        for (account, rows) in self.waiting_by_account() {
            self.metrics.waiting(account, rows);
        }
        let now = self.now();
        for account in self.accounts.values() {
            self.metrics.healthy(account.name(), account.health().healthy);
            for (rate, calls) in account.budget.left(now) {
                self.metrics.left(account.name(), rate, calls);
            }
        }
        self.metrics.rows_open.set(open);
        self.metrics.rows_unknown.set(unknown);
        self.metrics.lanes.set(self.lanes.len() as i64);
        self.metrics.pending.set(self.pending.load(Ordering::Relaxed) as i64);
        self.metrics.text()
    }

    fn waiting_by_account(&self) -> BTreeMap<&str, usize> {
        let mut waiting: BTreeMap<&str, usize> = self.accounts.keys().map(|name| (name.as_str(), 0)).collect();
        for lane in self.lanes.all() {
            let rows = lane.lock().waiting();
            waiting
                .entry(self.accounts.get_key_value(lane.account.name()).map_or("", |(name, _)| name))
                .and_modify(|all| *all += rows);
        }
        waiting
    }

    /// Mend by hand.
    pub async fn mend(self: &Arc<Self>, request: &Mend) -> Result<String, String> {
        match mend::target(request)? {
            Target::Event(conversation, seq) => self.mend_event(&conversation, seq, request).await?,
            Target::Row(key) => self.mend_row(&key, request).await?,
        }
        Ok(mend::done(request))
    }

    async fn mend_event(self: &Arc<Self>, id: &ConversationId, seq: Seq, request: &Mend) -> Result<(), String> {
        let found = self.store.event(id, seq).await.map_err(|error| error.to_string())?;
        let row = mend::event(found.ok_or("there is no such event")?, request)?;
        let lane = self.lane_to_mend(id).await?;
        let changes = vec![Change::Event(Box::new(row.clone()))];
        self.commit_one(Unit { reads: Vec::new(), changes }).await.map_err(|error| error.to_string())?;
        if row.state == EventState::Pending {
            self.requeue(&lane, row);
        }
        Ok(())
    }

    fn requeue(self: &Arc<Self>, lane: &Arc<Lane>, row: EventRow) {
        let job = Job { seq: row.seq, stored: true, ..Job::new(row.event, row.accepted_at) };
        let mut inner = lane.lock();
        if inner.queue.iter().all(|queued| queued.seq != job.seq) {
            inner.requeue(job);
            self.count_pending(true);
        }
        drop(inner);
        self.pump_events(lane);
    }

    async fn mend_row(self: &Arc<Self>, key: &RowKey, request: &Mend) -> Result<(), String> {
        let lane = self.lane_to_mend(&key.conversation).await?;
        // What the lane knows of the row must be on disk before the store is asked.
        self.flush_marks().await.map_err(|error| error.to_string())?;
        let stored = self.store.row(key).await.map_err(|error| error.to_string())?.ok_or("there is no such row")?;
        let row = {
            let mut inner = lane.lock();
            inner.remember_row(&stored);
            let row = inner.row_mut(key).ok_or("there is no such row")?;
            *row = mend::row(row.clone(), request, self.now())?;
            row.clone()
        };
        self.write_row(row).await.map_err(|error| error.to_string())?;
        self.pump_sends(&lane);
        Ok(())
    }

    async fn lane_to_mend(&self, id: &ConversationId) -> Result<Arc<Lane>, String> {
        let lane = self.lane_of(id).await.map_err(|error| error.to_string())?;
        lane.ok_or_else(|| "its conversation or its account is not there any more".to_owned())
    }
}
