//! The real server in front of an API that takes messages like Meta's.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Json as Body, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::harness::{Home, Server, wait_for};

type Taken = Arc<Mutex<Vec<Json>>>;

/// What the API does with its first message; it takes all others.
#[derive(Clone, Copy, PartialEq)]
enum First {
    /// It is taken as all are.
    Taken,
    /// Its answer is lost.
    Lost,
}

async fn take(State((taken, first)): State<(Taken, First)>, Body(message): Body<Json>) -> (StatusCode, Body<Json>) {
    let mut taken = taken.lock().unwrap();
    taken.push(message);
    match taken.len() {
        1 if first == First::Lost => (StatusCode::INTERNAL_SERVER_ERROR, Body(json!("oops"))),
        n => (StatusCode::OK, Body(json!({"messages": [{"id": format!("wamid.{n}")}]}))),
    }
}

fn envelope(value: &Json) -> String {
    let mut value = value.clone();
    value["metadata"] = json!({"phone_number_id": "106"});
    let changes = json!([{"field": "messages", "value": value}]);
    json!({"object": "whatsapp_business_account", "entry": [{"id": "3", "changes": changes}]}).to_string()
}

fn now() -> String {
    chrono::Utc::now().timestamp().to_string()
}

fn message(id: &str, from: &str, text: &str) -> Json {
    json!({"from": from, "id": id, "timestamp": now(), "type": "text", "text": {"body": text}})
}

fn text(id: &str) -> String {
    envelope(&json!({"messages": [message(id, "79260000001", "hi")]}))
}

/// The real program in front of it.
struct Stage {
    events: tokio::runtime::Runtime,
    client: reqwest::Client,
    taken: Taken,
    _home: Home,
    server: Server,
}

impl Stage {
    fn new(first: First, bot: &str) -> Self {
        Self::with(first, bot, "")
    }

    /// The same with more keys of the account.
    fn with(first: First, bot: &str, more: &str) -> Self {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // Installed already is installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let taken = Taken::default();
        let router = Router::new().route("/{version}/106/messages", post(take)).with_state((Arc::clone(&taken), first));
        let address = events.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(frontdesk::server::serve(listener, router, std::future::pending()));
            address
        });
        let config = format!(
            "listen: 127.0.0.1:0\naccounts:\n  desk:\n    provider: whatsapp-cloud\n    bot: desk\n    base_url: http://{address}\n    \
             token: t\n    phone_number_id: 106\n    insecure: true\n{more}"
        );
        let home = Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", bot)]);
        let server = home.serve();
        Self { events, client: reqwest::Client::builder().no_proxy().build().unwrap(), taken, _home: home, server }
    }

    /// Post a webhook; the status.
    fn hook(&self, body: String) -> u16 {
        let request = self.client.post(self.server.url("/webhooks/desk")).body(body);
        self.events.block_on(async { request.send().await.unwrap().status().as_u16() })
    }

    fn get(&self, path: &str) -> String {
        let request = self.client.get(self.server.url(path));
        self.events.block_on(async { request.send().await.unwrap().text().await.unwrap() })
    }

    fn taken(&self) -> Vec<Json> {
        self.taken.lock().unwrap().clone()
    }
}

/// The status of a message names its row by what the send brought along: it went, though its answer was lost, and is not sent again.
#[test]
fn a_status_tells_what_a_lost_answer_did_not() {
    let stage = Stage::new(First::Lost, "bot: desk\nflows:\n  hello:\n    on: message\n    do: {say: Hello.}\n");
    assert_eq!(stage.hook(text("m1")), 200);
    let first = wait_for("the first reply", || stage.taken().first().cloned());
    assert_eq!(stage.hook(text("m2")), 200);
    let given_back = &first["biz_opaque_callback_data"];
    let status = json!({
        "id": "wamid.1", "status": "delivered", "timestamp": now(), "recipient_id": "79260000001",
        "biz_opaque_callback_data": given_back,
    });
    // Until its answer has come the send is under way: the status is told again, as Meta does.
    wait_for("the second reply, which waits for the first", || {
        assert_eq!(stage.hook(envelope(&json!({"statuses": [status]}))), 200);
        stage.taken().get(1).cloned()
    });
    let keys: Vec<_> = stage.taken().iter().map(|m| m["biz_opaque_callback_data"].clone()).collect();
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
}

/// A text that was accepted fails later for a closed window, and is told of several times and in disorder: one template goes.
#[test]
fn a_window_closed_after_all_gets_one_template() {
    let bot = "bot: desk\nlanguages: [en]\noutside_window: {template: reopen, language: en}\n\
               flows:\n  hello:\n    on: message\n    do: {say: Hello.}\n";
    let stage = Stage::new(First::Taken, bot);
    assert_eq!(stage.hook(text("m1")), 200);
    let first = wait_for("the reply", || stage.taken().first().cloned());
    let status = |id: &str, word: &str, given_back: &Json| {
        let errors =
            if word == "failed" { json!([{"code": 131_047, "title": "Re-engagement message"}]) } else { Json::Null };
        let status = json!({
            "id": id, "status": word, "timestamp": now(), "recipient_id": "79260000001",
            "biz_opaque_callback_data": given_back, "errors": errors,
        });
        stage.hook(envelope(&json!({"statuses": [status]})))
    };
    let old = first["biz_opaque_callback_data"].clone();
    // While the answer to the send is under way the failure is asked for again.
    wait_for("the template", || {
        status("wamid.1", "failed", &old);
        stage.taken().get(1).cloned()
    });
    for word in ["failed", "sent", "failed", "delivered", "failed"] {
        assert_eq!(status("wamid.1", word, &old), 200, "{word}");
    }
    wait_for("all rows to be sent", || stage.get("/metrics").contains("frontdesk_rows_open 0\n").then_some(()));
    let taken = stage.taken();
    let kinds: Vec<_> = taken.iter().map(|message| message["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["text", "template"], "{taken:?}");
    let new = taken[1]["biz_opaque_callback_data"].clone();
    assert_ne!(old, new);
    assert_eq!(status("wamid.2", "delivered", &new), 200);
    assert_eq!(stage.hook(text("m2")), 200);
    let reply = wait_for("the reply in the window that opened again", || stage.taken().get(2).cloned());
    assert_eq!(reply["text"]["body"], "Hello.");
}

/// Meta puts up to a thousand changes into one body, and all of them may be one person's.
#[test]
fn a_body_of_a_thousand_is_taken_whole() {
    let stage =
        Stage::new(First::Taken, "bot: desk\nflows:\n  hello:\n    on: {keywords: [hello]}\n    do: {say: Hello.}\n");
    let from = |n: usize| if n < 500 { "79260000001".to_owned() } else { format!("7926{n:07}") };
    let messages: Vec<Json> = (0..1_000).map(|n| message(&format!("m{n}"), &from(n), "x")).collect();
    let body = envelope(&json!({ "messages": messages }));
    assert_eq!([stage.hook(body.clone()), stage.hook(body)], [200, 200]);
    wait_for("all turns", || {
        stage.get("/metrics").contains("frontdesk_turns_total{outcome=\"committed\"} 1000\n").then_some(())
    });
    wait_for("nothing to wait", || stage.get("/metrics").contains("frontdesk_events_pending 0\n").then_some(()));
}

/// What was told so far, in order: texts, and which message was read, or is typed below.
fn told(stage: &Stage) -> Vec<String> {
    let tell = |call: &Json| match call["status"].as_str() {
        Some(status) => {
            let types = if call["typing_indicator"].is_object() { ", types" } else { "" };
            format!("{status} {}{types}", call["message_id"].as_str().unwrap_or_default())
        }
        None => call["text"]["body"].as_str().unwrap_or_default().to_owned(),
    };
    stage.taken().iter().map(tell).collect()
}

/// Typing alone: between the messages of a flow that waits, also where a timer goes on; read marks alone: nobody types.
#[test]
fn typing_goes_by_itself() {
    let bot = "bot: desk\nflows:\n  slow:\n    on: {keywords: [slow]}\n    do: [{wait: 1s}, {say: One.}, {wait: 1s}, {say: Two.}, {wait: 1h}, {say: Three.}]\n  \
               quick:\n    on: {keywords: [quick]}\n    do: {say: Here.}\n";
    let cases = [
        ("    typing: true\n", vec!["Here.", "read m2, types", "One.", "read m2, types", "Two."]),
        ("    read_marks: true\n    typing: false\n", vec!["Here.", "read m1", "One.", "Two."]),
        ("", vec!["Here.", "One.", "Two."]),
    ];
    for (keys, want) in cases {
        let stage = Stage::with(First::Taken, bot, keys);
        for (n, text) in ["quick", "slow"].iter().enumerate() {
            let body = envelope(&json!({"messages": [message(&format!("m{}", n + 1), "79260000001", text)]}));
            assert_eq!(stage.hook(body), 200);
            wait_for("the first answer", || (!stage.taken().is_empty()).then_some(()));
        }
        wait_for("the rest", || told(&stage).contains(&"Two.".to_owned()).then_some(()));
        wait_for("all of it", || (told(&stage).len() == want.len()).then_some(()));
        assert_eq!(told(&stage), want, "{keys}");
    }
}

/// While another program is asked the bot types.
#[test]
fn who_waits_for_another_program_sees_typing() {
    let bot = "bot: desk\nflows:\n  look:\n    on: {keywords: [look]}\n    do:\n      - {http: https://nobody.invalid/, retries: 0, on_error: {say: Nobody knows.}}\n";
    let stage = Stage::with(First::Taken, bot, "    typing: true\n");
    assert_eq!(stage.hook(envelope(&json!({"messages": [message("m1", "79260000001", "look")]}))), 200);
    wait_for("the answer", || told(&stage).contains(&"Nobody knows.".to_owned()).then_some(()));
    assert_eq!(told(&stage), ["read m1, types", "Nobody knows."]);
}

/// What the bot answers was read, told behind the answer; while it waits a little it types. What nobody answers stays unread.
#[test]
fn what_is_answered_was_read() {
    let bot = "bot: desk\nflows:\n  hi:\n    on: {keywords: [hi]}\n    do: {say: Hello.}\n  \
               look:\n    on: {keywords: [look]}\n    do: [{say: One moment.}, {wait: 1s}, {say: Here it is.}]\n";
    let stage = Stage::with(First::Taken, bot, "    read_marks: true\n");
    let write = |id: &str, text: &str| {
        assert_eq!(stage.hook(envelope(&json!({"messages": [message(id, "79260000001", text)]}))), 200);
    };
    write("m1", "nobody answers this");
    write("m2", "hi");
    wait_for("the answer and its mark", || (stage.taken().len() == 2).then_some(()));
    write("m3", "look");
    wait_for("the rest", || (stage.taken().len() == 5).then_some(()));
    assert_eq!(told(&stage), ["Hello.", "read m2", "One moment.", "read m3, types", "Here it is."]);
}
