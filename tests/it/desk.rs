//! The whole system over HTTP: the real program, the emulated provider, and what a test does and sees from outside.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use frontdesk::domain::{AccountName, Loaded};
use frontdesk::store::Store;
use frontdesk::store::sqlite::SqliteStore;
use serde_json::{Value as Json, json};

use crate::harness::{Home, Server, wait_within};
use crate::provider::{COMPANY, Provider, TOKEN};

/// The secret of the account's webhooks.
pub const SECRET: &str = "the-right-secret";
/// A look-up repeats what is absent after 3, 10 and 30 s; the rest is for a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(150);

/// The system.
pub struct Desk {
    pub home: Home,
    pub provider: Provider,
    pub server: Server,
    ids: AtomicU64,
}

impl Desk {
    /// Start it with the tests' bot.
    pub fn open() -> Self {
        Self::speaking("v1")
    }

    /// The same through this version of Pact.
    pub fn speaking(api: &str) -> Self {
        Self::with(api, "", include_str!("../data/serve/bot.yaml"))
    }

    /// The same with more in the configuration, and another bot.
    pub fn with(api: &str, config: &str, bot: &str) -> Self {
        let more = config;
        let provider = Provider::speaking(&format!("pact-{api}"));
        let config = format!(
            "listen: 127.0.0.1:0\naccounts:\n  desk:\n    provider: pact\n    bot: desk\n    base_url: http://{}\n    \
             token: {TOKEN}\n    company_id: {COMPANY}\n    webhook_secret: {SECRET}\n    api: {api}\n{more}",
            provider.address
        );
        let home = Home::new(&[
            ("frontdesk.yaml", &config),
            ("bots/desk/bot.yaml", bot),
            ("scripts/vip.rhai", include_str!("../data/serve/vip.rhai")),
        ]);
        let server = home.serve();
        let desk = Self { home, provider, server, ids: AtomicU64::new(1_000_000) };
        desk.provider.call_back(&desk.webhooks());
        desk
    }

    /// The address of the account's webhooks, secret included.
    pub fn webhooks(&self) -> String {
        self.server.url(&format!("/webhooks/desk?auth={SECRET}"))
    }

    /// Start the server again, on another port.
    pub fn restart(&mut self) {
        self.server = self.home.serve();
        self.provider.call_back(&self.webhooks());
    }

    /// Post anything to a path; the status.
    pub fn post(&self, path: &str, body: impl Into<String>) -> u16 {
        let request = self.provider.client().post(self.server.url(path)).body(body.into());
        self.provider.send(request).map_or(0, |(status, _)| status)
    }

    /// Post a webhook; the status.
    pub fn hook(&self, body: &Json) -> u16 {
        self.post(&format!("/webhooks/desk?auth={SECRET}"), body.to_string())
    }

    /// Post them at once.
    pub fn hook_all(&self, bodies: &[Json]) -> Vec<u16> {
        let post = |body: &Json| self.provider.client().post(self.webhooks()).body(body.to_string());
        self.provider.send_all(bodies.iter().map(post).collect())
    }

    /// GET a path of the server.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.provider.send(self.provider.client().get(self.server.url(path))).unwrap()
    }

    /// The webhook of a message that a customer wrote just now.
    pub fn incoming(&self, conversation: u64, text: &str) -> Json {
        json!({"type": "message", "event": "new", "data": {
            "external_id": self.ids.fetch_add(1, Ordering::Relaxed),
            "conversation_id": conversation,
            "channel_id": 1,
            "channel_type": "whatsapp_business",
            "message": text,
            "income": true,
            "created_at_timestamp": now(),
            "attachments": [],
        }})
    }

    /// The database, read beside the server.
    pub fn store(&self) -> SqliteStore {
        SqliteStore::open_read_only(&self.home.path().join("frontdesk.db")).unwrap()
    }

    /// What the database has of a conversation.
    pub fn stored(&self, store: &SqliteStore, conversation: u64) -> Option<Loaded> {
        self.provider.block_on(async {
            let id = store.find(&AccountName::from("desk"), &conversation.to_string()).await.unwrap()?;
            store.load(&id).await.unwrap()
        })
    }

    /// Wait until everything accepted of a conversation is handled and everything decided is sent or given up.
    pub fn settle(&self, conversation: u64) -> Loaded {
        let store = self.store();
        wait_within(PATIENCE, &format!("conversation {conversation} to settle"), || {
            let stored = self.stored(&store, conversation)?;
            let done = stored.events.is_empty() && stored.rows.iter().all(|row| row.state.is_final());
            done.then_some(stored)
        })
    }

    /// Wait until all is settled; then this is what reached the customer, no more and no less.
    pub fn expect(&self, conversation: u64, texts: &[&str]) {
        let stored = self.settle(conversation);
        let received = self.provider.received(conversation);
        assert_eq!(received, texts, "conversation {conversation}; rows: {:#?}", stored.rows);
    }

    /// An account, as `/readyz` reports it.
    pub fn account(&self) -> Json {
        let (_, body) = self.get("/readyz");
        serde_json::from_str::<Json>(&body).unwrap()["accounts"]["desk"].clone()
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}
