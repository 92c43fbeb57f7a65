//! What the emulated provider told of, in its own dialect: the latest kept for its lists of events, and all of it said at once to those who listen.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::Value as Json;
use tokio::sync::broadcast;

use super::locked;

/// Bodies that are kept: a gap of a listener's is shorter.
const KEPT: usize = 1000;
/// What a listener may lag behind before its connection ends.
const BACKLOG: usize = 512;

/// What was told.
#[derive(Debug)]
pub(super) struct Wire {
    kept: Mutex<VecDeque<Json>>,
    sender: broadcast::Sender<Json>,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self { kept: Mutex::default(), sender: broadcast::channel(BACKLOG).0 }
    }

    pub(super) fn say(&self, body: Json) {
        let mut kept = locked(&self.kept);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(body.clone());
        // Nobody may be listening.
        let _ = self.sender.send(body);
    }

    /// The oldest first.
    pub(super) fn kept(&self) -> Vec<Json> {
        locked(&self.kept).iter().cloned().collect()
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Json> {
        self.sender.subscribe()
    }
}
