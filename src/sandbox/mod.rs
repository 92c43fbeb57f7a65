//! An emulated provider with a phone in the browser: Pact V1 as its document describes it, over real HTTP in both directions.
//! It asks for the token, the company and form encoding, delivers by jobs, and repeats webhooks that are not answered 200.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

mod api;
mod control;
mod courier;
mod faults;
mod news;
mod page;
mod shapes;
mod world;

use courier::Courier;
use faults::Faults;
use news::Newsroom;
use world::World;

/// Pact needs a moment to deliver.
const DELIVERY_AFTER: Duration = Duration::from_millis(50);

/// How an emulator is set up.
#[derive(Debug)]
pub struct Options {
    /// The token that calls must bring.
    pub token: SecretString,
    /// The company whose paths are served.
    pub company_id: u64,
    /// Where webhooks are sent; it can be set later.
    pub webhook_url: Option<String>,
}

/// When the webhooks of a message of ours are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Echo {
    /// Before the call that sends it is answered.
    Before,
    /// Some time after.
    After,
    /// Never: they are lost.
    Never,
}

/// How the emulator behaves.
#[derive(Clone, Copy, Debug)]
struct Settings {
    echo: Echo,
    delivery_after: Duration,
}

/// All that the handlers share.
#[derive(Debug)]
struct Inner {
    company_id: u64,
    token: Mutex<SecretString>,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    settings: Mutex<Settings>,
    calls: AtomicU64,
    sends: AtomicU64,
    courier: Courier,
    news: Newsroom,
}

type Shared = Arc<Inner>;

/// Nothing here is left half done by a panic: what the lock guards can be used on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    fn settings(&self) -> Settings {
        *locked(&self.settings)
    }

    fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut locked(&self.settings));
    }

    fn token(&self) -> SecretString {
        locked(&self.token).clone()
    }

    fn set_token(&self, token: String) {
        *locked(&self.token) = token.into();
    }

    fn calls_made(&self, is_send: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.sends.fetch_add(u64::from(is_send), Ordering::Relaxed);
    }

    fn counts(&self) -> (u64, u64) {
        (self.calls.load(Ordering::Relaxed), self.sends.load(Ordering::Relaxed))
    }
}

/// The emulated provider.
#[derive(Clone, Debug)]
pub struct Emulator {
    shared: Shared,
}

impl Emulator {
    /// A new one. `client` sends its webhooks.
    pub fn new(options: Options, client: reqwest::Client) -> Self {
        let news = Newsroom::new();
        let shared = Inner {
            company_id: options.company_id,
            token: Mutex::new(options.token),
            world: Mutex::new(World::new()),
            faults: Mutex::default(),
            settings: Mutex::new(Settings { echo: Echo::After, delivery_after: DELIVERY_AFTER }),
            calls: AtomicU64::new(0),
            sends: AtomicU64::new(0),
            courier: Courier::new(client, options.webhook_url, news.clone()),
            news,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Set where webhooks are sent.
    pub fn set_webhook_url(&self, url: String) {
        self.shared.courier.set_url(url);
    }

    /// Its routes: `/p1/…` as Pact has them, `/sandbox/…` for the phone and for scripts.
    pub fn router(&self) -> axum::Router {
        let routes = api::router(self.shared.clone()).merge(control::router()).merge(page::router());
        routes.with_state(self.shared.clone())
    }
}
