//! Meta's WhatsApp Cloud API: JSON with a bearer token, errors by number, signed webhooks, statuses.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use sha2::Sha256;

use super::meta::webhooks;
use super::{Channels, Dialect, Kinds, Scene, What};
use crate::sandbox::hex;
use crate::sandbox::world::Message;

mod api;
mod media;

const NAME: &str = "whatsapp-cloud";

/// Its line.
pub(super) const DIALECT: Dialect = Dialect {
    name: NAME,
    provider: NAME,
    doc: "WhatsApp Cloud API, Meta's own: buttons and lists, signed webhooks, errors by number",
    routes: api::routes,
    check: api::check,
    error: api::error,
    seen: api::seen,
    is_send: api::is_send,
    webhooks: told,
    // For seven days, in truth.
    attempts: 10,
    sign,
    channels: Channels::WhatsApp,
    kinds: Kinds::WhatsApp,
};

/// `X-Hub-Signature-256` over the body with the app's secret.
fn sign(secret: &SecretString, body: &[u8]) -> Option<(&'static str, String)> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(body);
    Some(("x-hub-signature-256", format!("sha256={}", hex(&mac.finalize().into_bytes()))))
}

/// What the sender wanted to have given back.
fn given_back(message: &Message) -> Vec<(&'static str, String)> {
    message.given_back.iter().map(|text| ("biz_opaque_callback_data", text.clone())).collect()
}

/// Nothing is told of conversations, labels and assignments: there are none. Of a message of ours its statuses are told.
fn told(scene: &Scene<'_>) -> Vec<Json> {
    let Some(message) = scene.message else { return Vec::new() };
    let status = |word| vec![webhooks::status(scene, message, word, given_back)];
    match scene.what {
        What::Wrote if webhooks::is_theirs(message) => vec![webhooks::received(scene, message)],
        What::Wrote => vec![webhooks::echo(scene, message)],
        What::Taken => status("sent"),
        What::Ended | What::Read => status(webhooks::word_of(message)),
        _ => Vec::new(),
    }
}
