//! An emulated provider with a phone in the browser: one world of conversations, and dialects over it that speak as the providers'
//! documents say, over real HTTP in both directions, and refuse what the documents do not allow.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::config::FaultPlan;
use crate::domain::hex;

mod clock;
mod control;
mod courier;
mod delivery;
mod dialects;
mod faults;
mod files;
mod guard;
mod limits;
mod news;
mod page;
mod uploads;
mod wire;
mod world;

use chrono::{DateTime, Utc};
use courier::{Courier, Letter};
use dialects::{Happening, Scene};
use faults::Faults;
use limits::Limits;
use news::Newsroom;
use wire::Wire;
use world::World;

pub use clock::Clock;
pub use dialects::{DIALECTS, Dialect, dialect};

/// The origin before anybody has set it: a name that nobody ever has (RFC 2606).
const NOWHERE: &str = "http://sandbox.invalid";
/// Pact needs a moment to deliver.
const DELIVERY_AFTER: Duration = Duration::from_millis(50);

/// How an emulator is set up.
#[derive(Debug)]
pub struct Options {
    /// The token that calls must bring.
    pub token: SecretString,
    /// What webhooks are signed with, in dialects that sign them.
    pub secret: SecretString,
    /// The company whose paths are served.
    pub company_id: u64,
    /// In which of `DIALECTS` its webhooks are written.
    pub dialect: &'static Dialect,
    /// Where webhooks are sent; it can be set later.
    pub webhook_url: Option<String>,
    /// Its time.
    pub clock: Clock,
    /// The path that its page and its calls lie under, among those of another server. Without one it has a server of its own.
    pub under: Option<String>,
    /// Its messages and files are numbered from here on.
    pub first_number: u64,
    /// What it does wrong from the start.
    pub faults: FaultPlan,
}

impl Options {
    /// The usual: a server of its own, the system's time, the token as secret.
    pub fn new(dialect: &'static Dialect, token: SecretString, company_id: u64) -> Self {
        let (secret, clock) = (token.clone(), Clock::system());
        Self {
            token,
            secret,
            company_id,
            dialect,
            webhook_url: None,
            clock,
            under: None,
            first_number: 0,
            faults: FaultPlan::default(),
        }
    }
}

/// Where the page is, on a server of its own.
const PAGE: &str = "/sandbox";

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
    dialect: &'static Dialect,
    clock: Clock,
    under: Option<String>,
    /// `http://127.0.0.1:8080`, once it is known.
    origin: Mutex<String>,
    limits: Mutex<Limits>,
    token: Mutex<SecretString>,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    settings: Mutex<Settings>,
    calls: AtomicU64,
    sends: AtomicU64,
    /// Messages taken whose webhooks are still to come.
    deliveries: AtomicU64,
    courier: Courier,
    wire: Wire,
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

    fn limits(&self) -> MutexGuard<'_, Limits> {
        locked(&self.limits)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The path of the page, under which the scripts' paths lie, too.
    fn page(&self) -> &str {
        self.under.as_deref().unwrap_or(PAGE)
    }

    /// The address of the page.
    fn desk(&self) -> String {
        format!("{}{}", locked(&self.origin), self.page())
    }

    /// The address that the calls' paths are added to.
    fn api(&self) -> String {
        format!("{}{}", locked(&self.origin), self.under.as_deref().unwrap_or_default())
    }

    /// Tell all that want to know, each in its dialect. Each receiver tells the status of a first attempt.
    fn tell(&self, happenings: &[Happening]) -> Vec<oneshot::Receiver<Option<u16>>> {
        let mut told = Vec::new();
        for happening in happenings {
            let letters = self.letters(happening);
            told.extend(self.courier.send(happening.conversation, letters));
        }
        told
    }

    fn letters(&self, happening: &Happening) -> Vec<Letter> {
        let world = self.world();
        let Some(conversation) = world.conversation(happening.conversation) else { return Vec::new() };
        let message = happening.message.and_then(|id| conversation.message(id));
        let job = message.and_then(|message| world.job_of(message));
        let tag = happening.tag().and_then(|tag| world.tag(tag));
        let (company_id, what, desk) = (self.company_id, happening.what, self.desk());
        let scene = Scene { company_id, what, conversation, message, job, tag, desk: &desk, at: self.now() };
        for body in (self.dialect.webhooks)(&scene) {
            self.wire.say(body);
        }
        let active = self.courier.subscriptions().into_iter().filter(|one| one.active);
        let letters = active.flat_map(|one| {
            let letter = move |body| Letter { subscription: one.id, attempts: one.dialect.attempts, body };
            (one.dialect.webhooks)(&scene).into_iter().map(letter)
        });
        letters.collect()
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
        let courier = Courier::new(client, news.clone(), options.secret);
        courier.set_trouble(options.faults.webhooks);
        if let Some(url) = &options.webhook_url {
            courier.subscribe(options.dialect.name, url);
        }
        let shared = Inner {
            company_id: options.company_id,
            dialect: options.dialect,
            clock: options.clock,
            under: options.under,
            origin: Mutex::new(NOWHERE.to_owned()),
            limits: Mutex::default(),
            token: Mutex::new(options.token),
            world: Mutex::new(World::new(options.first_number)),
            faults: Mutex::new(Faults::planned(&options.faults)),
            settings: Mutex::new(Settings { echo: Echo::After, delivery_after: DELIVERY_AFTER }),
            calls: AtomicU64::new(0),
            sends: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            courier,
            wire: Wire::new(),
            news,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Set where webhooks are sent.
    pub fn set_webhook_url(&self, url: &str) {
        self.shared.courier.subscribe(self.shared.dialect.name, url);
    }

    /// Set the address that it is reached at: `http://127.0.0.1:8080`.
    pub fn set_origin(&self, origin: &str) {
        origin.clone_into(&mut locked(&self.shared.origin));
    }

    /// Its routes: those of its provider as the provider has them, and those of the phone and of scripts.
    pub fn router(&self) -> axum::Router {
        let desk = control::router().merge(page::router());
        let spoken = DIALECTS.iter().filter(|dialect| dialect.provider == self.shared.dialect.provider);
        let calls = spoken.fold(axum::Router::new(), |all, one| all.merge(guard::guarded(one, &self.shared)));
        let routes = match &self.shared.under {
            Some(under) => axum::Router::new().nest(under, desk.merge(calls)),
            None => calls.nest(PAGE, desk).merge(page::front()),
        };
        routes.with_state(self.shared.clone())
    }
}
