//! Whatever is posted to a webhook: the real server answers 200 or 4xx, nothing panics, and its memory stays bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use frontdesk::domain::{Desk, Time};
use frontdesk::runtime::{Clock, Outside, Runtime};
use frontdesk::store::sqlite::SqliteStore;
use frontdesk::yaml::Source;
use futures_util::stream::{self, StreamExt};

use crate::cases;

/// Bodies for each provider.
const BODIES: usize = 10_000;
/// At once.
const CONNECTIONS: usize = 8;
/// More than this the process may not grow by: what is kept in memory of some thousand conversations, and the caches of the store.
const MOST_GROWTH: usize = 300 << 20;
/// Longest random body.
const LONGEST: usize = 2_000;
/// What stands where nobody expects it.
const ODD: &[&str] = &[
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "18446744073709551616",
    "9999999999999999",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud83d\"",
    "[]",
    "{}",
    "[[[[[]]]]]",
    "\"../..\"",
    "\"%s%n\"",
    "\"'; DROP TABLE event; --\"",
    "{\"id\":{\"id\":{}}}",
    "\"1970-01-01 00:00:00 UTC\"",
    "1.5",
];

/// Small numbers that look like chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.below(256) as u8).collect()
    }

    /// A body made from one of these: bytes changed, cut or doubled, something odd in the place of a value, or nothing of it at all.
    fn body(&mut self, known: &[Vec<u8>]) -> Vec<u8> {
        let mut body = known[self.below(known.len())].clone();
        let at = self.below(body.len());
        match self.below(8) {
            0 => body.truncate(at),
            1 => body[at] = self.below(256) as u8,
            2 => drop(body.splice(at..at, self.bytes(20))),
            3 => {
                let end = (at + self.below(200)).min(body.len());
                let part = body[at..end].to_vec();
                drop(body.splice(at..at, part));
            }
            4 => body = self.bytes(LONGEST),
            5 => body = ODD[self.below(ODD.len())].repeat(1 + self.below(3)).into_bytes(),
            _ => self.put_something_odd(&mut body, at),
        }
        body
    }

    /// In place of the value behind the next colon.
    fn put_something_odd(&mut self, body: &mut Vec<u8>, at: usize) {
        let Some(begin) = body[at..].iter().position(|byte| *byte == b':').map(|place| at + place + 1) else { return };
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']');
        let end = body[begin..].iter().position(ends).map_or(body.len(), |place| begin + place);
        let odd = ODD[self.below(ODD.len())].as_bytes().to_vec();
        drop(body.splice(begin..end, odd));
    }
}

/// The process's own memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4096
}

/// Panics that the server caught are panics all the same.
fn count_panics() -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (counted, before) = (Arc::clone(&count), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        counted.fetch_add(1, Ordering::SeqCst);
        before(panic);
    }));
    count
}

async fn bombard(provider: &str, keys: &str) {
    let panics = count_panics();
    let folder = tempfile::tempdir().unwrap();
    let bot = "bot: desk\nflows:\n  never: {on: {keywords: [abracadabra]}, do: {say: Never.}}\n  any: {on: message, continue: true, do: {set: {n: 1}}}\n";
    std::fs::create_dir_all(folder.path().join("bots/desk")).unwrap();
    std::fs::write(folder.path().join("bots/desk/bot.yaml"), bot).unwrap();
    let text = format!(
        "accounts:\n  a:\n    provider: {provider}\n    bot: desk\n    base_url: http://127.0.0.1:1\n    insecure: true\n{keys}"
    );
    let source = Source { path: folder.path().join("frontdesk.yaml").display().to_string().into(), text: text.into() };
    let (config, problems) = frontdesk::config::read(&Arc::new(source), &|_| None);
    let mut config = config.unwrap_or_else(|| panic!("{problems:?}"));
    (config.bots, config.scripts) = (folder.path().join("bots"), folder.path().join("scripts"));
    let store = Arc::new(SqliteStore::open(&folder.path().join("frontdesk.db")).unwrap());
    let client = frontdesk::runtime::client().unwrap();
    let clock = Clock::new(|| Time(chrono::Utc::now().timestamp_millis()));
    let runtime = Runtime::start(Outside { config, store, client: client.clone(), clock }).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/a", listener.local_addr().unwrap());
    let router = frontdesk::server::router(runtime.clone(), runtime.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let files = cases::files(&format!("{provider}/webhooks"), "json", 10);
    let known: Vec<Vec<u8>> = files.into_iter().map(|(_, file, _)| std::fs::read(file).unwrap()).collect();
    let mut chance = Chance(0x5eed_0f0d);
    let before = resident();
    let bodies: Vec<Vec<u8>> = (0..BODIES).map(|_| chance.body(&known)).collect();
    let post = |body: Vec<u8>| {
        let request = client.post(&url).body(body.clone());
        async move { (request.send().await.map(|answer| answer.status().as_u16()), body) }
    };
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    let mut answers = stream::iter(bodies.into_iter().map(post)).buffer_unordered(CONNECTIONS);
    while let Some((status, body)) = answers.next().await {
        let status = status.unwrap_or_else(|why| panic!("no answer: {why}: {}", String::from_utf8_lossy(&body)));
        assert!(matches!(status, 200 | 400..=499), "{status}: {}", String::from_utf8_lossy(&body));
        *statuses.entry(status).or_default() += 1;
    }
    assert!(statuses.get(&200).is_some_and(|count| *count > BODIES / 10), "hardly anything was taken: {statuses:?}");
    assert!(statuses.get(&400).is_some_and(|count| *count > BODIES / 10), "hardly anything was refused: {statuses:?}");
    let grown = resident().saturating_sub(before);
    assert!(grown < MOST_GROWTH, "{} MB more", grown >> 20);
    assert!(runtime.health().await.is_ready());
    runtime.stop().await;
    assert_eq!(panics.load(Ordering::SeqCst), 0, "something panicked");
}

#[tokio::test(flavor = "multi_thread")]
async fn pact_takes_anything() {
    bombard("pact", "    token: t\n    company_id: 154\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pacts_second_version_takes_anything() {
    bombard("pact", "    token: t\n    company_id: 154\n    api: v2\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_cloud_takes_anything() {
    bombard("whatsapp-cloud", "    token: t\n    phone_number_id: 106540352242922\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn getchat_takes_anything() {
    bombard("getchat", "    token: t\n    user_id: 23\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pabbly_takes_anything() {
    bombard("pabbly", "    token: t\n").await;
}
