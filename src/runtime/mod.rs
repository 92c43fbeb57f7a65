//! Moves the data: intake, lanes, outbox, timers, reload. It decides nothing: every decision is a pure function of `engine` or a provider.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tracing::info;

mod accounts;
mod agenda;
mod bodies;
mod bots;
mod caller;
mod calls;
mod clock;
mod deliveries;
mod desk;
mod echoes;
mod events;
mod files;
mod finishing;
pub mod folder;
mod followup;
mod guard;
mod http;
mod hub;
mod inquire;
mod intake;
mod lane;
mod lanes;
mod limits;
mod marks;
pub mod mend;
mod metrics;
mod outbox;
mod posts;
mod rates;
mod rationing;
mod reconcile;
mod reload;
mod schedules;
mod stream;
mod timers;
mod turn;
mod unit;

pub use clock::Clock;
pub use guard::Guard;
pub use http::client;
pub use inquire::inquire;

use self::accounts::{Account, Accounts};
use self::bots::{Bots, Files};
use self::caller::Caller;
use self::hub::Hub;
use self::rates::Budget;
use self::reload::Folders;
use crate::config::{self, Config};
use crate::domain::{
    Ask, BoxFuture, Desk, FileAsked, FileThere, Health, Intake, Mend, NoFile, Post, PostRefused, PostTaken, Time,
    WebhookAnswer, WebhookRequest,
};
use crate::store::{AnyStore, StoreError};

/// What a runtime is started with: everything from outside is handed in.
pub struct Outside {
    /// The configuration.
    pub config: Config,
    /// The store.
    pub store: AnyStore,
    /// The one HTTP client, as `client` makes it.
    pub client: reqwest::Client,
    /// The clock.
    pub clock: Clock,
}

/// Why the runtime did not start: one clear line (or the diagnostics of a bot).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self(error.0)
    }
}

/// The running system behind the ports.
pub struct Runtime {
    hub: Arc<Hub>,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("accounts", &self.hub.accounts.keys()).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Load the bots, take up what an earlier process left over, start lanes, outbox, timers and reload.
    pub async fn start(outside: Outside) -> Result<Arc<Self>, StartError> {
        let Outside { config, store, client, clock } = outside;
        let secrets = Arc::new(config.secrets.keys().cloned().collect());
        let folders = Folders {
            bots: config.bots.clone(),
            scripts: config.scripts.clone(),
            recipes: config.recipes.clone(),
            secrets,
        };
        let caller = Caller::new(config.secrets.clone(), &config.http_allow)
            .map_err(|error| StartError(format!("the client of `http` steps cannot be made: {error}")))?;
        let (bots, known) = load_bots(&config, &folders, &store, clock.now()).await?;
        let rate_news = Arc::new(Notify::new());
        let accounts = open_accounts(&config, &bots, &rate_news, clock.now())?;
        let hub = Arc::new(Hub::new(store, client, caller, clock, bots, accounts, rate_news));
        hub.recall_accounts().await?;
        hub.recall_rates().await?;
        take_up(&hub).await?;
        for account in hub.accounts.values() {
            account.warn_of_lost_notes();
            account.warn_of_lost_files();
            hub.spawn_idle(Arc::clone(&hub).keep_catalogue(Arc::clone(account)));
            if stream::listens(account) {
                hub.spawn_idle(Arc::clone(&hub).keep_listening(Arc::clone(account)));
            }
        }
        hub.spawn_idle(Arc::clone(&hub).keep_agenda());
        hub.spawn_idle(Arc::clone(&hub).keep_marks());
        hub.spawn_idle(Arc::clone(&hub).keep_rates());
        hub.spawn_idle(Arc::clone(&hub).keep_timers());
        hub.spawn_idle(Arc::clone(&hub).keep_calls());
        hub.spawn_idle(Arc::clone(&hub).keep_schedules());
        hub.spawn_idle(Arc::clone(&hub).keep_pruned());
        hub.spawn_idle(Arc::clone(&hub).keep_store());
        hub.spawn_idle(Arc::clone(&hub).keep_bots(folders, known));
        Ok(Arc::new(Self { hub }))
    }

    /// Take no more work and finish what is under way, within 10 s. What is not done stays in the store for the next start.
    pub async fn stop(&self) {
        self.hub.stop().await;
    }
}

/// All bots that accounts name, and the fingerprints of their files.
async fn load_bots(
    config: &Config,
    folders: &Folders,
    store: &AnyStore,
    now: Time,
) -> Result<(Bots, HashMap<String, u64>), StartError> {
    let (mut loaded, mut known) = (BTreeMap::new(), HashMap::new());
    for account in &config.accounts {
        let name = account.bot.clone();
        if loaded.contains_key(name.as_str()) {
            continue;
        }
        let files = Files::read(folders, &name);
        known.insert(name.to_string(), files.fingerprint());
        let bot = bots::start(store.as_ref(), files, &name, now).await?;
        loaded.insert(name.to_string(), Arc::new(bot));
    }
    Ok((loaded, known))
}

/// Accounts with the same credential share what it may do.
fn open_accounts(config: &Config, bots: &Bots, news: &Arc<Notify>, now: Time) -> Result<Accounts, StartError> {
    let mut known: Vec<(&str, SecretString, Arc<Budget>)> = Vec::new();
    let mut open = |account: &config::AccountConfig| {
        let bot = bots.get(account.bot.as_str()).ok_or_else(|| StartError(format!("no bot `{}`", account.bot)))?;
        let (provider, credential) = (account.provider, account.account.credential());
        let shares = |(other, secret, _): &&(&str, SecretString, _)| {
            *other == provider && secret.expose_secret() == credential.expose_secret()
        };
        let common = known.iter().find(shares).map(|(.., budget)| Arc::clone(budget));
        let budget = common.unwrap_or_else(|| Arc::new(Budget::new(account.account.rates(), Arc::clone(news))));
        known.push((provider, credential, Arc::clone(&budget)));
        Ok((
            account.name.to_string(),
            Arc::new(Account::new(account.clone(), Arc::clone(bot), budget, config.public_url.as_deref(), now)),
        ))
    };
    config.accounts.iter().map(&mut open).collect()
}

/// Go on with everything that an earlier process left undone.
async fn take_up(hub: &Arc<Hub>) -> Result<(), StartError> {
    let unfinished = hub.store.unfinished().await?;
    if !unfinished.is_empty() {
        info!(conversations = unfinished.len(), "taking up what the last process left");
    }
    for conversation in unfinished {
        if let Some(lane) = hub.lane_of(&conversation).await? {
            hub.wake(&lane);
        }
    }
    Ok(())
}

impl Intake for Runtime {
    fn webhook<'a>(&'a self, account: &'a str, request: WebhookRequest) -> BoxFuture<'a, WebhookAnswer> {
        Box::pin(async move {
            if self.hub.is_stopping() {
                return WebhookAnswer { status: 503, body: "stopping\n".into() };
            }
            let Some(account) = self.hub.accounts.get(account).cloned() else {
                return WebhookAnswer { status: 404, body: "no such account\n".into() };
            };
            let hub = Arc::clone(&self.hub);
            // Here and now, not in a task of its own: webhooks are numbered in the order they come, not as threads happen to run.
            let taken = self.hub.finishing(async move { hub.take_in(&account, &request).await }).await;
            taken.unwrap_or_else(|| WebhookAnswer { status: 503, body: "come again later\n".into() })
        })
    }

    fn knows(&self, account: &str) -> bool {
        self.hub.accounts.contains_key(account)
    }

    fn admits(&self, account: &str, head: &WebhookRequest) -> bool {
        self.hub.accounts.get(account).is_some_and(|account| account.config.account.admits(head))
    }
}

impl Desk for Runtime {
    fn health(&self) -> BoxFuture<'_, Health> {
        Box::pin(async { self.hub.health() })
    }

    fn metrics(&self) -> String {
        self.hub.figures()
    }

    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move { self.hub.find_out(&ask).await })
    }

    fn mend(&self, request: Mend) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move { self.hub.mend(&request).await })
    }

    fn post(&self, post: Post) -> BoxFuture<'_, Result<PostTaken, PostRefused>> {
        Box::pin(async move {
            if self.hub.is_stopping() { Err(PostRefused::NotNow) } else { self.hub.take_post(post).await }
        })
    }

    fn file(&self, asked: FileAsked) -> BoxFuture<'_, Result<FileThere, NoFile>> {
        Box::pin(async move { if self.hub.is_stopping() { Err(NoFile::Busy) } else { self.hub.file(&asked).await } })
    }
}
