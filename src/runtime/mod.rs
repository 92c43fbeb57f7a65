//! Moves the data: intake, lanes, outbox, timers, reload. It decides nothing: every decision is a pure function of `engine` or a provider.

pub mod folder;
pub mod mend;

use crate::config::Config;
use crate::domain::{BoxFuture, Desk, Health, HealthPart, Intake, Mend, Time, WebhookAnswer, WebhookRequest};
use crate::store::AnyStore;

/// What a runtime is started with: everything from outside is handed in.
pub struct Outside {
    /// The configuration.
    pub config: Config,
    /// The store.
    pub store: AnyStore,
    /// The one HTTP client.
    pub client: reqwest::Client,
}

/// Why the runtime did not start: one clear line (or the diagnostics of a bot).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// The running system behind the ports.
#[derive(Debug)]
pub struct Runtime {}

impl Runtime {
    /// Load the bots, take up what an earlier process left over, start lanes, outbox, timers and reload.
    pub async fn start(_outside: Outside) -> Result<std::sync::Arc<Self>, StartError> {
        Err(StartError("not built".into()))
    }

    /// Take no more work and finish what is under way, within 10 s.
    pub async fn stop(&self) {}
}

impl Intake for Runtime {
    fn webhook<'a>(&'a self, _account: &'a str, _request: WebhookRequest) -> BoxFuture<'a, WebhookAnswer> {
        Box::pin(async { WebhookAnswer { status: 503, body: "not built".into() } })
    }
    fn knows(&self, _account: &str) -> bool {
        false
    }
    fn admits(&self, _account: &str, _head: &WebhookRequest) -> bool {
        false
    }
}

impl Desk for Runtime {
    fn health(&self) -> BoxFuture<'_, Health> {
        let store = HealthPart { healthy: false, since: Time(0), why: None };
        Box::pin(async { Health { store, bots: Default::default(), accounts: Default::default() } })
    }
    fn metrics(&self) -> String {
        String::new()
    }
    fn mend<'a>(&'a self, _request: Mend) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async { Err("not built".into()) })
    }
}
