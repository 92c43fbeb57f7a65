//! The emulated provider on a port of its own, and what a test does and sees there: the customer's phone, the colleague's inbox, the faults.

use std::net::SocketAddr;
use std::time::Duration;

use frontdesk::sandbox::{self, Emulator, Options};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

/// The token that the provider takes.
pub const TOKEN: &str = "the-right-token";
/// The company of all accounts here.
pub const COMPANY: u64 = 154;

/// The emulated provider; it ends with the test.
pub struct Provider {
    pub address: SocketAddr,
    emulator: Emulator,
    events: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// A client of one's own.
pub fn client() -> reqwest::Client {
    // Installed already is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The servers close what is idle for 30 s; a connection must not be taken up again in that moment.
    reqwest::Client::builder().no_proxy().pool_idle_timeout(Duration::from_secs(5)).build().unwrap()
}

impl Provider {
    /// Start it; its webhooks are in this dialect.
    pub fn speaking(dialect: &str) -> Self {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let client = self::client();
        let options = Options::new(sandbox::dialect(dialect).unwrap(), TOKEN.to_owned().into(), COMPANY);
        let (address, emulator) = events.block_on(async {
            let emulator = Emulator::new(options, client.clone());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(frontdesk::server::serve(listener, emulator.router(), std::future::pending()));
            (address, emulator)
        });
        Self { address, emulator, events, client }
    }

    /// Where its webhooks go.
    pub fn call_back(&self, url: &str) {
        self.emulator.set_webhook_url(url);
    }

    fn ask(&self, request: reqwest::RequestBuilder) -> (u16, Json) {
        let (status, text) = self.send(request).unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        let url = format!("http://{}/sandbox/{path}", self.address);
        let (status, answer) = self.ask(self.client.post(url).body(body.to_string()));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn get(&self, path: &str) -> Option<Json> {
        let (status, answer) = self.ask(self.client.get(format!("http://{}/sandbox/{path}", self.address)));
        (status == 200).then_some(answer)
    }

    /// Send a request from outside; none when nobody answers.
    pub fn send(&self, request: reqwest::RequestBuilder) -> Option<(u16, String)> {
        self.events.block_on(async {
            let answer = request.send().await.ok()?;
            Some((answer.status().as_u16(), answer.text().await.ok()?))
        })
    }

    /// Send them at once; 0 where nobody answers.
    pub fn send_all(&self, requests: Vec<reqwest::RequestBuilder>) -> Vec<u16> {
        let sends = requests.into_iter().map(reqwest::RequestBuilder::send);
        let answers = self.events.block_on(futures_util::future::join_all(sends));
        answers.into_iter().map(|answer| answer.map_or(0, |answer| answer.status().as_u16())).collect()
    }

    /// Run something on its event loop.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.events.block_on(work)
    }

    /// For requests of the test's own.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Write as a customer. The status of the webhook's first attempt.
    pub fn say(&self, conversation: u64, text: &str) -> Option<u64> {
        self.write(conversation, &json!({ "text": text }))
    }

    /// The same with all that the phone can say.
    pub fn write(&self, conversation: u64, message: &Json) -> Option<u64> {
        self.post(&format!("conversations/{conversation}/messages"), message)["webhook"].as_u64()
    }

    /// Write as a colleague.
    pub fn human(&self, conversation: u64, text: &str) {
        let told = self.post(&format!("conversations/{conversation}/human"), &json!({ "text": text }));
        assert_eq!(told["webhook"], 200);
    }

    /// What it does wrong with the next sends.
    pub fn faults(&self, wish: &Json) {
        self.post("faults", wish);
    }

    /// How it behaves.
    pub fn set(&self, settings: &Json) {
        self.post("settings", settings);
    }

    /// A conversation as people see it.
    pub fn conversation(&self, conversation: u64) -> Json {
        self.get(&format!("conversations/{conversation}")).unwrap_or_default()
    }

    /// What the bot sent there, in order; a template with a mark.
    pub fn received(&self, conversation: u64) -> Vec<String> {
        let conversation = self.conversation(conversation);
        let messages = conversation["messages"].as_array().cloned().unwrap_or_default();
        let text = |message: &Json| match message["template"].as_object() {
            Some(template) => format!("template {} {}", template["id"], template["parameters"]),
            None => message["text"].as_str().unwrap_or_default().to_owned(),
        };
        messages.iter().filter(|message| message["from"] == "bot").map(text).collect()
    }

    /// The status of each call, in order, with the conversation that stands in its path; 0 for one that was broken.
    pub fn statuses(&self) -> Vec<(u64, String)> {
        let log = self.get("calls").unwrap_or_default()["log"].as_array().cloned().unwrap_or_default();
        let calls = log.iter().filter(|entry| entry["kind"] == "call");
        let path = |call: &Json| call["path"].as_str().unwrap_or_default().to_owned();
        calls.map(|call| (call["status"].as_u64().unwrap_or_default(), path(call))).collect()
    }

    /// Calls that were answered with success, in order: method and last part of the path.
    pub fn calls(&self) -> Vec<String> {
        let log = self.get("calls").unwrap_or_default()["log"].as_array().cloned().unwrap_or_default();
        let calls =
            log.iter().filter(|entry| entry["kind"] == "call" && entry["status"].as_u64().is_some_and(|s| s < 300));
        let word = |json: &Json| json.as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        calls.map(|call| format!("{} {}", word(&call["method"]), word(&call["path"]))).collect()
    }
}
