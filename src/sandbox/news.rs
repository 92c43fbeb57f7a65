//! What happens in the sandbox, for the page and for scripts that wait: broadcast, and the latest kept as a log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::broadcast;

/// Entries of the log that are kept.
const LOG_LENGTH: usize = 200;
/// News that a slow page may lag behind before it misses some.
const BACKLOG: usize = 512;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum News {
    /// A conversation changed.
    Conversation { id: u64 },
    /// A call was answered.
    Call { method: String, path: String, form: Vec<(String, String)>, status: Option<u16>, fault: bool },
    /// Somebody let time pass.
    Clock { now: DateTime<Utc> },
    /// A webhook was sent.
    Webhook { what: String, attempt: u32, status: Option<u16> },
}

/// Spreads news.
#[derive(Clone, Debug)]
pub(super) struct Newsroom {
    sender: broadcast::Sender<News>,
    log: Arc<Mutex<VecDeque<News>>>,
}

impl Newsroom {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0, log: Arc::default() }
    }

    pub(super) fn tell(&self, news: News) {
        if !matches!(news, News::Conversation { .. } | News::Clock { .. }) {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.len() >= LOG_LENGTH {
                log.pop_front();
            }
            log.push_back(news.clone());
        }
        // Without a listener there is nobody to tell.
        drop(self.sender.send(news));
    }

    pub(super) fn log(&self) -> Vec<News> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<News> {
        self.sender.subscribe()
    }
}
