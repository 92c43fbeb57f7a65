//! get.chat's WebSocket: the token in the first frame, then everything that webhooks would tell.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};

use super::api::Emulated;
use super::{BOT, SOCKET};
use crate::sandbox::Shared;
use crate::sandbox::courier::LONGEST_DELAY;

/// How long a listener may take to say who it is.
const GREETED_WITHIN: Duration = Duration::from_secs(10);
/// The largest frame of a listener's: it says a token and nothing else.
const LARGEST: usize = 16 << 10;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(SOCKET, any(open))
}

async fn open(State(shared): Emulated, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(LARGEST).on_upgrade(move |socket| async move {
        // Whoever hangs up has heard enough.
        let _ = speak(socket, &shared).await;
    })
}

/// `None`: the connection is over.
async fn speak(mut socket: WebSocket, shared: &Shared) -> Option<()> {
    let token = loop {
        let greeting = timeout(GREETED_WITHIN, socket.recv()).await.ok()??.ok()?;
        match token_of(&greeting) {
            Some(token) => break token,
            None => {
                say(&mut socket, &json!({"type": "response", "status": "failed", "message": "Wrong format"})).await?;
            }
        }
    };
    // From here on nothing is missed.
    let mut told = shared.wire.listen();
    if token != shared.token().expose_secret() {
        let refusal = json!({"type": "token", "status": "failed", "message": "Token matching query does not exist."});
        return say(&mut socket, &refusal).await;
    }
    let welcome = json!({"type": "token", "status": "success", "message": format!("Welcome, {}!", BOT.name)});
    say(&mut socket, &welcome).await?;
    loop {
        tokio::select! {
            body = told.recv() => tell(&mut socket, shared, body.ok()?).await?,
            frame = socket.recv() => drop(frame?.ok()?),
        }
    }
}

fn token_of(greeting: &Message) -> Option<String> {
    let json: Json = serde_json::from_str(greeting.to_text().ok()?).ok()?;
    json.get("token")?.as_str().map(str::to_owned)
}

/// Late, or twice, where that was asked for. A connection keeps its order.
async fn tell(socket: &mut WebSocket, shared: &Shared, body: Json) -> Option<()> {
    let trouble = shared.courier.trouble();
    sleep(Duration::from_millis(trouble.delay_ms).min(LONGEST_DELAY)).await;
    let frame = frame(body);
    for _ in 0..=usize::from(trouble.duplicates) {
        say(socket, &frame).await?;
    }
    Some(())
}

/// WhatsApp's own webhook in a field of its own; get.chat's fields as they are.
fn frame(body: Json) -> Json {
    match body {
        Json::Object(mut fields) if !fields.contains_key("object") => {
            fields.insert("type".into(), "getchat_webhook".into());
            Json::Object(fields)
        }
        whatsapps => json!({"type": "waba_webhook", "waba_payload": whatsapps}),
    }
}

async fn say(socket: &mut WebSocket, frame: &Json) -> Option<()> {
    socket.send(Message::text(frame.to_string())).await.ok()
}
