//! What all moving parts share: store, client, clock, accounts, lanes; and the count of work under way, for a graceful stop.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tracing::{error, info};

use super::accounts::Accounts;
use super::agenda::Agenda;
use super::bots::Bots;
use super::caller::Caller;
use super::calls::Calls;
use super::clock::Clock;
use super::lanes::Lanes;
use super::limits;
use super::marks::Marks;
use super::metrics::Metrics;
use super::rates::Budget;
use crate::domain::{Change, Committed, EventKey, HealthPart, Time, Unit};
use crate::store::{AnyStore, StoreError, Stored};

/// What all parts share.
pub struct Hub {
    /// The store.
    pub store: AnyStore,
    /// The one HTTP client.
    pub client: reqwest::Client,
    /// The clock.
    pub clock: Clock,
    /// By name.
    pub accounts: Accounts,
    /// By name.
    pub bots: Bots,
    /// The conversations in memory.
    pub lanes: Lanes,
    /// What became of rows, on its way to the store.
    pub marks: Marks,
    /// The calls of `http` steps.
    pub calls: Arc<Calls>,
    /// Which lane to wake when.
    pub agenda: Agenda,
    /// How often the providers may be called, by credential.
    pub budgets: Vec<Arc<Budget>>,
    /// Something changed about that.
    pub rate_news: Arc<Notify>,
    /// The figures.
    pub metrics: Metrics,
    /// Accepted events that wait for their turn.
    pub pending: AtomicUsize,
    /// Contacts' files on their way out.
    pub files: Arc<Semaphore>,
    work: Arc<()>,
    stopping: watch::Sender<bool>,
    store_health: Mutex<HealthPart>,
}

impl Hub {
    /// All parts, at rest.
    pub fn new(
        store: AnyStore,
        client: reqwest::Client,
        caller: Caller,
        clock: Clock,
        bots: Bots,
        accounts: Accounts,
        rate_news: Arc<Notify>,
    ) -> Self {
        let since = clock.now();
        let mut budgets: Vec<Arc<Budget>> = Vec::new();
        for account in accounts.values() {
            if budgets.iter().all(|known| !Arc::ptr_eq(known, &account.budget)) {
                budgets.push(Arc::clone(&account.budget));
            }
        }
        Self {
            store,
            client,
            clock,
            accounts,
            bots,
            lanes: Lanes::default(),
            marks: Marks::default(),
            calls: Arc::new(Calls::new(caller)),
            agenda: Agenda::default(),
            budgets,
            rate_news,
            metrics: Metrics::new(),
            pending: AtomicUsize::new(0),
            files: Arc::new(Semaphore::new(limits::FILES_AT_ONCE)),
            work: Arc::new(()),
            stopping: watch::Sender::new(false),
            store_health: Mutex::new(HealthPart::well(since)),
        }
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A stop waits until what this gave is gone.
    pub fn under_way(&self) -> Arc<()> {
        Arc::clone(&self.work)
    }

    /// Start something that a stop waits for. It must end soon after `stopped`.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let held = self.under_way();
        tokio::spawn(async move {
            let done = work.await;
            drop(held);
            done
        })
    }

    /// Start something that may end at any moment (a wait for the next thing to do).
    pub fn spawn_idle(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let mut stopping = self.stopping.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        });
    }

    /// No new work is taken.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Wait for the stop.
    pub async fn stopped(&self) {
        // The sender lives as long as we do.
        let _ = self.stopping.subscribe().wait_for(|stop| *stop).await;
    }

    /// Wait; true when the stop came first.
    pub async fn stopped_within(&self, time: Duration) -> bool {
        let mut stopping = self.stopping.subscribe();
        let stopped = tokio::time::timeout(time, stopping.wait_for(|stop| *stop)).await;
        stopped.is_ok()
    }

    /// Wait until then; true when the stop came first.
    pub async fn stopped_before(&self, at: Time) -> bool {
        while self.now() < at {
            if self.stopped_within(self.clock.until(at).min(limits::CLOCK_STEP)).await {
                return true;
            }
        }
        self.is_stopping()
    }

    /// Take no more work; wait for what is under way.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        let deadline = tokio::time::Instant::now() + limits::STOP_WITHIN;
        while Arc::strong_count(&self.work) > 1 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if let Err(error) = self.flush_marks().await {
            error!(%error, "what became of the last sends could not be stored; they will be looked up at the next start");
        }
        info!(unfinished = Arc::strong_count(&self.work) - 1, "stopped");
    }

    /// Commit, and note how the store does.
    pub async fn commit(&self, units: Vec<Unit>) -> Stored<Vec<Committed>> {
        let result = self.store.commit(units).await;
        self.note_store(result.as_ref().err());
        result
    }

    /// Commit one unit.
    pub async fn commit_one(&self, unit: Unit) -> Stored<Committed> {
        let results = self.commit(vec![unit]).await?;
        results.first().copied().ok_or_else(|| StoreError("the store lost a unit".into()))
    }

    /// For `/readyz`.
    pub fn store_health(&self) -> HealthPart {
        self.store_health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_store(&self, trouble: Option<&StoreError>) {
        let mut health = self.store_health.lock().unwrap_or_else(PoisonError::into_inner);
        if health.healthy == trouble.is_none() {
            return;
        }
        if let Some(error) = trouble {
            error!(%error, "the store cannot be written: webhooks are refused until it can");
        } else {
            info!("the store works again");
        }
        let now = self.now();
        *health = trouble.map_or_else(|| HealthPart::well(now), |error| HealthPart::ill(now, error.to_string()));
    }

    /// While the store is sick, write a little for ever: without webhooks (a sick server may get none) nothing else would notice that it works.
    pub async fn keep_store(self: Arc<Self>) {
        loop {
            tokio::time::sleep(limits::STORE_PROBE).await;
            if self.store_health().healthy {
                continue;
            }
            let at = self.now();
            // A key of duplicates that no event has; it is forgotten with the others.
            let seen = Change::Seen { account: "".into(), key: EventKey(format!("probe/{at}")), at };
            // What comes of it is noted by the commit.
            let _ = self.commit_one(Unit { reads: Vec::new(), changes: vec![seen] }).await;
        }
    }

    /// One more or fewer accepted event waits.
    pub fn count_pending(&self, more: bool) {
        if more {
            self.pending.fetch_add(1, Ordering::Relaxed);
        } else {
            self.pending.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
