//! The conversations in memory: from a provider's id to our id to the lane. One lane a conversation, whoever asks first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::error;

use super::accounts::Account;
use super::hub::Hub;
use super::lane::Lane;
use super::limits;
use crate::domain::{AccountName, ConversationId};
use crate::store::Stored;

/// The lanes.
#[derive(Debug, Default)]
pub struct Lanes {
    known: Mutex<Known>,
    // Held while the store is asked for a thread: two first messages do not make two conversations, and those that waited go on in their
    // order, for whoever comes later finds the lock taken as long as somebody waits.
    finding: [tokio::sync::Mutex<()>; STRIPES],
    uses: AtomicU64,
}

/// Threads are looked up in so many lines; more than the store reads at once.
const STRIPES: usize = 32;

/// Held by whoever had to wait for a lane, until it has entered.
pub type Order<'a> = Option<tokio::sync::MutexGuard<'a, ()>>;

#[derive(Debug, Default)]
struct Known {
    by_thread: HashMap<AccountName, HashMap<String, ConversationId>>,
    by_id: HashMap<ConversationId, Arc<Lane>>,
}

impl Known {
    fn of_thread(&self, account: &AccountName, thread: &str) -> Option<Arc<Lane>> {
        let id = self.by_thread.get(account)?.get(thread)?;
        self.by_id.get(id).cloned()
    }
}

impl Lanes {
    /// How many are in memory.
    pub fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Every lane in memory.
    pub fn all(&self) -> Vec<Arc<Lane>> {
        self.lock().by_id.values().cloned().collect()
    }

    fn known(&self, account: &AccountName, thread: &str) -> Option<Arc<Lane>> {
        let lane = self.lock().of_thread(account, thread)?;
        lane.touch(self.tick());
        Some(lane)
    }

    fn add(&self, id: ConversationId, account: &Arc<Account>, thread: Option<&str>, fresh: bool) -> Arc<Lane> {
        let mut known = self.lock();
        if known.by_id.len() >= limits::LANES {
            evict(&mut known);
        }
        let make = || Arc::new(Lane::new(id.clone(), Arc::clone(account), fresh));
        let lane = Arc::clone(known.by_id.entry(id.clone()).or_insert_with(make));
        if let Some(thread) = thread {
            known.by_thread.entry(account.config.name.clone()).or_default().insert(thread.to_owned(), id);
        }
        drop(known);
        lane.touch(self.tick());
        lane
    }

    fn tick(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    fn stripe(&self, thread: &str) -> &tokio::sync::Mutex<()> {
        let sum = thread.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.finding.get(sum % STRIPES).unwrap_or(&self.finding[0])
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forget the quarter of the lanes that was longest unused, those at work excepted.
fn evict(known: &mut Known) {
    let mut idle: Vec<_> = known
        .by_id
        .iter()
        // Nobody else holds it, so nobody can be about to use it.
        .filter(|(_, lane)| Arc::strong_count(lane) == 1 && lane.is_idle())
        .map(|(id, lane)| (lane.used(), id.clone()))
        .collect();
    idle.sort_unstable_by_key(|(used, _)| *used);
    for (_, id) in idle.iter().take(limits::LANES / 4) {
        known.by_id.remove(id);
    }
    let Known { by_thread, by_id } = known;
    for threads in by_thread.values_mut() {
        threads.retain(|_, id| by_id.contains_key(id));
    }
}

impl Hub {
    /// The lane of a provider's conversation, loaded; a new conversation when there is none. Who had to wait for it is to enter the lane
    /// before the order is dropped.
    pub async fn lane(&self, account: &Arc<Account>, thread: &str) -> Stored<(Arc<Lane>, Order<'_>)> {
        let name = &account.config.name;
        let stripe = self.lanes.stripe(thread);
        if let (Ok(_), Some(lane)) = (stripe.try_lock(), self.lanes.known(name, thread).filter(|lane| lane.is_open())) {
            return Ok((lane, None));
        }
        let order = stripe.lock().await;
        let lane = match self.lanes.known(name, thread) {
            Some(lane) => lane,
            None => match self.store.find(name, thread).await? {
                Some(id) => self.lanes.add(id, account, Some(thread), false),
                None => self.lanes.add(new_id(), account, Some(thread), true),
            },
        };
        lane.open(self).await?;
        Ok((lane, Some(order)))
    }

    /// The lane of a conversation of ours, loaded. `None` when there is no such conversation or its account is not configured any more.
    pub async fn lane_of(&self, id: &ConversationId) -> Stored<Option<Arc<Lane>>> {
        let known = self.lanes.lock().by_id.get(id).cloned();
        let lane = if known.is_some() { known } else { self.unknown_lane(id).await? };
        if let Some(lane) = &lane {
            lane.open(self).await?;
        }
        Ok(lane)
    }

    async fn unknown_lane(&self, id: &ConversationId) -> Stored<Option<Arc<Lane>>> {
        let Some(loaded) = self.store.load(id).await? else { return Ok(None) };
        let name = &loaded.state.conversation.account;
        let Some(account) = self.accounts.get(name.as_str()) else {
            error!(conversation = %id, account = %name, "work is left for an account that is not configured");
            return Ok(None);
        };
        Ok(Some(self.lanes.add(id.clone(), account, None, false)))
    }
}

fn new_id() -> ConversationId {
    uuid::Uuid::now_v7().to_string().into()
}
