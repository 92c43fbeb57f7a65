//! The figures at `/metrics`, all named `frontdesk_…`.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// By account and outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByOutcome {
    account: String,
    outcome: &'static str,
}

/// By account alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByAccount {
    account: String,
}

/// By account and rate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByRate {
    account: String,
    rate: &'static str,
}

/// By outcome alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    outcome: &'static str,
}

/// By bot and event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByEvent {
    bot: String,
    event: String,
}

/// Events counted apart, over all bots and edits of them; what is new after that is counted as `other`. Each is a line of the text.
const MOST_EVENTS: usize = 1_000;

type Counted<L> = Family<L, Counter>;

/// All figures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    webhooks: Counted<ByOutcome>,
    ignored: Counted<ByOutcome>,
    sends: Counted<ByOutcome>,
    turns: Counted<Outcome>,
    http_calls: Counted<Outcome>,
    reloads: Counted<Outcome>,
    turn_seconds: Histogram,
    tracked: Counted<ByEvent>,
    /// How many there are of it.
    tracked_names: Mutex<HashSet<ByEvent>>,
    /// Events that became dead letters since the start.
    pub dead_letters: Counter,
    /// Accepted events that wait for their turn.
    pub pending: Gauge,
    /// Conversations in memory.
    pub lanes: Gauge,
    /// 1 for an account that is well.
    account_healthy: Family<ByAccount, Gauge>,
    /// Rows that wait to be sent.
    rows_waiting: Family<ByAccount, Gauge>,
    /// Calls that each rate of the provider would take now.
    calls_left: Family<ByRate, Gauge>,
    /// Rows that are not finished.
    pub rows_open: Gauge,
    /// Rows whose outcome is unknown.
    pub rows_unknown: Gauge,
}

/// From 20 µs, doubling, to 80 ms.
const TURN_BUCKETS: [f64; 13] = [
    0.000_02, 0.000_04, 0.000_08, 0.000_16, 0.000_32, 0.000_64, 0.001_28, 0.002_56, 0.005_12, 0.010_24, 0.020_48,
    0.040_96, 0.081_92,
];

impl Metrics {
    /// All at nothing.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            webhooks: Family::default(),
            ignored: Family::default(),
            sends: Family::default(),
            turns: Family::default(),
            http_calls: Family::default(),
            reloads: Family::default(),
            turn_seconds: Histogram::new(TURN_BUCKETS),
            tracked: Family::default(),
            tracked_names: Mutex::default(),
            dead_letters: Counter::default(),
            pending: Gauge::default(),
            lanes: Gauge::default(),
            account_healthy: Family::default(),
            rows_waiting: Family::default(),
            calls_left: Family::default(),
            rows_open: Gauge::default(),
            rows_unknown: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("frontdesk_webhooks", "Webhooks by account and what became of them", self.webhooks.clone());
        to.register(
            "frontdesk_ignored",
            "Parts of webhooks that ask for nothing, by account and kind",
            self.ignored.clone(),
        );
        to.register("frontdesk_sends", "Attempts and look-ups by account and outcome", self.sends.clone());
        to.register("frontdesk_turns", "Turns by outcome", self.turns.clone());
        to.register("frontdesk_http_calls", "Attempts of `http` steps by outcome", self.http_calls.clone());
        to.register("frontdesk_reloads", "Reloads of bots by outcome", self.reloads.clone());
        to.register("frontdesk_turn_seconds", "Time the engine took for a turn", self.turn_seconds.clone());
        to.register("frontdesk_tracked", "What flows counted with `track`, by bot and event", self.tracked.clone());
        to.register("frontdesk_dead_letters", "Events that became dead letters", self.dead_letters.clone());
        to.register("frontdesk_events_pending", "Accepted events that wait for their turn", self.pending.clone());
        to.register("frontdesk_lanes", "Conversations in memory", self.lanes.clone());
        to.register(
            "frontdesk_account_healthy",
            "Whether the account's provider does what it is asked to: 1 or 0",
            self.account_healthy.clone(),
        );
        to.register(
            "frontdesk_rows_waiting",
            "Outbox rows that wait to be sent or looked up, by account",
            self.rows_waiting.clone(),
        );
        to.register(
            "frontdesk_calls_left",
            "Calls that the provider would take now, by account and its limit",
            self.calls_left.clone(),
        );
        to.register("frontdesk_rows_open", "Outbox rows that are not finished", self.rows_open.clone());
        to.register("frontdesk_rows_unknown", "Outbox rows whose outcome is unknown", self.rows_unknown.clone());
    }

    /// A webhook was answered.
    pub fn webhook(&self, account: &str, outcome: &'static str) {
        self.webhooks.get_or_create(&ByOutcome { account: account.to_owned(), outcome }).inc();
    }

    /// Something in a webhook was understood and let be.
    pub fn ignored(&self, account: &str, kind: &'static str) {
        self.ignored.get_or_create(&ByOutcome { account: account.to_owned(), outcome: kind }).inc();
    }

    /// An attempt or a look-up ended.
    pub fn send(&self, account: &str, outcome: &'static str) {
        self.sends.get_or_create(&ByOutcome { account: account.to_owned(), outcome }).inc();
    }

    /// The account is well, or is not.
    pub fn healthy(&self, account: &str, healthy: bool) {
        self.account_healthy.get_or_create(&ByAccount { account: account.to_owned() }).set(i64::from(healthy));
    }

    /// So many rows of the account wait.
    pub fn waiting(&self, account: &str, rows: usize) {
        self.rows_waiting.get_or_create(&ByAccount { account: account.to_owned() }).set(rows as i64);
    }

    /// So many calls would go now.
    pub fn left(&self, account: &str, rate: &'static str, calls: usize) {
        self.calls_left.get_or_create(&ByRate { account: account.to_owned(), rate }).set(calls as i64);
    }

    /// A turn ended.
    pub fn turn(&self, outcome: &'static str) {
        self.turns.get_or_create(&Outcome { outcome }).inc();
    }

    /// An attempt of an `http` step ended.
    pub fn http_call(&self, outcome: &'static str) {
        self.http_calls.get_or_create(&Outcome { outcome }).inc();
    }

    /// The engine took so long.
    pub fn took(&self, time: std::time::Duration) {
        self.turn_seconds.observe(time.as_secs_f64());
    }

    /// Flows of a bot counted these.
    pub fn tracked(&self, bot: &str, events: &[String]) {
        for event in events {
            let mut label = ByEvent { bot: bot.to_owned(), event: event.clone() };
            let mut known = self.tracked_names.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_EVENTS && !known.contains(&label) {
                label = ByEvent { bot: bot.to_owned(), event: "other".to_owned() };
            }
            self.tracked.get_or_create(&label).inc();
            known.insert(label);
        }
    }

    /// A bot was reloaded, or was not.
    pub fn reload(&self, outcome: &'static str) {
        self.reloads.get_or_create(&Outcome { outcome }).inc();
    }

    /// Prometheus text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracked_events_are_counted_by_name_up_to_a_bound() {
        let metrics = Metrics::new();
        let named = |n: usize| vec![format!("e{n}"); 2];
        (0..MOST_EVENTS + 3).for_each(|n| metrics.tracked("clinic", &named(n)));
        let text = metrics.text();
        assert!(text.contains("frontdesk_tracked_total{bot=\"clinic\",event=\"e0\"} 2\n"), "{text}");
        assert!(text.contains("frontdesk_tracked_total{bot=\"clinic\",event=\"other\"} 6\n"), "{text}");
        assert!(!text.contains(&format!("event=\"e{MOST_EVENTS}\"")));
    }
}
