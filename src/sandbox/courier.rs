//! Carries webhooks to whoever subscribed: in order within a conversation, repeated until the answer is 200, as often as the provider does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot};

use super::dialects::{self, Dialect};
use super::news::{News, Newsroom};
use crate::config::Trouble;

/// Pact waits a minute; on a desk that is too long.
pub(super) const REPEAT_AFTER: Duration = Duration::from_secs(1);
/// No server takes longer over a webhook.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Longest delay of webhooks on demand.
pub(super) const LONGEST_DELAY: Duration = Duration::from_mins(1);
/// How much later a webhook comes that is overtaken: others need some milliseconds.
const OVERTAKEN: Duration = Duration::from_millis(150);
/// Subscriptions kept: each dialect has a few.
const MOST_SUBSCRIPTIONS: usize = 50;

/// Who wants webhooks, in which dialect.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) id: u64,
    pub(super) dialect: &'static Dialect,
    pub(super) url: String,
    pub(super) active: bool,
}

/// A webhook to be sent.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) subscription: u64,
    pub(super) attempts: u32,
    pub(super) body: Json,
}

/// A webhook on its way.
struct Parcel {
    letter: Letter,
    tried: oneshot::Sender<Option<u16>>,
}

/// What every lane needs.
#[derive(Clone, Debug)]
struct Road {
    client: reqwest::Client,
    settings: Arc<Mutex<Settings>>,
    news: Newsroom,
    /// What signs webhooks.
    secret: SecretString,
}

#[derive(Debug)]
struct Settings {
    subscriptions: Vec<Subscription>,
    last: u64,
    repeat_after: Duration,
    trouble: Trouble,
}

/// Carries webhooks.
#[derive(Debug)]
pub(super) struct Courier {
    road: Road,
    lanes: Mutex<HashMap<u64, mpsc::UnboundedSender<Parcel>>>,
}

impl Courier {
    pub(super) fn new(client: reqwest::Client, news: Newsroom, secret: SecretString) -> Self {
        let settings =
            Settings { subscriptions: Vec::new(), last: 0, repeat_after: REPEAT_AFTER, trouble: Trouble::default() };
        let settings = Arc::new(Mutex::new(settings));
        Self { road: Road { client, settings, news, secret }, lanes: Mutex::default() }
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.road.settings()
    }

    /// What signs webhooks.
    pub(super) fn secret(&self) -> &SecretString {
        &self.road.secret
    }

    /// What goes wrong from now on.
    pub(super) fn set_trouble(&self, trouble: Trouble) {
        self.settings().trouble = trouble;
    }

    /// What goes wrong now.
    pub(super) fn trouble(&self) -> Trouble {
        self.settings().trouble
    }

    /// Webhooks of this dialect go there, and nowhere else.
    pub(super) fn subscribe(&self, dialect: &str, url: &str) {
        let known = self.subscriptions().into_iter().filter(|one| one.dialect.name == dialect).map(|one| one.id);
        let mut known = known.collect::<Vec<_>>().into_iter();
        match known.next() {
            // What is under way follows it there.
            Some(id) => {
                self.change(dialect, id, Some((url.to_owned(), true)));
            }
            None => {
                self.add(dialect, url, true);
            }
        }
        known.for_each(|id| {
            self.change(dialect, id, None);
        });
    }

    /// One more place where webhooks of this dialect go; `None` where there are too many.
    pub(super) fn add(&self, dialect: &str, url: &str, active: bool) -> Option<u64> {
        let dialect = dialects::dialect(dialect)?;
        let mut settings = self.settings();
        if settings.subscriptions.len() >= MOST_SUBSCRIPTIONS {
            return None;
        }
        settings.last += 1;
        let id = settings.last;
        settings.subscriptions.push(Subscription { id, dialect, url: url.to_owned(), active });
        Some(id)
    }

    /// Change one, or take it away (`None`). False: there is none of that number.
    pub(super) fn change(&self, dialect: &str, id: u64, to: Option<(String, bool)>) -> bool {
        let mut settings = self.settings();
        let mine = |one: &Subscription| one.dialect.name == dialect && one.id == id;
        let Some(place) = settings.subscriptions.iter().position(mine) else { return false };
        match (to, settings.subscriptions.get_mut(place)) {
            (Some((url, active)), Some(known)) => (known.url, known.active) = (url, active),
            _ => drop(settings.subscriptions.remove(place)),
        }
        true
    }

    /// All subscriptions.
    pub(super) fn subscriptions(&self) -> Vec<Subscription> {
        self.settings().subscriptions.clone()
    }

    /// Where webhooks of a dialect go.
    pub(super) fn url_of(&self, dialect: &str) -> Option<String> {
        self.subscriptions().into_iter().find(|one| one.dialect.name == dialect).map(|one| one.url)
    }

    /// Send something to an address once: the status.
    pub(super) async fn try_out(&self, url: &str, body: &Json) -> Option<u16> {
        self.road.post(url.to_owned(), body, 1, None).await
    }

    /// What an address answers to a GET with 200.
    pub(super) async fn read(&self, url: &str) -> Option<String> {
        let answer = self.road.client.get(url).timeout(TIMEOUT).send().await.ok()?;
        if answer.status() == reqwest::StatusCode::OK { answer.text().await.ok() } else { None }
    }

    pub(super) fn set_repeat_after(&self, after: Duration) {
        self.settings().repeat_after = after;
    }

    /// Send webhooks of a conversation, in order. Each receiver tells the status of its first attempt.
    pub(super) fn send(&self, conversation: u64, letters: Vec<Letter>) -> Vec<oneshot::Receiver<Option<u16>>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(conversation).or_insert_with(|| self.road.open_lane());
        let send = |letter| {
            let (tried, told) = oneshot::channel();
            // A lane ends only with the courier; a parcel that finds none is reported as not arrived.
            drop(lane.send(Parcel { letter, tried }));
            told
        };
        letters.into_iter().map(send).collect()
    }
}

impl Road {
    fn open_lane(&self) -> mpsc::UnboundedSender<Parcel> {
        let (lane, mut parcels) = mpsc::unbounded_channel::<Parcel>();
        let road = self.clone();
        tokio::spawn(async move {
            let mut overtaken = false;
            while let Some(parcel) = parcels.recv().await {
                let trouble = road.settings().trouble;
                tokio::time::sleep(Duration::from_millis(trouble.delay_ms).min(LONGEST_DELAY)).await;
                overtaken = trouble.disorder && !overtaken;
                if overtaken {
                    tokio::spawn(road.clone().carry_late(parcel));
                } else {
                    road.carry(parcel).await;
                }
            }
        });
        lane
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry_late(self, parcel: Parcel) {
        tokio::time::sleep(OVERTAKEN).await;
        self.carry(parcel).await;
    }

    async fn carry(&self, Parcel { letter, tried }: Parcel) {
        let twice = self.settings().trouble.duplicates;
        let status = self.attempt(&letter, 1).await;
        if twice {
            self.attempt(&letter, 2).await;
        }
        if status != Some(200) {
            tokio::spawn(self.clone().repeat(letter));
        }
        // Nobody may be waiting.
        let _ = tried.send(status);
    }

    /// Later webhooks do not wait for one that is repeated: no provider promises order.
    async fn repeat(self, letter: Letter) {
        for attempt in 2..=letter.attempts {
            let after = self.settings().repeat_after;
            tokio::time::sleep(after).await;
            if self.attempt(&letter, attempt).await == Some(200) {
                return;
            }
        }
    }

    /// To where the subscription points now.
    async fn attempt(&self, letter: &Letter, attempt: u32) -> Option<u16> {
        let wanted = |one: &&Subscription| one.id == letter.subscription;
        let known = self.settings().subscriptions.iter().find(wanted).map(|one| (one.url.clone(), one.dialect))?;
        self.post(known.0, &letter.body, attempt, Some(known.1)).await
    }

    async fn post(&self, url: String, body: &Json, attempt: u32, dialect: Option<&Dialect>) -> Option<u16> {
        let bytes = body.to_string();
        let mut request = self.client.post(url).timeout(TIMEOUT).header("content-type", "application/json");
        if let Some((name, value)) = dialect.and_then(|dialect| (dialect.sign)(&self.secret, bytes.as_bytes())) {
            request = request.header(name, value);
        }
        let answer = request.body(bytes).send().await;
        let status = answer.ok().map(|answer| answer.status().as_u16());
        self.news.tell(News::Webhook { what: what(body), attempt, status });
        status
    }
}

/// What a webhook tells, in a few words: `message new`, `messages: text`, `statuses: delivered`.
fn what(body: &Json) -> String {
    let word = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    if let Some(kind) = word(body, "type").filter(|_| body.get("event").is_some()) {
        let side = match body.pointer("/data/income").or_else(|| body.pointer("/object/income")).and_then(Json::as_bool)
        {
            Some(true) => ", from the customer",
            Some(false) => ", from our side",
            None => "",
        };
        return format!("{kind} {}{side}", word(body, "event").unwrap_or_default());
    }
    let told = body.pointer("/entry/0/changes/0/value").unwrap_or(body);
    let lists = told.as_object().into_iter().flatten();
    let lists = lists.filter(|(key, value)| value.is_array() && *key != "contacts");
    let list = lists.map(|(key, value)| {
        let first = value.get(0).unwrap_or(&Json::Null);
        let kind = ["status", "type", "action"].iter().find_map(|key| word(first, key));
        kind.map_or_else(|| key.clone(), |kind| format!("{key}: {kind}"))
    });
    let lists = list.collect::<Vec<_>>().join(", ");
    if lists.is_empty() { word(body, "event").unwrap_or_else(|| "a webhook".into()) } else { lists }
}
