//! A token that was had by logging in is kept, and had again when it is refused; what was to be sent is sent once.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Json as Body, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{any, post};
use frontdesk::domain::{Desk as _, Intake as _, Time, WebhookRequest};
use frontdesk::runtime::{Clock, Outside, Runtime, client};
use frontdesk::store::sqlite::SqliteStore;
use frontdesk::yaml::Source;
use serde_json::{Value as Json, json};

/// An inbox that gives the tokens `t1`, `t2` …, takes the newest alone, and remembers what was sent.
#[derive(Default)]
struct Inbox {
    logins: AtomicUsize,
    valid: AtomicUsize,
    sent: Mutex<Vec<(String, Json)>>,
}

async fn log_in(State(inbox): State<Arc<Inbox>>, Body(who): Body<Json>) -> (StatusCode, Body<Json>) {
    if who != json!({"username": "bot", "password": "word"}) {
        return (StatusCode::BAD_REQUEST, Body(json!({"non_field_errors": ["Unable to log in."]})));
    }
    let n = inbox.logins.fetch_add(1, Ordering::SeqCst) + 1;
    inbox.valid.store(n, Ordering::SeqCst);
    (StatusCode::OK, Body(json!({"token": format!("t{n}")})))
}

async fn send(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, Body(body): Body<Json>) -> (StatusCode, Body<Json>) {
    let token = headers["authorization"].to_str().unwrap().to_owned();
    if token != format!("Token t{}", inbox.valid.load(Ordering::SeqCst)) {
        return (StatusCode::UNAUTHORIZED, Body(json!({"detail": "Invalid token."})));
    }
    let mut sent = inbox.sent.lock().unwrap();
    sent.push((token, body["text"]["body"].clone()));
    (StatusCode::CREATED, Body(json!({"id": format!("g{}", sent.len())})))
}

fn message(id: &str) -> WebhookRequest {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let message = json!({"from": "48123123123", "id": id, "timestamp": now, "type": "text", "text": {"body": id}});
    let body = json!({"messages": [message], "contacts": []}).to_string().into_bytes();
    WebhookRequest { method: "POST".into(), query: String::new(), headers: Vec::new(), body }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_token_is_had_anew() {
    let inbox = Arc::new(Inbox::default());
    let router = Router::new()
        .route("/api/v1/auth/token/", post(log_in))
        .route("/api/v1/messages/", post(send))
        .fallback(any(|| async { StatusCode::NOT_FOUND }))
        .with_state(Arc::clone(&inbox));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(frontdesk::server::serve(listener, router, std::future::pending()));
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join("bots/desk")).unwrap();
    let bot = "bot: desk\nflows: {a: {on: message, do: {say: \"You said {{ text }}\"}}}\n";
    std::fs::write(home.path().join("bots/desk/bot.yaml"), bot).unwrap();
    let text = format!(
        "accounts: {{inbox: {{provider: getchat, bot: desk, base_url: 'http://{address}', username: bot, password: word, user_id: 23, insecure: true}}}}"
    );
    let path = home.path().join("frontdesk.yaml").display().to_string();
    let source = Source::new(path.as_str(), text.as_bytes()).unwrap();
    let config = frontdesk::config::read(&source, &|_| None).0.unwrap();
    let store = Arc::new(SqliteStore::open(&home.path().join("frontdesk.db")).unwrap());
    let ahead = Arc::new(AtomicI64::new(0));
    let later = Arc::clone(&ahead);
    let clock = Clock::new(move || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        Time(now + later.load(Ordering::SeqCst))
    });
    let runtime = Runtime::start(Outside { config, store, client: client().unwrap(), clock }).await.unwrap();
    let said = async |count: usize| {
        let there = async {
            while inbox.sent.lock().unwrap().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), there).await.expect("the reply");
    };
    assert_eq!(runtime.webhook("inbox", message("one")).await.status, 200);
    said(1).await;
    let first = inbox.logins.load(Ordering::SeqCst);
    assert_eq!(first, 1, "one login serves all");
    // The token ends; two minutes later it is no login's fault any more.
    inbox.valid.store(0, Ordering::SeqCst);
    ahead.store(120_000, Ordering::SeqCst);
    assert_eq!(runtime.webhook("inbox", message("two")).await.status, 200);
    said(2).await;
    let want = [("Token t1".to_owned(), json!("You said one")), ("Token t2".to_owned(), json!("You said two"))];
    assert_eq!(*inbox.sent.lock().unwrap(), want);
    assert!(runtime.health().await.accounts["inbox"].healthy);
    runtime.stop().await;
}
