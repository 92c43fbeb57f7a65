//! The conversations in memory: from a provider's id to our id to the lane. One lane a conversation, whoever asks first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{error, info};

use super::accounts::Account;
use super::hub::Hub;
use super::lane::Lane;
use super::limits;
use crate::domain::{AccountName, Contact, ConversationId, Thread};
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

/// Held by whoever had to wait for a lane, until it has entered; empty for all others.
pub type Order<'a> = Vec<tokio::sync::MutexGuard<'a, ()>>;

/// A lane that was looked for.
#[derive(Debug)]
pub struct Place<'a> {
    /// The lane.
    pub lane: Arc<Lane>,
    /// See `Order`.
    pub order: Order<'a>,
    /// Ids of the thread that are not known to lead here yet: to be written with what is written next.
    pub news: Vec<String>,
}

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

    /// What is known of a contact from now on, to the gates of their other conversations. Their versions in the store have been raised, so
    /// whatever is decided there on the old state is decided again.
    pub fn learn(&self, from: &Lane, contact: &Contact) {
        for lane in self.all().into_iter().filter(|lane| lane.id != from.id) {
            lane.lock().learn(contact);
        }
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

    /// The id leads to that lane, unless it leads elsewhere already.
    fn name(&self, lane: &Lane, key: &str) {
        let mut known = self.lock();
        let threads = known.by_thread.entry(lane.account.config.name.clone()).or_default();
        threads.entry(key.to_owned()).or_insert_with(|| lane.id.clone());
    }

    fn tick(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    fn stripe(&self, thread: &str) -> &tokio::sync::Mutex<()> {
        self.finding.get(stripe_of(thread)).unwrap_or(&self.finding[0])
    }

    /// The lines of all ids of a thread, in the order of their numbers: who needs several never waits in a circle.
    async fn stripes(&self, thread: &Thread) -> Order<'_> {
        let mut numbers: Vec<_> = keys(thread).map(stripe_of).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut order = Vec::with_capacity(numbers.len());
        for stripe in numbers.into_iter().filter_map(|number| self.finding.get(number)) {
            order.push(stripe.lock().await);
        }
        order
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
    /// The lane of a provider's conversation, by any of its ids, loaded; a new conversation when none is known. Who had to wait for it is
    /// to enter the lane before the order is dropped.
    pub async fn lane(&self, account: &Arc<Account>, thread: &Thread) -> Stored<Place<'_>> {
        let name = &account.config.name;
        let stripe = self.lanes.stripe(&thread.conversation);
        let known = || self.lanes.known(name, &thread.conversation).filter(|lane| lane.is_open());
        if let (Ok(_), Some(lane)) = (stripe.try_lock(), known())
            && lane.goes_by(&thread.also)
        {
            return Ok(Place { lane, order: Vec::new(), news: Vec::new() });
        }
        let order = self.lanes.stripes(thread).await;
        let (lane, news) = self.find_lane(account, thread).await?;
        lane.open(self).await?;
        Ok(Place { lane, order, news })
    }

    /// The first id that leads anywhere decides. An id that leads to another conversation goes on leading there: which of two that turn
    /// out to be one person's is the right one nobody can tell.
    async fn find_lane(&self, account: &Arc<Account>, thread: &Thread) -> Stored<(Arc<Lane>, Vec<String>)> {
        let mut found: Option<Arc<Lane>> = None;
        let mut news = Vec::new();
        for key in keys(thread) {
            match (self.lane_by(account, key).await?, &found) {
                (None, _) => news.push(key.to_owned()),
                (Some(lane), None) => found = Some(lane),
                (Some(lane), Some(first)) if lane.id == first.id => {}
                (Some(lane), Some(first)) => {
                    info!(conversation = %first.id, other = %lane.id, "two conversations share an id; both go on");
                    first.note_names([key.to_owned()]);
                }
            }
        }
        let lane = found.unwrap_or_else(|| {
            // The first id is written with the first state.
            news.retain(|key| *key != thread.conversation);
            self.lanes.add(new_id(), account, Some(&thread.conversation), true)
        });
        keys(thread).for_each(|key| self.lanes.name(&lane, key));
        Ok((lane, news))
    }

    async fn lane_by(&self, account: &Arc<Account>, key: &str) -> Stored<Option<Arc<Lane>>> {
        let name = &account.config.name;
        if let Some(lane) = self.lanes.known(name, key) {
            return Ok(Some(lane));
        }
        let found = self.store.find(name, key).await?;
        Ok(found.map(|id| self.lanes.add(id, account, Some(key), false)))
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

/// All ids of a thread, the first one first.
fn keys(thread: &Thread) -> impl Iterator<Item = &str> {
    std::iter::once(&thread.conversation).chain(&thread.also).map(String::as_str).filter(|key| !key.is_empty())
}

fn stripe_of(thread: &str) -> usize {
    thread.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % STRIPES
}

fn new_id() -> ConversationId {
    uuid::Uuid::now_v7().to_string().into()
}
