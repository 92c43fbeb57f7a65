//! The runtime on a real store, against the emulated provider over real HTTP in both directions. The clock can be put forward, so that
//! nobody waits for a retry; the process's death is the death of its event loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use frontdesk::config::{Config, IMITATIONS, Imitation, SandboxAccess};
use frontdesk::domain::{Desk, EventState, Intake, Kept, Mend, RowState, Time, WebhookRequest};
use frontdesk::runtime::{Clock, Outside, Runtime};
use frontdesk::sandbox::{self, Emulator, Options};
use frontdesk::store::Store;
use frontdesk::store::sqlite::SqliteStore;
use frontdesk::yaml::Source;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::doors::{Behind, Doors};

mod contacts;
mod limits;
mod same;
mod stream;
mod teams;
mod time;
mod trouble;
mod window;

/// Longer than anything here takes on a loaded machine; reached only by a failure.
const DEADLINE: Duration = Duration::from_secs(30);

const BOT: &str = r#"
bot: desk
languages: [en]
flows:
  price:
    on: {keywords: [price]}
    do:
      - say: "A visit is 50."
  two:
    on: {keywords: [two]}
    do:
      - say: One.
      - say: Two.
  same:
    on: {keywords: [same]}
    do:
      - say: Same.
      - say: Same.
  numbers:
    on: {matches: '^n(?<n>\d+)$'}
    do:
      - say: "got {{ n }}"
  form:
    on: {keywords: [form]}
    do:
      - ask: age
        text: Age?
        kind: integer
        retry: A number, please.
      - ask: name
        text: Name?
      - say: Thanks.
      - note: "{{ name }} is {{ age }}"
  news:
    on: {event: news}
    do:
      - say: News.
  failed:
    on: {delivery_failed: why}
    do:
      - note: "not delivered"
outside_window: {template: reopen, params: ["x"]}
"#;

/// What the emulated provider's webhooks bring.
const SECRET: &str = "s";

/// The emulated provider, alive through all lives of the server.
struct Provider {
    url: String,
    client: reqwest::Client,
    emulator: Emulator,
    imitates: &'static Imitation,
    /// The server lives by it, too.
    clock: sandbox::Clock,
}

impl Provider {
    async fn start() -> Self {
        Self::speaking("v1").await
    }

    /// As this version of Pact.
    async fn speaking(api: &'static str) -> Self {
        Self::imitating(if api == "v1" { "pact" } else { "pact-v2" }, "t", &sandbox::Clock::own(None)).await
    }

    /// As any of them, for whoever has this token.
    async fn imitating(name: &str, token: &str, clock: &sandbox::Clock) -> Self {
        let client = frontdesk::runtime::client().unwrap();
        let imitates = frontdesk::config::imitation(name).unwrap();
        let usual = Options::new(sandbox::dialect(imitates.dialect).unwrap(), token.to_owned().into(), 154);
        let options = Options { secret: SECRET.to_owned().into(), clock: clock.clone(), ..usual };
        let emulator = Emulator::new(options, client.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        emulator.set_origin(&url);
        let router = emulator.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let provider = Self { url, client, emulator, imitates, clock: clock.clone() };
        provider.post("/sandbox/settings", &json!({"delivery_after_ms": 1, "repeat_after_ms": 100})).await;
        provider
    }

    /// How the account of that token gets in.
    fn access(&self, token: &str) -> SandboxAccess {
        let (token, secret) = (token.to_owned().into(), SECRET.to_owned().into());
        SandboxAccess { base_url: self.url.clone(), token, secret }
    }

    /// The provider's own name of a conversation: WhatsApp's is the phone.
    fn thread(&self, conversation: u64) -> String {
        match self.imitates.provider {
            "pact" => conversation.to_string(),
            _ => format!("7926{conversation:07}"),
        }
    }

    async fn post(&self, path: &str, body: &Json) -> Json {
        let answer = self.client.post(format!("{}{path}", self.url)).body(body.to_string()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
    }

    async fn get(&self, path: &str) -> Json {
        let text = self.client.get(format!("{}{path}", self.url)).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
    }

    async fn faults(&self, next: &[&str]) {
        self.post("/sandbox/faults", &json!({ "next": next })).await;
    }

    /// The customer writes; the status of the webhook.
    async fn write(&self, conversation: u64, text: &str) -> Json {
        self.post(&format!("/sandbox/conversations/{conversation}/messages"), &json!({ "text": text })).await["webhook"]
            .clone()
    }

    async fn human(&self, conversation: u64, text: &str) {
        self.post(&format!("/sandbox/conversations/{conversation}/human"), &json!({ "text": text })).await;
    }

    /// What the bot has said, once it has said so much.
    async fn said(&self, conversation: u64, count: usize) -> Vec<String> {
        let path = format!("/sandbox/conversations/{conversation}?bot={count}&within=20000");
        texts(&self.get(&path).await)
    }
}

fn texts(conversation: &Json) -> Vec<String> {
    let messages = conversation["messages"].as_array().cloned().unwrap_or_default();
    let bots = messages.iter().filter(|message| message["from"] == "bot");
    bots.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A server's folder and clock, which outlive the server.
struct Home {
    folder: TempDir,
    clock: sandbox::Clock,
    imitates: &'static str,
    /// Behind the keys of the account.
    more: String,
    /// The accounts at emulated providers, with how they get in there.
    accounts: Vec<(&'static str, SandboxAccess)>,
    doors: Arc<Doors>,
}

/// One life of a server.
struct Life {
    // `None` once it is dead.
    events: Option<tokio::runtime::Runtime>,
    runtime: Arc<Runtime>,
    store: Arc<Behind>,
    url: String,
}

impl Home {
    fn new(provider: &Provider) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("bots/desk")).unwrap();
        std::fs::write(folder.path().join("bots/desk/bot.yaml"), BOT).unwrap();
        Self {
            folder,
            clock: provider.clock.clone(),
            imitates: provider.imitates.name,
            more: String::new(),
            accounts: vec![("clinic", provider.access("t"))],
            doors: Arc::default(),
        }
    }

    /// Another account, at another provider of the same kind.
    fn also(&mut self, name: &'static str, provider: &Provider, token: &str) {
        let imitates = provider.imitates.name;
        let account = format!("  {name}: {{provider: sandbox, imitates: {imitates}, bot: desk, insecure: true}}\n");
        self.more.push_str(&account);
        self.accounts.push((name, provider.access(token)));
    }

    fn config(&self) -> Config {
        let text = format!(
            "accounts:\n  clinic:\n    provider: sandbox\n    imitates: {}\n    bot: desk\n    insecure: true\n{}",
            self.imitates, self.more
        );
        let path = self.folder.path().join("frontdesk.yaml");
        let source = Source { path: path.display().to_string().into(), text: text.into() };
        let (config, problems) = frontdesk::config::read(&Arc::new(source), &|_| None);
        let mut config = config.unwrap_or_else(|| panic!("{problems:?}"));
        for account in &mut config.accounts {
            let access = self.accounts.iter().find(|(name, _)| *name == account.name.as_str());
            if let (Some(sandbox), Some((_, access))) = (account.sandbox.take(), access) {
                account.account = sandbox.open(&account.name, access).0.unwrap();
            }
        }
        config.bots = self.folder.path().join("bots");
        config.scripts = self.folder.path().join("scripts");
        config
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("frontdesk.db")
    }

    fn clock(&self) -> Clock {
        let clock = self.clock.clone();
        Clock::new(move || Time::from(clock.now()))
    }

    /// Put the clock forward.
    fn forward(&self, seconds: u64) {
        self.clock.pass(seconds * 1000).unwrap();
    }

    /// Start a server on an event loop of its own.
    async fn start(&self, provider: &Provider) -> Life {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (config, clock, path, client) = (self.config(), self.clock(), self.database(), provider.client.clone());
        let doors = Arc::clone(&self.doors);
        let started = events.spawn(async move {
            let store = Arc::new(Behind { doors, store: open(&path).await });
            let listens = config.accounts[0].account.stream(Kept::nothing()).is_some();
            let runtime = Runtime::start(Outside { config, store: store.clone(), client, clock }).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/webhooks/clinic", listener.local_addr().unwrap());
            let router = frontdesk::server::router(runtime.clone(), runtime.clone());
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            (runtime, store, url, listens)
        });
        let (runtime, store, url, listens) = started.await.unwrap();
        let url = provider.imitates.webhook(&url, &provider.access("t"));
        if !listens {
            provider.emulator.set_webhook_url(&url);
        }
        Life { events: Some(events), runtime, store, url }
    }
}

/// The last process's end is noticed a moment after its death.
async fn open(path: &std::path::Path) -> SqliteStore {
    for _ in 0..500 {
        if let Ok(store) = SqliteStore::open(path) {
            return store;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the store stays locked")
}

impl Life {
    /// As `kill -9` would, as far as a process can do it to a part of itself.
    fn kill(mut self) {
        self.events.take().unwrap().shutdown_background();
    }

    async fn stop(mut self) {
        self.runtime.stop().await;
        self.events.take().unwrap().shutdown_background();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some(events) = self.events.take() {
            events.shutdown_background();
        }
    }
}

async fn wait<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    wait_within(DEADLINE, what, look).await
}

async fn wait_within<T>(deadline: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = tokio::time::Instant::now() + deadline;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < end, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn start() -> (Provider, Home, Life) {
    let provider = Provider::start().await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    (provider, home, life)
}

fn message(id: u64, conversation: u64, text: &str) -> Json {
    written(id, conversation, text, true)
}

fn written(id: u64, conversation: u64, text: &str, income: bool) -> Json {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({"type": "message", "event": "new", "data": {
        "external_id": id, "company_id": 154, "conversation_id": conversation, "income": income, "message": text,
        "channel_type": "whatsapp_business", "channel_id": 399, "created_at_timestamp": at,
    }})
}

fn request(body: &Json) -> WebhookRequest {
    WebhookRequest { method: "POST".into(), query: "auth=s".into(), headers: Vec::new(), body: body.to_string().into() }
}

/// The rows that nobody has finished.
async fn open_rows(life: &Life) -> Vec<String> {
    let states = [RowState::Waiting, RowState::Dispatching, RowState::Unknown];
    life.store.rows(&states, 10).await.unwrap().iter().map(|row| row.key.to_string()).collect()
}

/// Nothing is left to do in the store.
async fn is_settled(life: &Life) -> bool {
    // A breath for what is about to begin.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let metrics = life.runtime.metrics();
    ["frontdesk_rows_open 0", "frontdesk_events_pending 0"].iter().all(|line| metrics.contains(line))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_webhook_changes_nothing_after_the_first() {
    let (provider, _home, life) = start().await;
    assert_eq!(provider.write(17, "hello").await, 200);
    let body = message(90_001, 17, "n1").to_string();
    let post = || async { provider.client.post(&life.url).body(body.clone()).send().await.unwrap().status() };
    for _ in 0..2 {
        let five = futures_util::future::join_all((0..5).map(|_| post())).await;
        assert!(five.iter().all(|status| *status == 200), "{five:?}");
    }
    provider.write(17, "n2").await;
    assert_eq!(provider.said(17, 2).await, ["got 1", "got 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_up_in_the_middle_is_answered_all_the_same() {
    let (provider, _home, life) = start().await;
    assert_eq!(provider.write(17, "hello").await, 200);
    let mut left = 0;
    for n in 1..=20 {
        // As far as it comes before its first wait, then nobody waits for it any more.
        let mut taken = life.runtime.webhook("clinic", request(&message(90_000 + n, 17, &format!("n{n}"))));
        let over = std::future::poll_fn(|context| Poll::Ready(taken.as_mut().poll(context).is_ready())).await;
        left += usize::from(!over);
    }
    assert!(left > 0, "all were over at once: nobody hung up");
    let all: Vec<String> = (1..=20).map(|n| format!("got {n}")).collect();
    assert_eq!(provider.said(17, 20).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_at_once_keep_their_order() {
    let (provider, _home, life) = start().await;
    for conversation in 20..40 {
        // The provider must know the conversation; the server meets half of them with the four messages.
        let url = if conversation % 2 == 0 { life.url.clone() } else { provider.url.clone() };
        provider.emulator.set_webhook_url(&url);
        provider.write(conversation, "hello").await;
        provider.emulator.set_webhook_url(&life.url);
        let bodies = (0..4).map(|n| message(conversation * 100 + n, conversation, &format!("n{n}")));
        let answers = bodies.map(|body| life.runtime.webhook("clinic", request(&body)));
        let answers = futures_util::future::join_all(answers.collect::<Vec<_>>()).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(provider.said(conversation, 4).await, ["got 0", "got 1", "got 2", "got 3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_goes_in_order_and_ends_with_its_note() {
    let (provider, _home, life) = start().await;
    for text in ["form", "old", "41", "Ann"] {
        assert_eq!(provider.write(17, text).await, 200);
    }
    assert_eq!(provider.said(17, 4).await, ["Age?", "A number, please.", "Name?", "Thanks."]);
    wait("the note", async || {
        let shown = provider.get("/sandbox/conversations/17").await;
        (shown["note"] == "Ann is 41").then_some(())
    })
    .await;
    wait("the end of all work", async || is_settled(&life).await.then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_is_followed_by_one_arrival() {
    let faults = ["503", "429:3", "500", "500_after", "break_before", "break_after", "garbage", "slow:50"];
    let cases = faults.iter().flat_map(|fault| ["never", "before", "after"].map(|echo| arrives_once(fault, echo)));
    futures_util::future::join_all(cases).await;
}

/// The same where an answer is lost, at the others: what tells of the send may come before it is known to be lost, or after.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_made_up_for_at_every_provider() {
    let others = IMITATIONS.iter().map(|one| one.name).filter(|name| *name != "pact");
    let cases = others.flat_map(|name| ["500_after", "break_after", "garbage"].map(|fault| (name, fault)));
    let cases = cases.flat_map(|(name, fault)| ["before", "after"].map(|echo| arrives_once_at(name, fault, echo)));
    futures_util::future::join_all(cases).await;
}

async fn arrives_once(fault: &str, echo: &str) {
    arrives_once_at("pact", fault, echo).await;
}

async fn arrives_once_at(name: &str, fault: &str, echo: &str) {
    let provider = Provider::imitating(name, "t", &sandbox::Clock::own(None)).await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    provider.post("/sandbox/settings", &json!({ "echo": echo })).await;
    provider.faults(&[fault]).await;
    assert_eq!(provider.write(17, "two").await, 200, "{name}, {fault}, echo {echo}");
    settle(&home, &life).await;
    // Two texts that wait because the provider takes no more go as one.
    let want: &[&str] = if fault.starts_with("429") { &["One.\n\nTwo."] } else { &["One.", "Two."] };
    assert_eq!(provider.said(17, want.len()).await, want, "{name}, {fault}, echo {echo}");
}

/// Let the time pass until nothing is left to do.
async fn settle(home: &Home, life: &Life) {
    wait("the end of all work", async || {
        let done = is_settled(life).await;
        if !done {
            home.forward(1);
        }
        done.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_account_waits_and_goes_on() {
    let (provider, home, life) = start().await;
    provider.post("/sandbox/faults", &json!({"token": "another"})).await;
    assert_eq!(provider.write(17, "price").await, 200);
    sicken(&life).await;
    assert!(life.runtime.health().await.is_ready(), "a sick account does not make the server unready");
    assert_eq!(provider.write(18, "price").await, 200);
    provider.post("/sandbox/faults", &json!({"token": "t"})).await;
    home.forward(6);
    assert_eq!(provider.said(17, 1).await, ["A visit is 50."]);
    assert_eq!(provider.said(18, 1).await, ["A visit is 50."]);
    assert!(life.runtime.health().await.accounts["clinic"].healthy);
}

/// Wait until the account is.
async fn sicken(life: &Life) {
    wait("the account to be sick", async || (!life.runtime.health().await.accounts["clinic"].healthy).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_look_up_pauses_the_account() {
    let (provider, home, life) = start().await;
    provider.post("/sandbox/settings", &json!({"echo": "never"})).await;
    provider.faults(&["break_after"]).await;
    assert_eq!(provider.write(17, "price").await, 200);
    assert_eq!(provider.said(17, 1).await, ["A visit is 50."]);
    provider.post("/sandbox/faults", &json!({"token": "another"})).await;
    home.forward(4);
    sicken(&life).await;
    provider.post("/sandbox/faults", &json!({"token": "t"})).await;
    settle(&home, &life).await;
    assert!(life.runtime.health().await.accounts["clinic"].healthy);
    assert_eq!(provider.get("/sandbox/calls").await["sends"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_echo_does_not_silence_us() {
    let (provider, _home, life) = start().await;
    for (conversation, echo) in [(60, "before"), (61, "after")] {
        provider.post("/sandbox/settings", &json!({ "echo": echo })).await;
        // Two equal texts, the second in flight while the first one's echo comes.
        for (text, count) in [("same", 2), ("price", 3), ("same", 5), ("two", 7)] {
            assert_eq!(provider.write(conversation, text).await, 200);
            let said = provider.said(conversation, count).await;
            assert_eq!(said.len(), count, "echo {echo}: {said:?}");
        }
    }
    wait("the end of all work", async || is_settled(&life).await.then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_withdraws_what_waits() {
    let (provider, home, life) = start().await;
    provider.faults(&["503"]).await;
    assert_eq!(provider.write(17, "two").await, 200);
    wait("the first attempt", async || (provider.get("/sandbox/faults").await["left"] == 0).then_some(())).await;
    provider.human(17, "Anna here").await;
    settle(&home, &life).await;
    provider.write(17, "price").await;
    assert_eq!(provider.get("/sandbox/calls").await["sends"], 1);
    assert_eq!(texts(&provider.get("/sandbox/conversations/17").await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_delivered_is_told_to_the_bot() {
    let (provider, _home, _life) = start().await;
    provider.faults(&["not_delivered:no such number"]).await;
    assert_eq!(provider.write(17, "price").await, 200);
    wait("the note of the flow `failed`", async || {
        (provider.get("/sandbox/conversations/17").await["note"] == "not delivered").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_message_gets_one_template() {
    let (provider, _home, life) = start().await;
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    for (conversation, hours, count, echo) in
        [(70, 30, 1, "after"), (71, 60 * 24, 0, "after"), (72, 30, 1, "before"), (73, 30, 1, "never")]
    {
        provider.post("/sandbox/settings", &json!({ "echo": echo })).await;
        let body = json!({"text": "two", "created_at_timestamp": at - hours * 3600});
        let status = provider.post(&format!("/sandbox/conversations/{conversation}/messages"), &body).await;
        assert_eq!(status["webhook"], 200);
        wait("the end of all work", async || is_settled(&life).await.then_some(())).await;
        let shown = provider.get(&format!("/sandbox/conversations/{conversation}?bot={count}&within=10000")).await;
        let messages = shown["messages"].as_array().unwrap();
        let sent: Vec<_> = messages.iter().filter(|message| message["from"] == "bot").collect();
        assert_eq!(sent.len(), count, "{shown}");
        assert!(sent.iter().all(|message| message["template"]["id"] == "reopen"), "{shown}");
    }
    // The template's echo silences nobody.
    for conversation in [70, 72, 73] {
        provider.write(conversation, "price").await;
        assert_eq!(provider.said(conversation, 2).await.last().unwrap(), "A visit is 50.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn death_loses_nothing_and_repeats_nothing() {
    let (provider, home, life) = start().await;
    // Answers come late, so that death comes between the provider's doing and our record.
    provider.post("/sandbox/faults", &json!({"standing": "slow_after:300"})).await;
    let conversations = 100..160_u64;
    let written = conversations.clone().map(|n| provider.write(n, "two"));
    let accepted: Vec<_> = futures_util::future::join_all(written).await;
    life.kill();
    assert!(accepted.iter().all(|status| *status == 200), "{accepted:?}");
    provider.post("/sandbox/faults", &json!({"standing": ""})).await;
    let life = home.start(&provider).await;
    settle(&home, &life).await;
    for n in conversations {
        assert_eq!(provider.said(n, 2).await, ["One.", "Two."], "conversation {n}");
    }
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_during_its_look_up_is_not_sent() {
    let (provider, home, life) = start().await;
    provider.faults(&["break_before"]).await;
    assert_eq!(provider.write(17, "price").await, 200);
    wait("the row to be unknown", async || life.runtime.metrics().contains("frontdesk_rows_unknown 1").then_some(()))
        .await;
    home.doors.history.close();
    home.forward(40);
    wait("its last look-up", async || home.doors.history.is_awaited().then_some(())).await;
    let rows = open_rows(&life).await;
    let mended = life.runtime.mend(Mend::OutboxDrop(rows[0].clone())).await;
    assert!(mended.is_ok(), "{mended:?}");
    home.doors.history.open();
    settle(&home, &life).await;
    assert_eq!(texts(&provider.get("/sandbox/conversations/17").await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_while_a_humans_message_is_recognised() {
    let (provider, home, life) = start().await;
    assert_eq!(provider.write(17, "hello").await, 200);
    home.doors.sent_by.close();
    let (human, customer) = (written(80_001, 17, "Anna here", false), message(80_002, 17, "price"));
    let runtime = Arc::clone(&life.runtime);
    let human = tokio::spawn(async move { runtime.webhook("clinic", request(&human)).await.status });
    wait("the human's message", async || home.doors.sent_by.is_awaited().then_some(())).await;
    assert_eq!(life.runtime.webhook("clinic", request(&customer)).await.status, 200);
    // A breath for the answer that must not go.
    tokio::time::sleep(Duration::from_millis(50)).await;
    home.doors.sent_by.open();
    assert_eq!(human.await.unwrap(), 200);
    settle(&home, &life).await;
    assert_eq!(provider.get("/sandbox/calls").await["sends"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_taken_only_when_it_is_on_disk() {
    let (provider, home, life) = start().await;
    assert_eq!(provider.write(17, "price").await, 200);
    let job = wait("the send to be on disk", async || {
        life.store.rows(&[RowState::Sent], 1).await.unwrap().first().and_then(|row| row.job.clone())
    })
    .await;
    let body = json!({"type": "job", "event": "executed", "data": {
        "id": job.as_str(), "company_id": 154, "result": "not_delivered", "details": {"reason": "no such number"},
    }});
    let status = async || {
        let answer = life.runtime.webhook("clinic", request(&body));
        tokio::time::timeout(DEADLINE, answer).await.expect("an answer").status
    };
    home.doors.full.store(true, Ordering::SeqCst);
    assert_eq!([status().await, status().await], [503, 503]);
    home.doors.full.store(false, Ordering::SeqCst);
    assert_eq!([status().await, status().await], [200, 200]);
    settle(&home, &life).await;
    assert_eq!(provider.get("/sandbox/conversations/17").await["note"], "not delivered");
    assert_eq!(life.store.rows(&[RowState::Failed], 9).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_templates_echo_silences_nobody_after_a_long_death() {
    let (provider, home, life) = start().await;
    provider.post("/sandbox/settings", &json!({"echo": "before"})).await;
    provider.post("/sandbox/faults", &json!({"standing": "slow_after:20000"})).await;
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 30 * 3600;
    let body = json!({"text": "two", "created_at_timestamp": at});
    assert_eq!(provider.post("/sandbox/conversations/17/messages", &body).await["webhook"], 200);
    wait("the echo to be kept", async || {
        (life.store.events(EventState::Undecided, 1).await.unwrap().len() == 1).then_some(())
    })
    .await;
    life.kill();
    provider.post("/sandbox/faults", &json!({"standing": ""})).await;
    home.forward(120);
    let life = home.start(&provider).await;
    settle(&home, &life).await;
    provider.write(17, "price").await;
    assert_eq!(provider.said(17, 2).await.last().unwrap(), "A visit is 50.");
}
