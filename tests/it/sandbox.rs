//! The emulated provider, over real HTTP: what the provider's own code makes of it, call by call and webhook by webhook.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use frontdesk::config::{self, SandboxAccess};
use frontdesk::domain::{
    Assignee, Body, Call, CallAnswer, CallBody, Effect, Errand, Event, Finding, Found, Inquiring, Inquiry, Kept,
    Lookup, News, Next, OutboxRow, Outcome, Received, State, Template, Time, WebhookRequest,
};
use frontdesk::providers::Account;
use frontdesk::sandbox::{self, Emulator, Options};
use frontdesk::yaml::Source;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

/// Longer than anything here takes; reached only by a failure.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a server would have got: the bodies, and the statuses it answers with next (200 when none is left).
#[derive(Default)]
struct Inbox {
    bodies: Mutex<Vec<String>>,
    /// All that ever came, whole.
    requests: Mutex<Vec<WebhookRequest>>,
    answers: Mutex<Vec<u16>>,
    news: Notify,
}

impl Stage {
    /// Wait until so many webhooks came, and take them.
    pub async fn take(&self, count: usize) -> Vec<String> {
        self.inbox.take(count).await
    }
}

impl Inbox {
    /// Wait until so many bodies came, and take them.
    async fn take(&self, count: usize) -> Vec<String> {
        let enough = async {
            loop {
                let news = self.news.notified();
                if self.bodies.lock().unwrap().len() >= count {
                    return;
                }
                news.await;
            }
        };
        let came = tokio::time::timeout(DEADLINE, enough).await;
        let bodies = std::mem::take(&mut *self.bodies.lock().unwrap());
        assert!(came.is_ok(), "waited in vain for {count} webhooks, there are {bodies:#?}");
        bodies
    }
}

async fn webhook(Shared(inbox): Shared<Arc<Inbox>>, request: Request) -> (StatusCode, String) {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default().to_owned();
    if head.method == "GET" {
        // The handshake: the challenge goes back.
        let challenge = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "hub.challenge");
        return (StatusCode::OK, challenge.map(|(_, word)| word.into_owned()).unwrap_or_default());
    }
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let headers = head.headers.iter().map(header).collect();
    inbox.bodies.lock().unwrap().push(String::from_utf8(body.clone()).unwrap());
    inbox.requests.lock().unwrap().push(WebhookRequest { method: "POST".into(), query, headers, body });
    inbox.news.notify_one();
    let mut answers = inbox.answers.lock().unwrap();
    let status = if answers.is_empty() { StatusCode::OK } else { StatusCode::from_u16(answers.remove(0)).unwrap() };
    (status, String::new())
}

/// An emulator that listens, the account that speaks to it, and the server it sends webhooks to.
pub struct Stage {
    pub address: String,
    pub account: Arc<dyn Account>,
    /// Where its webhooks go.
    pub server: String,
    pub client: reqwest::Client,
    inbox: Arc<Inbox>,
}

async fn listen(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

impl Stage {
    async fn new() -> Self {
        Self::speaking("v1").await
    }

    /// The same through this version of Pact.
    pub async fn speaking(api: &str) -> Self {
        Self::imitating(if api == "v1" { "pact" } else { "pact-v2" }, "").await
    }

    /// The emulator of this provider, and an account at it with further keys.
    pub async fn imitating(name: &str, keys: &str) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().unwrap();
        let inbox = Arc::new(Inbox::default());
        let server = listen(axum::Router::new().fallback(webhook).with_state(inbox.clone())).await;
        let imitates = config::imitation(name).unwrap();
        let access = |base_url: &str| SandboxAccess {
            base_url: base_url.to_owned(),
            token: "token".to_owned().into(),
            secret: "secret".to_owned().into(),
        };
        let webhook_url = Some(imitates.webhook(&server, &access("")));
        let usual = Options::new(sandbox::dialect(imitates.dialect).unwrap(), "token".to_owned().into(), 154);
        let options = Options { webhook_url, secret: "secret".to_owned().into(), ..usual };
        let emulator = Emulator::new(options, client.clone());
        let address = listen(emulator.router()).await;
        emulator.set_origin(&address);
        let account = account(name, keys, &access(&address));
        let stage = Self { address, account, server, client, inbox };
        stage.post("settings", json!({"delivery_after_ms": 0, "repeat_after_ms": 1})).await;
        stage
    }

    /// `POST /sandbox/…`.
    pub async fn post(&self, path: &str, body: Json) -> Json {
        let url = format!("{}/sandbox/{path}", self.address);
        let answer = self.client.post(url).body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// `GET /sandbox/…`.
    pub async fn get(&self, path: &str) -> Json {
        let url = format!("{}/sandbox/{path}", self.address);
        serde_json::from_str(&self.client.get(url).send().await.unwrap().text().await.unwrap()).unwrap()
    }

    /// A customer has written in conversation 1; the webhooks of it are taken.
    async fn with_customer() -> Self {
        Self::with_customer_of("v1").await
    }

    /// The same through this version of Pact.
    pub async fn with_customer_of(api: &str) -> Self {
        let stage = Self::speaking(api).await;
        stage.post("conversations/1/messages", json!({"text": "hi", "name": "Anna"})).await;
        stage.inbox.take(2).await;
        stage
    }

    pub async fn call(&self, call: &Call) -> CallAnswer {
        let mut request = self.client.request(call.method.parse().unwrap(), &call.url);
        for (name, value) in &call.headers {
            request = request.header(*name, value.expose_secret());
        }
        let (kind, body) = match &call.body {
            CallBody::Empty | CallBody::File(_) => (String::new(), String::new()),
            CallBody::Form(fields) => (
                "application/x-www-form-urlencoded".into(),
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish(),
            ),
            CallBody::Json(json) => ("application/json".into(), json.to_string()),
            CallBody::Multipart { fields, file_field, file } => {
                ("multipart/form-data; boundary=here".into(), multipart(fields, file_field, &file.path, &file.mime))
            }
        };
        if !kind.is_empty() {
            request = request.header("content-type", kind).body(body);
        }
        let lost = |why: reqwest::Error| CallAnswer::Lost(why.to_string());
        match request.send().await {
            Err(why) => lost(why),
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.bytes().await.map_or_else(lost, |body| CallAnswer::Http {
                    status,
                    retry_after: None,
                    body: body.into(),
                })
            }
        }
    }

    /// Send a row to its end.
    pub async fn send(&self, row: &mut OutboxRow, state: &State) -> Outcome {
        let mut answer = None;
        loop {
            match self
                .account
                .next(Errand { row, state, taken: &[], kept: Kept::nothing(), now: now() }, answer.as_ref())
            {
                Next::Done { outcome, .. } => return outcome,
                Next::Call { call, progress } => {
                    row.progress = progress;
                    answer = Some(self.call(&call).await);
                }
            }
        }
    }

    /// Ask a question to its end.
    pub async fn ask(&self, inquiry: &Inquiry) -> Finding {
        let (mut progress, mut answer) = (Json::Null, None);
        loop {
            match self.account.inquire(inquiry, Kept::nothing(), &progress, answer.as_ref()) {
                Inquiring::Done(finding) => return finding,
                Inquiring::Call { call, progress: far } => {
                    progress = far;
                    answer = Some(self.call(&call).await);
                }
            }
        }
    }

    pub async fn look_up(&self, row: &mut OutboxRow, state: &State) -> Found {
        let mut answer = None;
        loop {
            match self
                .account
                .look_up(Errand { row, state, taken: &[], kept: Kept::nothing(), now: now() }, answer.as_ref())
            {
                Lookup::Done(found) => return found,
                Lookup::Call { call, progress } => {
                    row.progress = progress;
                    answer = Some(self.call(&call).await);
                }
            }
        }
    }

    /// The events in bodies of webhooks: the account understands each of them.
    pub fn events(&self, bodies: &[String]) -> Vec<Event> {
        let all = self.inbox.requests.lock().unwrap();
        let read = |body: &String| {
            let request = all.iter().rfind(|one| one.body == body.as_bytes()).unwrap().clone();
            match self.account.receive(&request, now()) {
                Received::News(news) => news.into_iter().filter_map(|one| match one {
                    News::Event(event) => Some(*event),
                    _ => None,
                }),
                other => panic!("{body} is {other:?}"),
            }
        };
        bodies.iter().flat_map(read).collect()
    }
}

/// A file whose content is `a picture`.
fn multipart(fields: &[(String, String)], file_field: &str, path: &str, mime: &str) -> String {
    let part = |(name, value): &(String, String)| {
        format!("--here\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(part).collect();
    let head = format!("Content-Disposition: form-data; name=\"{file_field}\"; filename=\"{path}\"");
    format!("{fields}--here\r\n{head}\r\nContent-Type: {mime}\r\n\r\na picture\r\n--here--\r\n")
}

fn now() -> Time {
    chrono::Utc::now().into()
}

fn account(imitates: &str, keys: &str, access: &SandboxAccess) -> Arc<dyn Account> {
    let text = format!("accounts: {{c: {{provider: sandbox, bot: c, imitates: {imitates}, {keys}}}}}");
    let source = Source::new("frontdesk.yaml", text.as_bytes()).unwrap();
    let (config, problems) = config::read(&source, &|_| None);
    let mut config = config.unwrap_or_else(|| panic!("{problems:?}"));
    let one = config.accounts.remove(0);
    one.sandbox.unwrap().open(&one.name, access).0.unwrap()
}

pub fn state() -> State {
    let json = json!({
        "conversation": {
            "id": "ours", "account": "c", "bot": "c", "channel": "whatsapp_business", "external_id": "1", "channel_id": null,
            "owner": "bot", "hush": 0, "incoming": 1,
        },
        "contact": {"id": "person", "phone": null},
    });
    serde_json::from_value(json).unwrap()
}

pub fn row(effect: &Effect) -> OutboxRow {
    let json = json!({
        "key": {"conversation": "ours", "seq": 1, "n": 0}, "account": "c",
        "decided": {"effect": effect, "outside": "drop", "hush": 0, "nested": false},
        "state": "dispatching", "at": now().0, "not_before": now().0, "expires_at": null, "attempt": 1, "looks": 0,
        "called_at": now().0, "sent_as": null, "progress": null, "message": null, "job": null, "why": null,
    });
    serde_json::from_value(json).unwrap()
}

pub fn say(text: &str) -> Effect {
    Effect::Say { text: text.into() }
}

pub fn template(params: &[&str]) -> Effect {
    let params = params.iter().map(|param| (*param).to_owned()).collect();
    Effect::Template(Box::new(Template {
        name: "reopen_chat".into(),
        language: "en".into(),
        params,
        ..Template::default()
    }))
}

pub fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.body.name()).collect()
}

#[tokio::test]
async fn a_customer_writes() {
    let stage = Stage::new().await;
    let told =
        stage.post("conversations/5/messages", json!({"text": "hi", "created_at_timestamp": 1_603_118_584})).await;
    assert_eq!(told["webhook"], 200);
    let events = stage.events(&stage.inbox.take(2).await);
    assert_eq!(names(&events), ["facts", "message"], "the conversation is told of before its first message");
    assert_eq!(events[0].thread.phone.as_deref(), Some("+79260000005"));
    assert_eq!((events[1].at, events[1].thread.conversation.as_str()), (Time::from_unix(1_603_118_584), "5"));
    stage.post("conversations/5/messages", json!({"text": "again", "name": "Anna"})).await;
    let events = stage.events(&stage.inbox.take(2).await);
    assert_eq!((names(&events), events[0].thread.name.as_deref()), (vec!["facts", "message"], Some("Anna")));
    stage.post("conversations/5/human", json!({"text": "Boris here"})).await;
    let events = stage.events(&stage.inbox.take(1).await);
    assert!(
        matches!(&events[0].body, Body::Outgoing(out) if out.text == "Boris here" && out.job.is_none()),
        "{events:?}"
    );
    let shown = stage.get("conversations/5").await;
    assert_eq!((&shown["owner"], shown["messages"].as_array().unwrap().len()), (&json!("people"), 3));
}

#[tokio::test]
async fn rows_are_sent() {
    let stage = Stage::with_customer().await;
    let outcome = stage.send(&mut row(&say("Hello & welcome\n+ 5 ₽")), &state()).await;
    let Outcome::Accepted { message: None, job: Some(job) } = outcome else { panic!("{outcome:?}") };
    let events = stage.events(&stage.inbox.take(3).await);
    assert_eq!(names(&events), ["outgoing", "delivery", "delivery"]);
    assert!(
        matches!(&events[0].body, Body::Outgoing(out) if out.job.as_ref() == Some(&job) && out.text == "Hello & welcome\n+ 5 ₽")
    );
    let to = Assignee { id: "42".into(), ..Assignee::default() };
    for effect in [
        template(&["Anna", "5 March"]),
        Effect::Note { text: "two\nlines".into(), to: None },
        Effect::Assign { to: Some(to) },
    ] {
        let outcome = stage.send(&mut row(&effect), &state()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{effect:?}: {outcome:?}");
    }
    let shown = stage.get("conversations/1?bot=2").await;
    assert_eq!(
        (&shown["note"], &shown["assignee"], &shown["owner"]),
        (&json!("two\nlines"), &json!(42), &json!("assigned"))
    );
    assert_eq!(shown["messages"][2]["template"]["parameters"], json!(["Anna", "5 March"]));
    stage.send(&mut row(&Effect::Assign { to: None }), &state()).await;
    assert_eq!(stage.get("conversations/1").await["assignee"], Json::Null);
}

#[tokio::test]
async fn an_echo_may_come_before_the_answer_or_never() {
    let stage = Stage::with_customer().await;
    stage.post("settings", json!({"echo": "before"})).await;
    stage.send(&mut row(&say("one")), &state()).await;
    assert_eq!(stage.inbox.bodies.lock().unwrap().len(), 3, "the webhooks are there when the answer is");
    stage.inbox.take(3).await;
    stage.post("settings", json!({"echo": "never"})).await;
    let mut two = row(&say("two"));
    stage.send(&mut two, &state()).await;
    stage.get("conversations/1?bot=2").await;
    stage.post("settings", json!({"echo": "after"})).await;
    stage.send(&mut row(&say("three")), &state()).await;
    assert!(stage.inbox.take(3).await[0].contains("three"), "nothing was told of `two`");
    assert!(matches!(stage.look_up(&mut two, &state()).await, Found::Sent { .. }), "but the list has it");
}

#[tokio::test]
async fn the_window_closes() {
    let stage = Stage::new().await;
    let yesterday = chrono::Utc::now().timestamp() - 30 * 3600;
    stage.post("conversations/1/messages", json!({"text": "hi", "created_at_timestamp": yesterday})).await;
    stage.inbox.take(2).await;
    stage.send(&mut row(&say("too late")), &state()).await;
    let told = stage.inbox.take(1).await;
    assert!(told[0].contains("NOT DELIVERED") && told[0].contains("131047"), "{told:?}");
    stage.send(&mut row(&template(&[])), &state()).await;
    assert_eq!(names(&stage.events(&stage.inbox.take(3).await)), ["outgoing", "delivery", "delivery"]);
}

/// What an outcome is called in the tables below.
pub fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Limited { .. } => "limited",
        Outcome::NotSent { .. } => "not sent",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Denied { .. } => "denied",
        Outcome::WindowClosed { .. } => "window closed",
        Outcome::Rejected { .. } => "rejected",
    }
}

/// Each fault reads as it should, and a look-up afterwards tells whether the contact got the message.
#[tokio::test]
async fn faults_read_as_they_should() {
    let stage = Stage::with_customer().await;
    let cases = [
        ("503", "not sent", false),
        ("429:1", "limited", false),
        ("500", "unknown", false),
        ("500_after", "unknown", true),
        ("break_before", "unknown", false),
        ("break_after", "unknown", true),
        ("garbage", "unknown", true),
        ("slow_after:3000", "unknown", true),
        ("401", "denied", false),
        ("404", "rejected", false),
        ("slow:1", "accepted", true),
        ("not_delivered:no such contact", "accepted", false),
    ];
    for (fault, want, sent) in cases {
        for effect in [say(fault), template(&[&format!("{fault} as a template")])] {
            stage.post("faults", json!({"next": [fault]})).await;
            let mut row = row(&effect);
            let outcome = stage.send(&mut row, &state()).await;
            assert_eq!(kind(&outcome), want, "{fault}: {outcome:?}");
            let before = stage.get("faults").await;
            assert_eq!(before["left"], 0, "{fault} was used");
            let settled = async {
                while sent != matches!(stage.look_up(&mut row, &state()).await, Found::Sent { .. }) {
                    tokio::task::yield_now().await;
                }
            };
            assert!(tokio::time::timeout(DEADLINE, settled).await.is_ok(), "{fault}: sent is {sent}");
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_denied_until_it_is_right() {
    let stage = Stage::with_customer().await;
    stage.post("faults", json!({"token": "another"})).await;
    let status = |answer| match answer {
        CallAnswer::Http { status, .. } => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status(stage.call(&stage.account.probe(Kept::nothing())).await), 401);
    assert_eq!(kind(&stage.send(&mut row(&say("x")), &state()).await), "denied");
    stage.post("faults", json!({"token": "token", "standing": "403"})).await;
    assert_eq!(status(stage.call(&stage.account.probe(Kept::nothing())).await), 403);
    stage.post("faults", json!({"standing": ""})).await;
    assert_eq!(status(stage.call(&stage.account.probe(Kept::nothing())).await), 200);
}

/// Method, path under `/p1/companies`, content type, body, and the status that it must get.
type Strict = (&'static str, &'static str, &'static str, &'static str, u16);

#[tokio::test]
async fn calls_are_checked_strictly() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let stage = Stage::with_customer().await;
    let cases: &[Strict] = &[
        ("GET", "?per=1", "", "", 200),
        ("GET", "/154/channels", "", "", 200),
        ("GET", "/154/conversations", "", "", 200),
        ("GET", "/154/conversations/1", "", "", 200),
        ("GET", "/154/conversations/2", "", "", 404),
        ("GET", "/154/conversations/x", "", "", 400),
        ("GET", "/155/conversations/1", "", "", 404),
        ("GET", "/154/conversations/1/messages?per=0", "", "", 400),
        ("GET", "/154/conversations/1/messages?per=101", "", "", 400),
        ("GET", "/154/conversations/1/messages?sort_direction=up", "", "", 400),
        ("GET", "/154/channels/399/jobs/1", "", "", 404),
        ("POST", "/154/conversations/1/messages", FORM, "message=hi", 200),
        ("POST", "/154/conversations/1/messages", "application/json", "{\"message\":\"hi\"}", 400),
        ("POST", "/154/conversations/1/messages", "", "message=hi", 400),
        ("POST", "/154/conversations/1/messages", FORM, "", 400),
        ("POST", "/154/conversations/2/messages", FORM, "message=hi", 404),
        ("POST", "/154/conversations/1/messages", FORM, "attachments_ids[]=1", 422),
        ("POST", "/154/conversations/1/messages", FORM, "attachments_ids[]=x", 400),
        ("POST", "/154/conversations/1/messages/attachments", FORM, "", 400),
        ("POST", "/154/conversations/1/messages/attachments", FORM, "file_url=ftp://x", 400),
        ("POST", "/154/conversations/1/messages/attachments", FORM, "file_url=https://x.test/a.png", 200),
        ("POST", "/154/conversations/2/messages/attachments", FORM, "file_url=https://x.test/a.png", 404),
        ("POST", "/154/conversations/1/messages/attachments", "application/json", "{}", 400),
        ("GET", "/154/waba_templates?per=1", "", "", 200),
        ("PUT", "/154", FORM, "webhook_url=http://127.0.0.1:1/", 400),
        ("PUT", "/154/conversations/1/note", FORM, "note=", 200),
        ("PUT", "/154/conversations/1/note", FORM, "", 400),
        ("POST", "/154/conversations/1/note", FORM, "note=x", 405),
        ("PUT", "/154/conversations/1/assign", FORM, "assignee_id=anna", 400),
        (
            "POST",
            "/154/channels/399/conversations",
            FORM,
            "phone=%2B79250000001&template[id]=a&template[language_code]=en",
            400,
        ),
        ("POST", "/154/channels/399/conversations", FORM, "phone=79250000001&message=hi", 400),
        (
            "POST",
            "/154/channels/399/conversations",
            FORM,
            "phone=79250000001&template[id]=a&template[language_code]=en&template[parameters][]=",
            400,
        ),
        (
            "POST",
            "/154/channels/399/conversations",
            FORM,
            "phone=79250000001&template[id]=a&template[language_code]=en",
            200,
        ),
        ("POST", "/154/channels/1/conversations", FORM, "phone=79250000001&message=hi", 404),
    ];
    for (method, path, kind, body, want) in cases {
        let url = format!("{}/p1/companies{path}", stage.address);
        let mut request =
            stage.client.request(method.parse().unwrap(), url).header("X-Private-Api-Token", "token").body(*body);
        if !kind.is_empty() {
            request = request.header("content-type", *kind);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, *want, "{method} {path} {body}: {text}");
    }
}

#[tokio::test]
async fn webhooks_are_repeated_until_they_are_answered_200() {
    let stage = Stage::new().await;
    *stage.inbox.answers.lock().unwrap() = vec![200, 503, 404, 202];
    let told = stage.post("conversations/1/messages", json!({"text": "hi"})).await;
    assert_eq!(told["webhook"], 503, "the first attempt's status is told");
    let bodies = stage.inbox.take(5).await;
    assert!(bodies.iter().skip(1).all(|body| *body == bodies[1]), "the same each time: {bodies:?}");
    *stage.inbox.answers.lock().unwrap() = vec![500; 100];
    stage.post("conversations/1/messages", json!({"text": "nobody hears"})).await;
    assert_eq!(stage.inbox.take(10).await.len(), 10, "ten attempts");
    stage.inbox.answers.lock().unwrap().clear();
    stage.post("conversations/1/messages", json!({"text": "over"})).await;
    assert!(stage.inbox.take(1).await[0].contains("over"), "and no eleventh");
}

/// The page is whole in itself and writes nothing into itself but text.
#[tokio::test]
async fn the_page_needs_nobody_else() {
    let stage = Stage::new().await;
    for path in [
        "/",
        "/sandbox",
        "/sandbox/phone.css",
        "/sandbox/phone.js",
        "/sandbox/bubble.js",
        "/sandbox/common.js",
        "/sandbox/wire.js",
    ] {
        let answer = stage.client.get(format!("{}{path}", stage.address)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        let text = answer.text().await.unwrap();
        for odd in ["http://", "https://", "innerHTML", "document.write", "eval(", "<style", " style=", " onclick="] {
            assert!(!text.contains(odd), "{path} holds {odd}");
        }
    }
}
