//! The accounts at work: how many calls may be in flight, whether the provider lets us in, who waits for that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tracing::{info, warn};

use super::bots::Bot;
use super::files::Links;
use super::hub::Hub;
use super::lane::Lane;
use super::rates::Budget;
use super::{http, inquire, limits};
use crate::config::AccountConfig;
use crate::domain::{
    CallAnswer, Capabilities, Catalogue, Channel, HealthPart, JobId, Kept, MessageId, Notes, RevisionId, Time, Upload,
};
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
    /// Calls in a row that failed by no fault of theirs.
    failures: AtomicU32,
    health: Mutex<Health>,
    early: Mutex<VecDeque<(JobId, MessageId)>>,
    kept: Mutex<Arc<KeptHere>>,
    /// The list of templates is not what the provider has any more.
    pub stale: Notify,
    /// How often its provider may be called, shared with all accounts of the same credential.
    pub budget: Arc<Budget>,
    /// Tokens are had by logging in.
    pub logs_in: bool,
    /// One login at a time.
    pub login: tokio::sync::Mutex<()>,
    /// Addresses of contacts' files here, where the provider has none.
    pub links: Option<Links>,
    /// The provider takes files by their addresses alone.
    by_address_only: bool,
    with_own: Mutex<Option<WithOwn>>,
}

/// Stands for the channels of providers that do alike on all of them.
fn any_channel() -> Channel {
    Channel("whatsapp".into())
}

/// What is kept of the account for its provider, as it was at one moment.
#[derive(Clone, Debug, Default)]
pub struct KeptHere {
    /// The templates.
    pub catalogue: Arc<Catalogue>,
    /// The token of the last login.
    pub token: Option<SecretString>,
    /// When it was had, and when it ends.
    pub token_at: (Time, Option<Time>),
    /// Files at the provider, by SHA-256.
    pub uploads: BTreeMap<String, String>,
    /// When each of them ends.
    pub ends: BTreeMap<String, Time>,
}

/// The same with the addresses of the bot's own files.
#[derive(Debug)]
struct WithOwn {
    kept: Arc<KeptHere>,
    revision: RevisionId,
    all: Arc<KeptHere>,
}

impl WithOwn {
    fn is_of(&self, kept: &Arc<KeptHere>, revision: &RevisionId) -> bool {
        Arc::ptr_eq(&self.kept, kept) && self.revision == *revision
    }
}

impl KeptHere {
    /// As the provider sees it.
    pub fn lend(&self) -> Kept<'_> {
        Kept { catalogue: &self.catalogue, token: self.token.as_ref(), uploads: &self.uploads }
    }

    /// A file that the provider keeps from now on.
    pub fn add_upload(&mut self, upload: Upload) {
        if self.uploads.len() >= limits::UPLOADS {
            // All are uploaded again when they are needed: a bot that sends more than these has other troubles.
            (self.uploads, self.ends) = (BTreeMap::new(), BTreeMap::new());
        }
        self.ends.insert(upload.hash.clone(), upload.until);
        self.uploads.insert(upload.hash, upload.id);
    }

    /// Forget what has ended.
    fn end(&mut self, now: Time) {
        self.ends.retain(|_, until| *until > now);
        let Self { uploads, ends, .. } = self;
        uploads.retain(|hash, _| ends.contains_key(hash));
        self.token = self.token.take().filter(|_| self.token_at.1.is_none_or(|until| until > now));
    }

    fn has_ended(&self, now: Time) -> bool {
        let token = self.token.is_some() && self.token_at.1.is_some_and(|until| until <= now);
        token || self.ends.values().any(|until| *until <= now)
    }
}

#[derive(Debug)]
struct Health {
    part: HealthPart,
    /// Since when it is not heard, and why: for those that are listened to.
    deaf: Option<(Time, String)>,
    /// When the failures in a row began.
    first_failure: Time,
    parked: Vec<Arc<Lane>>,
}

impl Account {
    /// A healthy one.
    pub fn new(config: AccountConfig, bot: Arc<Bot>, budget: Arc<Budget>, public_url: Option<&str>, now: Time) -> Self {
        let can = config.account.capabilities(&any_channel());
        let needed = !can.files_have_addresses || can.files_by_address_only;
        let links = public_url.filter(|_| needed).map(|url| Links::new(url, config.account.credential()));
        let logs_in = inquire::logs_in(config.account.as_ref());
        Self {
            config,
            bot,
            permits: Arc::new(Semaphore::new(limits::CALLS_PER_ACCOUNT)),
            paused: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            health: Mutex::new(Health {
                part: HealthPart::well(now),
                deaf: None,
                first_failure: now,
                parked: Vec::new(),
            }),
            early: Mutex::default(),
            kept: Mutex::default(),
            stale: Notify::new(),
            budget,
            logs_in,
            login: tokio::sync::Mutex::default(),
            links,
            by_address_only: can.files_by_address_only,
            with_own: Mutex::default(),
        }
    }

    /// What is kept for the provider, as far as it may still be used.
    pub fn kept(&self, now: Time) -> Arc<KeptHere> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.has_ended(now) {
            Arc::make_mut(&mut kept).end(now);
        }
        let kept = Arc::clone(&kept);
        match &self.links {
            Some(links) if self.by_address_only => self.with_own_files(kept, links),
            _ => kept,
        }
    }

    /// To a provider that takes addresses alone, the files of the bot's folder lie where this server has them. Signed once for each revision.
    fn with_own_files(&self, kept: Arc<KeptHere>, links: &Links) -> Arc<KeptHere> {
        let revision = self.bot.revision();
        if revision.asset_refs.is_empty() {
            return kept;
        }
        let mut known = self.with_own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.is_of(&kept, &revision.id)) {
            return Arc::clone(&known.all);
        }
        let mut all = KeptHere::clone(&kept);
        for file in &revision.asset_refs {
            all.uploads.extend(links.own(self.name(), file).map(|link| (file.hash.clone(), link)));
        }
        let all = Arc::new(all);
        *known = Some(WithOwn { kept, revision: revision.id.clone(), all: Arc::clone(&all) });
        all
    }

    /// Keep something else.
    pub fn keep(&self, change: impl FnOnce(&mut KeptHere)) {
        change(Arc::make_mut(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner)));
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.config.name.as_str()
    }

    /// What can be done on a channel.
    pub fn capabilities(&self, channel: &Channel) -> Capabilities {
        let can = self.config.account.capabilities(channel);
        if self.links.is_some() { can.with_addresses_here() } else { can }
    }

    /// Tell at the start whose notes nobody will read: what a form collected may stand in one.
    pub fn warn_of_lost_notes(&self) {
        if self.capabilities(&any_channel()).notes != Notes::Nowhere {
            return;
        }
        let revision = self.bot.revision();
        let mut steps = revision.flows.iter().flat_map(|flow| &flow.steps);
        let Some(step) = steps.find(|step| step.verb == "note") else { return };
        warn!(
            account = self.name(), bot = self.bot.name.as_str(), file = %step.place.file, line = step.place.line,
            "the bot writes notes, and this account has no place for them: give it `notes`, or nobody reads them"
        );
    }

    /// Tell at the start whose files nobody can fetch.
    pub fn warn_of_lost_files(&self) {
        if self.links.is_some() || self.capabilities(&any_channel()).files_have_addresses {
            return;
        }
        let revision = self.bot.revision();
        let mut steps = revision.flows.iter().flat_map(|flow| &flow.steps);
        let Some(step) = steps.find(|step| step.step.wants_file()) else { return };
        warn!(
            account = self.name(), bot = self.bot.name.as_str(), file = %step.place.file, line = step.place.line,
            "the bot asks for a file, and this account tells its id alone: with `public_url` it has an address here"
        );
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

    /// Where tokens are had by logging in: let go of one that was not just given. True: the next call logs in.
    pub fn forget_old_token(&self, now: Time) -> bool {
        let kept = self.kept(now);
        let old = now.since(kept.token_at.0) > limits::LOGIN_HOLDS;
        let forget = self.logs_in && (kept.token.is_none() || old);
        if forget {
            self.keep(|kept| kept.token = None);
        }
        forget
    }

    /// For `/readyz`.
    pub fn health(&self) -> HealthPart {
        let health = self.lock();
        match &health.deaf {
            Some((since, why)) if health.part.healthy => HealthPart::ill(*since, format!("it is not heard: {why}")),
            _ => health.part.clone(),
        }
    }

    /// Its stream is down; sends go on.
    pub fn note_deaf(&self, why: &str, now: Time) {
        let mut health = self.lock();
        let since = health.deaf.as_ref().map_or(now, |(since, _)| *since);
        health.deaf = Some((since, why.to_owned()));
    }

    /// Its stream is up again.
    pub fn note_heard(&self) {
        self.lock().deaf = None;
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
            let since = if health.part.healthy { now } else { health.part.since };
            health.part = HealthPart::ill(since, why.to_owned());
        }
        first
    }

    /// A call failed by no fault of its own. True when that makes the account sick: it was one too many.
    fn failed(&self, why: &str, now: Time) -> bool {
        let mut health = self.lock();
        let failures = self.failures.fetch_add(1, Ordering::AcqRel) + 1;
        if failures == 1 {
            health.first_failure = now;
        }
        if failures < limits::FAILURES_IN_A_ROW || !health.part.healthy {
            return false;
        }
        health.part = HealthPart::ill(health.first_failure, why.to_owned());
        true
    }

    /// The provider did what it was asked to. True when that makes the account well again; since when it was not.
    fn worked(&self, now: Time) -> Option<Time> {
        if self.failures.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut health = self.lock();
        self.failures.store(0, Ordering::Release);
        if health.part.healthy || self.is_paused() {
            return None;
        }
        let since = health.part.since;
        health.part = HealthPart::well(now);
        Some(since)
    }

    fn resume(&self, now: Time) -> Vec<Arc<Lane>> {
        let mut health = self.lock();
        self.paused.store(false, Ordering::Release);
        self.failures.store(0, Ordering::Release);
        health.part = HealthPart::well(now);
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
            let waiting = self.waiting(account);
            warn!(account = account.name(), why, waiting, "account refused by its provider: sends wait");
            self.spawn(Arc::clone(self).probe(Arc::clone(account)));
        }
    }

    /// What the end of a call tells of its account, `failure` being by no fault of the call. The log has a line when trouble begins and one when
    /// it is over.
    pub fn note_call(self: &Arc<Self>, account: &Arc<Account>, failure: Option<&str>) {
        let (name, now) = (account.name(), self.now());
        if let Some(why) = failure {
            if account.failed(why, now) {
                let (since, waiting) = (account.health().since, self.waiting(account));
                warn!(account = name, why, %since, waiting, "the provider fails again and again: sends wait");
                self.spawn(Arc::clone(self).watch_sick(Arc::clone(account), since));
            }
        } else if let Some(since) = account.worked(now) {
            info!(account = name, %since, waiting = self.waiting(account), "the provider works again");
        }
    }

    /// Rows of the account that wait to be sent or looked up, those of conversations in memory.
    pub fn waiting(&self, account: &Arc<Account>) -> usize {
        let lanes = self.lanes.all();
        let of = lanes.iter().filter(|lane| Arc::ptr_eq(&lane.account, account));
        of.map(|lane| lane.lock().waiting()).sum()
    }

    /// The provider refused a call. Where tokens are had by logging in, an older one is let go and the next call logs in again.
    pub fn denied(self: &Arc<Self>, account: &Arc<Account>, why: &str) {
        if account.forget_old_token(self.now()) {
            info!(account = account.name(), why, "the token is refused: logging in again");
        } else {
            self.pause(account, why);
        }
    }

    /// What waits tries an account that is sick. Where nothing waits, somebody has to: nobody should read for hours that it is.
    async fn watch_sick(self: Arc<Self>, account: Arc<Account>, since: Time) {
        for n in 1.. {
            let over = self.stopped_before(self.now() + engine::probe_after(n)).await;
            let health = account.health();
            if over || health.healthy || health.since != since || account.is_paused() {
                return;
            }
            if self.waiting(&account) == 0 && self.let_in(&account).await.is_ok() {
                let call = account.config.account.probe(account.kept(self.now()).lend());
                if is_let_in(&http::call(&self.client, &call, &http::Files::new()).await) {
                    self.note_call(&account, None);
                }
            }
        }
    }

    async fn probe(self: Arc<Self>, account: Arc<Account>) {
        for n in 1.. {
            if self.stopped_before(self.now() + engine::probe_after(n)).await {
                return;
            }
            if self.let_in(&account).await.is_err() {
                continue;
            }
            let call = account.config.account.probe(account.kept(self.now()).lend());
            if is_let_in(&http::call(&self.client, &call, &http::Files::new()).await) {
                break;
            }
            // The next round logs in again.
            account.keep(|kept| kept.token = None);
        }
        info!(account = account.name(), waiting = self.waiting(&account), "account works again");
        for lane in account.resume(self.now()) {
            self.pump_sends(&lane);
        }
    }
}

/// Anything but a refusal of the credentials or of the server itself.
fn is_let_in(answer: &CallAnswer) -> bool {
    matches!(answer, CallAnswer::Http { status, .. } if *status < 500 && !matches!(status, 401 | 403 | 429))
}
