//! Carries webhooks to the server: in order within a conversation, repeated until the answer is 200, ten times at most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot};

use super::news::{News, Newsroom};

/// How often Pact tries.
const ATTEMPTS: u32 = 10;
/// Pact waits a minute; on a desk that is too long.
pub(super) const REPEAT_AFTER: Duration = Duration::from_secs(1);
/// No server takes longer over a webhook.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A webhook on its way.
struct Parcel {
    body: Json,
    tried: oneshot::Sender<Option<u16>>,
}

/// What every lane needs.
#[derive(Clone, Debug)]
struct Road {
    client: reqwest::Client,
    settings: Arc<Mutex<Settings>>,
    news: Newsroom,
}

#[derive(Debug)]
struct Settings {
    url: Option<String>,
    repeat_after: Duration,
}

/// Carries webhooks.
#[derive(Debug)]
pub(super) struct Courier {
    road: Road,
    lanes: Mutex<HashMap<u64, mpsc::UnboundedSender<Parcel>>>,
}

impl Courier {
    pub(super) fn new(client: reqwest::Client, url: Option<String>, news: Newsroom) -> Self {
        let settings = Arc::new(Mutex::new(Settings { url, repeat_after: REPEAT_AFTER }));
        Self { road: Road { client, settings, news }, lanes: Mutex::default() }
    }

    pub(super) fn set_url(&self, url: String) {
        self.road.settings.lock().unwrap_or_else(PoisonError::into_inner).url = Some(url);
    }

    pub(super) fn set_repeat_after(&self, after: Duration) {
        self.road.settings.lock().unwrap_or_else(PoisonError::into_inner).repeat_after = after;
    }

    /// Send webhooks of a conversation, in order. Each receiver tells the status of its first attempt.
    pub(super) fn send(&self, conversation: u64, webhooks: Vec<Json>) -> Vec<oneshot::Receiver<Option<u16>>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(conversation).or_insert_with(|| self.road.open_lane());
        let send = |body| {
            let (tried, told) = oneshot::channel();
            // A lane ends only with the courier; a parcel that finds none is reported as not arrived.
            drop(lane.send(Parcel { body, tried }));
            told
        };
        webhooks.into_iter().map(send).collect()
    }
}

impl Road {
    fn open_lane(&self) -> mpsc::UnboundedSender<Parcel> {
        let (lane, mut parcels) = mpsc::unbounded_channel::<Parcel>();
        let road = self.clone();
        tokio::spawn(async move {
            while let Some(Parcel { body, tried }) = parcels.recv().await {
                let status = road.attempt(&body, 1).await;
                if status != Some(200) {
                    tokio::spawn(road.clone().repeat(body));
                }
                // Nobody may be waiting.
                let _ = tried.send(status);
            }
        });
        lane
    }

    /// Later webhooks do not wait for one that is repeated: Pact promises no order.
    async fn repeat(self, body: Json) {
        for attempt in 2..=ATTEMPTS {
            let after = self.settings.lock().unwrap_or_else(PoisonError::into_inner).repeat_after;
            tokio::time::sleep(after).await;
            if self.attempt(&body, attempt).await == Some(200) {
                return;
            }
        }
    }

    async fn attempt(&self, body: &Json, attempt: u32) -> Option<u16> {
        let url = self.settings.lock().unwrap_or_else(PoisonError::into_inner).url.clone()?;
        let request = self.client.post(url).timeout(TIMEOUT).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await;
        let status = answer.ok().map(|answer| answer.status().as_u16());
        self.news.tell(News::Webhook { what: what(body), attempt, status });
        status
    }
}

/// `message new`.
fn what(body: &Json) -> String {
    let word = |key: &str| body.get(key).and_then(Json::as_str).unwrap_or_default();
    let side = match body.pointer("/data/income").and_then(Json::as_bool) {
        Some(true) => ", from the customer",
        Some(false) => ", from our side",
        None => "",
    };
    format!("{} {}{side}", word("type"), word("event"))
}
