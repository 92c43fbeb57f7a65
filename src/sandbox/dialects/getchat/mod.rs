//! get.chat: an inbox over a WhatsApp number. Messages in WhatsApp's own objects, chats assigned and labelled, webhooks of two kinds at once.

use serde_json::Value as Json;

use super::{Channels, Dialect, Kinds, Scene, What, unsigned};

mod api;
mod chats;
mod news;
mod setup;
mod socket;

const NAME: &str = "getchat";
/// Where one listens.
const SOCKET: &str = "/websocket/";

/// The user that has the token.
const BOT: User = User { id: 23, name: "frontdesk", first: "Front", last: "Desk", role: "app" };
/// The users, colleagues first.
const USERS: &[User] = &[
    User { id: 7, name: "anna", first: "Anna", last: "Petrova", role: "user" },
    User { id: 8, name: "boris", first: "Boris", last: "Orlov", role: "user" },
    BOT,
];
/// The groups of users, by number.
const GROUPS: &[(u64, &str)] = &[(1, "Regular users"), (3, "Admin")];

/// A user of the inbox.
struct User {
    id: u64,
    name: &'static str,
    first: &'static str,
    last: &'static str,
    role: &'static str,
}

/// Its line.
pub(super) const DIALECT: Dialect = Dialect {
    name: NAME,
    provider: NAME,
    doc: "get.chat: buttons and lists, chats assigned to users and groups, labels",
    routes,
    check: api::check,
    error: api::error,
    seen: api::seen,
    is_send: api::is_send,
    webhooks,
    attempts: 5,
    sign: unsigned,
    channels: Channels::WhatsApp,
    kinds: Kinds::WhatsApp,
};

fn routes() -> axum::Router<crate::sandbox::Shared> {
    api::routes().merge(chats::routes()).merge(setup::routes()).merge(socket::routes())
}

fn webhooks(scene: &Scene<'_>) -> Vec<Json> {
    match (scene.what, scene.message) {
        (What::Wrote, Some(message)) => news::wrote(scene, message),
        (What::Taken, Some(message)) => vec![news::outgoing(scene, message), news::status(scene, message, "sent")],
        (What::Ended | What::Read, Some(message)) => {
            vec![news::status(scene, message, super::meta::webhooks::word_of(message))]
        }
        (What::Assigned(by), _) => news::assigned(scene, by),
        (What::Tagged { by, .. }, _) => vec![news::tagged(scene, "added", by)],
        (What::Untagged { by, .. }, _) => vec![news::tagged(scene, "removed", by)],
        (What::Resolved, _) => vec![news::resolved(scene)],
        _ => Vec::new(),
    }
}
