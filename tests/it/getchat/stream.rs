//! The real server listening to a WebSocket: let in by a login, told each message once, and what was missed is asked for.

use std::sync::mpsc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::accounts::online::Table;
use crate::harness::{DEADLINE, Home, Server, wait_for};

/// What the inbox's side of a WebSocket does next.
enum Do {
    Say(Json),
    HangUp,
}

/// A WebSocket server: it tells what each connection said first, and does as it is told on the newest one.
struct Inbox {
    url: String,
    greeted: mpsc::Receiver<String>,
    tell: tokio::sync::mpsc::UnboundedSender<Do>,
    _events: tokio::runtime::Runtime,
}

impl Inbox {
    fn open() -> Self {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (greeting, greeted) = mpsc::channel();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let listener = events.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        events.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut socket = accept_async(stream).await.unwrap();
                let Some(Ok(Message::Text(first))) = socket.next().await else { continue };
                greeting.send(first.to_string()).unwrap();
                loop {
                    match told.recv().await {
                        Some(Do::Say(frame)) => socket.send(Message::text(frame.to_string())).await.unwrap(),
                        Some(Do::HangUp) => break,
                        None => return,
                    }
                }
            }
        });
        Self { url, greeted, tell, _events: events }
    }

    fn greeting(&self) -> Json {
        serde_json::from_str(&self.greeted.recv_timeout(DEADLINE).unwrap()).unwrap()
    }

    fn say(&self, frame: Json) {
        self.tell.send(Do::Say(frame)).ok().unwrap();
    }

    fn welcome(&self) {
        self.say(json!({"type": "token", "status": "success", "message": "Welcome, bot!"}));
    }

    fn hang_up(&self) {
        self.tell.send(Do::HangUp).ok().unwrap();
    }
}

fn payload(id: &str, text: &str) -> Json {
    let now = chrono::Utc::now().timestamp().to_string();
    json!({"from": "48123123123", "id": id, "timestamp": now, "type": "text", "text": {"body": text}})
}

/// As the list of messages and get.chat's own webhooks show it.
fn listed(id: &str, text: &str) -> Json {
    json!({"id": format!("g-{id}"), "from_us": false, "customer_wa_id": "48123123123", "waba_payload": payload(id, text), "sender": null})
}

fn home(api: &Table, inbox: &Inbox, entry: &str) -> Home {
    let config = format!(
        "listen: 127.0.0.1:0\naccounts:\n  inbox: {{provider: getchat, bot: desk, base_url: '{}', {entry}, user_id: 23, \
         receive: websocket, websocket_url: '{}'}}\n",
        api.address, inbox.url
    );
    let bot = "bot: desk\nflows:\n  echo:\n    on: message\n    do: {say: \"You said: {{ text }}\"}\n";
    Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", bot)])
}

/// The texts that were sent, in order.
fn sent(api: &Table) -> Vec<String> {
    let asked = api.asked();
    let bodies =
        asked.iter().filter(|call| call.starts_with("POST /api/v1/messages/")).filter_map(|call| call.split_once("] "));
    bodies
        .map(|(_, body)| serde_json::from_str::<Json>(body).unwrap()["text"]["body"].as_str().unwrap().to_owned())
        .collect()
}

fn replies(api: &Table, want: &[&str]) {
    wait_for(&format!("the replies {want:?}"), || (sent(api).len() >= want.len()).then_some(()));
    assert_eq!(sent(api), want);
}

fn asked_since(api: &Table) -> usize {
    api.asked().iter().filter(|call| call.starts_with("GET /api/v1/messages/?since_time=")).count()
}

fn health(api: &Table, server: &Server) -> Json {
    let (_, body) = api.fetch("GET", &server.url("/readyz"));
    serde_json::from_str::<Json>(&body).unwrap()["accounts"]["inbox"].clone()
}

#[test]
fn messages_come_over_the_websocket_each_once() {
    let inbox = Inbox::open();
    let missed = json!({"results": [listed("m3", "missed"), listed("m1", "hi")]});
    let api = Table::of(&[
        ("POST /api/v1/auth/token/", 200, json!({"token": "fresh"})),
        ("POST /api/v1/messages/", 201, json!({"id": "sent"})),
        ("GET /api/v1/messages/", 200, missed),
        ("GET /api/v1/chat_assignment_events/", 200, json!({"results": []})),
    ]);
    let home = home(&api, &inbox, "username: bot, password: secret-password");
    let mut server = home.serve();
    assert_eq!(inbox.greeting(), json!({"token": "fresh"}));
    inbox.welcome();
    inbox.say(json!({"type": "waba_webhook", "waba_payload": {"messages": [payload("m1", "hi")], "contacts": []}}));
    replies(&api, &["You said: hi"]);
    assert_eq!(asked_since(&api), 0, "what came before the first connection ever is a history");
    // The same once more, in get.chat's own words, and what nobody knows.
    inbox.say(json!({"type": "getchat_webhook", "incoming_messages": [listed("m1", "hi")]}));
    inbox.say(json!({"type": "getchat_webhook", "getchat_payload": {"incoming_messages": [listed("m2", "more")]}}));
    inbox.say(json!("what?"));
    replies(&api, &["You said: hi", "You said: more"]);
    inbox.hang_up();
    assert_eq!(inbox.greeting(), json!({"token": "fresh"}));
    let why = health(&api, &server)["why"].as_str().unwrap().to_owned();
    assert!(why.starts_with("it is not heard: "), "{why}");
    inbox.welcome();
    replies(&api, &["You said: hi", "You said: more", "You said: missed"]);
    wait_for("the account to be well again", || (health(&api, &server)["healthy"] == true).then_some(()));
    assert_eq!(asked_since(&api), 1);
    // After a start the gap since then is asked for, too.
    server.running.kill();
    inbox.hang_up();
    server = home.serve();
    inbox.greeting();
    inbox.welcome();
    inbox.say(json!({"type": "waba_webhook", "waba_payload": {"messages": [payload("m4", "again")], "contacts": []}}));
    replies(&api, &["You said: hi", "You said: more", "You said: missed", "You said: again"]);
    assert_eq!(asked_since(&api), 2);
    let log = server.running.log.all().join("\n");
    assert!(!log.contains("fresh") && !log.contains("secret-password"), "a secret in the log");
}

#[test]
fn a_refused_token_is_told() {
    let inbox = Inbox::open();
    let api = Table::of(&[("GET /api/v1/users/current/", 401, json!({"detail": "Invalid token."}))]);
    let home = home(&api, &inbox, "token: old");
    let server = home.serve();
    assert_eq!(inbox.greeting(), json!({"token": "old"}));
    inbox.say(json!({"type": "token", "status": "failed", "message": "Token matching query does not exist."}));
    let why = wait_for("the account to be unwell", || health(&api, &server)["why"].as_str().map(str::to_owned));
    assert!(why.contains("Token matching query does not exist."), "{why}");
    // No webhook leads in where nothing is said of a secret.
    assert_eq!(api.fetch("POST", &server.url("/webhooks/inbox")).0, 401);
}
