//! The calls of `http` steps: begun as they come due, each on disk as under way before it is made; what comes of one is an event of its
//! conversation, and its row goes in the commit that accepts it. They have places of their own, so that they delay no message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tracing::{error, info};

use super::caller::Caller;
use super::events::{Accepted, milliseconds};
use super::hub::Hub;
use super::lane::Job;
use super::limits;
use crate::domain::{AccountName, Body, CallRow, CallState, Change, HttpCame, HttpOutcome, Time, Unit};
use crate::engine::{self, AfterCall};
use crate::store::Stored;

/// The calls under way.
pub struct Calls {
    caller: Caller,
    /// Woken when there may be something to begin.
    pub wake: Notify,
    places: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, usize>>,
}

/// A place among the calls under way; it is free again when this is dropped.
struct Place {
    calls: Arc<Calls>,
    host: String,
    _permit: OwnedSemaphorePermit,
}

impl Calls {
    /// None yet.
    pub fn new(caller: Caller) -> Self {
        let places = Arc::new(Semaphore::new(limits::HTTP_CALLS));
        Self { caller, wake: Notify::new(), places, hosts: Mutex::default() }
    }

    /// What makes them.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hosts that have their share of the places.
    fn busy(&self) -> Vec<String> {
        let hosts = self.hosts();
        let full = hosts.iter().filter(|(_, count)| **count >= limits::HTTP_CALLS_PER_HOST);
        full.map(|(host, _)| host.clone()).collect()
    }

    fn place(self: &Arc<Self>, host: &str) -> Option<Place> {
        let mut hosts = self.hosts();
        let count = hosts.entry(host.to_owned()).or_default();
        if *count >= limits::HTTP_CALLS_PER_HOST {
            return None;
        }
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        *count += 1;
        drop(hosts);
        Some(Place { calls: Arc::clone(self), host: host.to_owned(), _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut hosts = self.calls.hosts();
        if let Some(count) = hosts.get_mut(&self.host) {
            *count -= 1;
            if *count == 0 {
                hosts.remove(&self.host);
            }
        }
        drop(hosts);
        self.calls.wake.notify_one();
    }
}

impl Hub {
    /// Make calls for ever. Notifications wake; looking at the store decides.
    pub async fn keep_calls(self: Arc<Self>) {
        while let Err(error) = self.take_up_calls().await {
            error!(%error, "calls of `http` that the last process left could not be read");
            tokio::time::sleep(limits::STORE_RETRY).await;
        }
        loop {
            match self.begin_calls().await {
                // There may be more.
                Ok(begun) if begun > 0 => continue,
                Ok(_) => {}
                Err(error) => error!(%error, "calls of `http` that are due could not be begun"),
            }
            // A place may come free, a call be decided, or a put-off one come due.
            let _ = tokio::time::timeout(limits::TIMER_STEP, self.calls.wake.notified()).await;
        }
    }

    /// Calls that were under way when an earlier process ended.
    async fn take_up_calls(self: &Arc<Self>) -> Stored<()> {
        for row in self.store.calls_under_way().await? {
            match engine::after_stop(&row, self.now()) {
                Some(at) => {
                    info!(conversation = %row.conversation, method = row.call.method.name(), "a call was cut off by a stop: it is made again");
                    self.commit_one(put_off(row, at)).await?;
                }
                None => {
                    self.spawn(Arc::clone(self).tell_call(row, engine::lost_call()));
                }
            }
        }
        Ok(())
    }

    /// Begin what is due, as far as there are places. How many were begun.
    async fn begin_calls(self: &Arc<Self>) -> Stored<usize> {
        let room = self.calls.places.available_permits();
        if room == 0 || self.is_stopping() {
            return Ok(0);
        }
        let accounts: Vec<AccountName> = self.accounts.values().map(|account| account.config.name.clone()).collect();
        let due = self.store.due_calls(&accounts, &self.calls.busy(), self.now(), room).await?;
        let placed = |row: CallRow| Some((self.calls.place(row.call.host())?, begun(row)));
        let placed: Vec<(Place, CallRow)> = due.into_iter().filter_map(placed).collect();
        if placed.is_empty() {
            return Ok(0);
        }
        let changes = placed.iter().map(|(_, row)| Change::Call(row.clone())).collect();
        self.commit_one(Unit { reads: Vec::new(), changes }).await?;
        let count = placed.len();
        for (place, row) in placed {
            self.spawn(Box::pin(Arc::clone(self).make_call(place, row)));
        }
        Ok(count)
    }

    async fn make_call(self: Arc<Self>, place: Place, row: CallRow) {
        let started = Instant::now();
        let outcome = self.calls.caller.call(&row.call).await;
        drop(place);
        let (word, why) = words(&outcome);
        self.metrics.http_call(word);
        // The address may tell of a person, and its host be a secret: neither is logged.
        info!(
            conversation = %row.conversation, method = row.call.method.name(), attempt = row.attempt, outcome = word, why,
            ms = milliseconds(started), "http"
        );
        match engine::after_call(&row, &outcome, self.now()) {
            AfterCall::Again(at) => self.call_again(row, at).await,
            AfterCall::Over => self.tell_call(row, outcome).await,
        }
    }

    async fn call_again(self: Arc<Self>, row: CallRow, at: Time) {
        while self.commit_one(put_off(row.clone(), at)).await.is_err() {
            if self.stopped_within(limits::STORE_RETRY).await {
                return;
            }
        }
    }

    /// What came of a call becomes an event of its conversation.
    async fn tell_call(self: Arc<Self>, row: CallRow, outcome: HttpOutcome) {
        let CallRow { conversation, token, .. } = row;
        loop {
            let accepted = match self.lane_of(&conversation).await {
                Ok(Some(lane)) => {
                    let body = Body::Http(HttpCame { token, outcome: outcome.clone() });
                    let mut job = Job::new(self.own_event(&lane, body), self.now());
                    job.also.push(Change::DropCall { conversation: conversation.clone(), token });
                    self.accept(&lane, job).await
                }
                Ok(None) => return,
                Err(_) => Accepted::Failed,
            };
            let again = matches!(accepted, Accepted::Later | Accepted::Failed);
            if !again || self.stopped_within(limits::STORE_RETRY).await {
                return;
            }
        }
    }
}

/// As it stands on disk before the call is made.
fn begun(row: CallRow) -> CallRow {
    CallRow { state: CallState::Calling, attempt: row.attempt + 1, ..row }
}

fn put_off(row: CallRow, until: Time) -> Unit {
    let row = CallRow { state: CallState::Waiting, not_before: until, ..row };
    Unit { reads: Vec::new(), changes: vec![Change::Call(row)] }
}

/// An outcome in the log and the figures.
fn words(outcome: &HttpOutcome) -> (&'static str, String) {
    match outcome {
        HttpOutcome::Answered(answer) => ("answered", answer.status.to_string()),
        HttpOutcome::Failed { failure, why } => (failure.name(), why.clone()),
    }
}
