//! The real server in front of an API that takes messages like Meta's.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Json as Body, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::harness::{Home, wait_for};

type Taken = Arc<Mutex<Vec<Json>>>;

/// Takes every message; of the first the answer is lost.
async fn take(State(taken): State<Taken>, Body(message): Body<Json>) -> (StatusCode, Body<Json>) {
    let mut taken = taken.lock().unwrap();
    taken.push(message);
    match taken.len() {
        1 => (StatusCode::INTERNAL_SERVER_ERROR, Body(json!("oops"))),
        n => (StatusCode::OK, Body(json!({"messages": [{"id": format!("wamid.{n}")}]}))),
    }
}

fn envelope(value: &Json) -> String {
    let changes = json!([{"field": "messages", "value": value}]);
    json!({"object": "whatsapp_business_account", "entry": [{"id": "3", "changes": changes}]}).to_string()
}

fn now() -> String {
    chrono::Utc::now().timestamp().to_string()
}

fn text(id: &str) -> String {
    let message = json!({"from": "79260000001", "id": id, "timestamp": now(), "type": "text", "text": {"body": "hi"}});
    envelope(&json!({"metadata": {"phone_number_id": "106"}, "messages": [message]}))
}

/// The status of a message names its row by what the send brought along: it went, though its answer was lost, and is not sent again.
#[test]
fn a_status_tells_what_a_lost_answer_did_not() {
    let events = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // Installed already is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let taken = Taken::default();
    let router = Router::new().route("/{version}/106/messages", post(take)).with_state(Arc::clone(&taken));
    let address = events.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(frontdesk::server::serve(listener, router, std::future::pending()));
        address
    });
    let config = format!(
        "listen: 127.0.0.1:0\naccounts:\n  desk:\n    provider: whatsapp-cloud\n    bot: desk\n    base_url: http://{address}\n    \
         token: t\n    phone_number_id: 106\n    insecure: true\n"
    );
    let bot = "bot: desk\nflows:\n  hello:\n    on: message\n    do: {say: Hello.}\n";
    let home = Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", bot)]);
    let server = home.serve();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let hook = |body: String| {
        let request = client.post(server.url("/webhooks/desk")).body(body);
        events.block_on(async { request.send().await.unwrap().status().as_u16() })
    };
    assert_eq!(hook(text("m1")), 200);
    let first = wait_for("the first reply", || taken.lock().unwrap().first().cloned());
    assert_eq!(hook(text("m2")), 200);
    let given_back = &first["biz_opaque_callback_data"];
    let status = json!({
        "id": "wamid.1", "status": "delivered", "timestamp": now(), "recipient_id": "79260000001",
        "biz_opaque_callback_data": given_back,
    });
    // Until its answer has come the send is under way: the status is told again, as Meta does.
    wait_for("the second reply, which waits for the first", || {
        assert_eq!(hook(envelope(&json!({"metadata": {"phone_number_id": "106"}, "statuses": [status]}))), 200);
        taken.lock().unwrap().get(1).cloned()
    });
    let keys: Vec<_> = taken.lock().unwrap().iter().map(|m| m["biz_opaque_callback_data"].clone()).collect();
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
}
