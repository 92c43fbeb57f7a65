//! Pabbly Chatflow: messages by its own names of WhatsApp's fields, contacts with tags and attributes, files by their address alone.

use serde_json::Value as Json;

use super::meta::webhooks;
use super::{Channels, Dialect, Kinds, Scene, What, unsigned};

mod api;
mod contacts;
mod interactive;
mod messages;
mod told;

const NAME: &str = "pabbly";

/// Its line.
pub(super) const DIALECT: Dialect = Dialect {
    name: NAME,
    provider: NAME,
    doc: "Pabbly Chatflow: lists, contacts with tags and attributes, no assignment",
    routes,
    check: api::check,
    error: api::error,
    seen: api::seen,
    is_send: api::is_send,
    webhooks: told,
    attempts: 3,
    sign: unsigned,
    channels: Channels::WhatsApp,
    kinds: Kinds::Common,
};

fn routes() -> axum::Router<crate::sandbox::Shared> {
    api::routes().merge(contacts::routes())
}

/// Its webhooks are not published: messages come as such services write them, statuses as Meta does.
fn told(scene: &Scene<'_>) -> Vec<Json> {
    let Some(message) = scene.message else { return Vec::new() };
    let status = |word| vec![webhooks::status(scene, message, word, |_| Vec::new())];
    match scene.what {
        What::Wrote => vec![told::message(scene, message)],
        What::Taken => status("sent"),
        What::Ended | What::Read => status(webhooks::word_of(message)),
        _ => Vec::new(),
    }
}
