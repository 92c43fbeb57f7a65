//! The WebSocket: the first frame brings the token, then the bodies of webhooks come in frames.

use serde_json::{Value as Json, json};

use super::{GetchatAccount, receive};
use crate::domain::{Stream, StreamFrame, Time};
use crate::providers::quoted;
use secrecy::{ExposeSecret as _, SecretString};

/// Where the body of a webhook stands in a frame.
const PAYLOADS: [&str; 3] = ["waba_payload", "getchat_payload", "payload"];

/// The server of the WebSocket that belongs to an inbox: `NAME.inbox…` becomes `wss://websockets-NAME.inbox…`. `None` for other addresses.
pub(super) fn address_of(base_url: &str) -> Option<String> {
    let host = base_url.strip_prefix("https://")?;
    host.contains(".inbox.").then(|| format!("wss://websockets-{host}/"))
}

impl GetchatAccount {
    pub(super) fn listening(&self, token: Option<&SecretString>) -> Option<Stream> {
        let url = self.websocket_url.clone()?;
        let greeting = token.map(|token| SecretString::from(json!({"token": token.expose_secret()}).to_string()));
        Some(Stream { url, greeting })
    }

    pub(super) fn heard(&self, frame: &[u8], now: Time) -> StreamFrame {
        let Ok(json) = serde_json::from_slice::<Json>(frame) else {
            return StreamFrame::Odd { why: "a frame that is not JSON".into() };
        };
        let text = |key: &str| json.get(key).and_then(Json::as_str);
        let said = || quoted(text("message").unwrap_or_default());
        match (text("type"), text("status")) {
            (Some("token"), Some("success")) => StreamFrame::Welcome,
            (Some("token"), _) => StreamFrame::Refused { why: said() },
            (Some("response"), _) => StreamFrame::Odd { why: format!("get.chat does not understand: {}", said()) },
            (Some("waba_webhook" | "getchat_webhook"), _) => {
                let inner = PAYLOADS.iter().find_map(|key| json.get(key)).unwrap_or(&json);
                let body = inner.to_string().into_bytes();
                let received = receive::body(&self.name, Some(self.user_id), &body, now);
                StreamFrame::Received { received, body }
            }
            _ => StreamFrame::Odd { why: "a frame of no known type".into() },
        }
    }
}
