//! The accounts at work: how many calls may be in flight, whether the provider lets us in, who waits for that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{info, warn};

use super::bots::Bot;
use super::hub::Hub;
use super::lane::Lane;
use super::{http, limits};
use crate::config::AccountConfig;
use crate::domain::{CallAnswer, Capabilities, Catalogue, Channel, HealthPart, JobId, Kept, MessageId, Time};
use crate::engine;

/// One account at work.
#[derive(Debug)]
pub struct Account {
    /// As configured.
    pub config: AccountConfig,
    /// The bot that answers here.
    pub bot: Arc<Bot>,
    permits: Arc<Semaphore>,
    paused: AtomicBool,
    health: Mutex<Health>,
    early: Mutex<VecDeque<(JobId, MessageId)>>,
    kept: Mutex<Arc<KeptHere>>,
}

/// What is kept of the account for its provider, as it was at one moment.
#[derive(Clone, Debug, Default)]
pub struct KeptHere {
    /// The templates.
    pub catalogue: Arc<Catalogue>,
    /// The token of the last login.
    pub token: Option<SecretString>,
    /// Files at the provider, by SHA-256.
    pub uploads: BTreeMap<String, String>,
}

impl KeptHere {
    /// As the provider sees it.
    pub fn lend(&self) -> Kept<'_> {
        Kept { catalogue: &self.catalogue, token: self.token.as_ref(), uploads: &self.uploads }
    }
}

#[derive(Debug)]
struct Health {
    part: HealthPart,
    parked: Vec<Arc<Lane>>,
}

impl Account {
    /// A healthy one.
    pub fn new(config: AccountConfig, bot: Arc<Bot>, now: Time) -> Self {
        Self {
            config,
            bot,
            permits: Arc::new(Semaphore::new(limits::CALLS_PER_ACCOUNT)),
            paused: AtomicBool::new(false),
            health: Mutex::new(Health {
                part: HealthPart { healthy: true, since: now, why: None },
                parked: Vec::new(),
            }),
            early: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// What is kept for the provider.
    pub fn kept(&self) -> Arc<KeptHere> {
        Arc::clone(&self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.config.name.as_str()
    }

    /// What can be done on a channel.
    pub fn capabilities(&self, channel: &Channel) -> Capabilities {
        self.config.account.capabilities(channel)
    }

    /// A permit for a call, if one is free right now and the account is let in.
    pub fn permit_now(&self) -> Option<OwnedSemaphorePermit> {
        if self.is_paused() { None } else { Arc::clone(&self.permits).try_acquire_owned().ok() }
    }

    /// A permit for a call, first come, first served. `None` never happens: the semaphore is not closed.
    pub async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Are calls in flight?
    pub fn is_calling(&self) -> bool {
        self.permits.available_permits() < limits::CALLS_PER_ACCOUNT
    }

    /// A job's result names its message before the answer to the send has named the job.
    pub fn keep_early(&self, job: &JobId, message: &MessageId) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        if early.len() == limits::EARLY_RESULTS {
            early.pop_front();
        }
        early.push_back((job.clone(), message.clone()));
    }

    /// The message of a job whose result came early.
    pub fn take_early(&self, job: &JobId) -> Option<MessageId> {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        let place = early.iter().position(|(known, _)| known == job)?;
        early.remove(place).map(|(_, message)| message)
    }

    /// Does the provider refuse our credentials?
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// For `/readyz`.
    pub fn health(&self) -> HealthPart {
        self.lock().part.clone()
    }

    /// Wake this lane when the account is let in again. False: it is already.
    pub fn park(&self, lane: &Arc<Lane>) -> bool {
        let mut health = self.lock();
        if !self.is_paused() {
            return false;
        }
        if !health.parked.iter().any(|parked| Arc::ptr_eq(parked, lane)) {
            health.parked.push(Arc::clone(lane));
        }
        true
    }

    /// True for the first to notice.
    fn pause(&self, why: &str, now: Time) -> bool {
        let mut health = self.lock();
        let first = !self.paused.swap(true, Ordering::AcqRel);
        if first {
            health.part = HealthPart { healthy: false, since: now, why: Some(why.to_owned()) };
        }
        first
    }

    fn resume(&self, now: Time) -> Vec<Arc<Lane>> {
        let mut health = self.lock();
        self.paused.store(false, Ordering::Release);
        health.part = HealthPart { healthy: true, since: now, why: None };
        std::mem::take(&mut health.parked)
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The accounts by name.
pub type Accounts = BTreeMap<String, Arc<Account>>;

impl Hub {
    /// The provider refused the credentials: nothing goes until a probe is let in.
    pub fn pause(self: &Arc<Self>, account: &Arc<Account>, why: &str) {
        if account.pause(why, self.now()) {
            warn!(account = account.name(), why, "account refused by its provider: sends wait");
            self.spawn(Arc::clone(self).probe(Arc::clone(account)));
        }
    }

    async fn probe(self: Arc<Self>, account: Arc<Account>) {
        for n in 1.. {
            if self.stopped_before(self.now() + engine::probe_after(n)).await {
                return;
            }
            let call = account.config.account.probe(account.kept().lend());
            if is_let_in(&http::call(&self.client, &call, &http::Files::new()).await) {
                break;
            }
        }
        info!(account = account.name(), "account works again");
        for lane in account.resume(self.now()) {
            self.pump_sends(&lane);
        }
    }
}

/// Anything but a refusal of the credentials or of the server itself.
fn is_let_in(answer: &CallAnswer) -> bool {
    matches!(answer, CallAnswer::Http { status, .. } if *status < 500 && !matches!(status, 401 | 403 | 429))
}
