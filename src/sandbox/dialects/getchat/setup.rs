//! get.chat's calls about itself: users and groups, the token, templates, webhooks.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json as JsonAnswer, Router};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::api::{Answer, Emulated, Paging, json_of};
use super::{BOT, GROUPS, NAME, USERS, news};
use crate::sandbox::Shared;
use crate::sandbox::courier::Subscription;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::Refusal;
use crate::sandbox::world::Listed;

/// Characters of names and addresses.
const TEXT: usize = 1000;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/auth/token/", post(log_in))
        .route("/api/v1/users/", get(users))
        .route("/api/v1/users/current/", get(current))
        .route("/api/v1/groups/", get(groups))
        .route("/api/v1/templates/", get(templates))
        .route("/api/v1/webhooks/", get(webhooks).post(create_webhook))
        .route("/api/v1/webhooks/{id}/", get(webhook).delete(delete_webhook))
}

/// The bot's user; its password is the secret of the sandbox.
async fn log_in(State(shared): Emulated, body: Bytes) -> Answer {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["username", "password"])?;
    let (name, password) = (call.needed("username", TEXT)?, call.needed("password", TEXT)?);
    if name != BOT.name || password != shared.courier.secret().expose_secret() {
        return Err(invalid("Unable to log in with provided credentials."));
    }
    Ok(JsonAnswer(json!({"token": shared.token().expose_secret()})))
}

async fn users(Query(paging): Query<Paging>) -> Answer {
    Ok(paging.page(USERS.iter().map(news::user).collect()))
}

async fn current() -> Answer {
    Ok(JsonAnswer(news::user(&BOT)))
}

async fn groups(Query(paging): Query<Paging>) -> Answer {
    Ok(paging.page(GROUPS.iter().map(|(id, _)| news::group(*id)).collect()))
}

/// As WhatsApp has them, in a list like all others.
async fn templates(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    let listed = |one: &Listed| {
        json!({
            "id": one.waba_id, "name": one.name, "language": one.language, "status": one.status,
            "category": one.category, "components": one.components(),
        })
    };
    let all: Vec<Json> = shared.world().templates.iter().map(listed).collect();
    // An empty list would say that there are none, and here any may be sent.
    if all.is_empty() {
        return Err(invalid("no templates were given to the sandbox: any may be sent, and none can be listed"));
    }
    Ok(paging.page(all))
}

fn shown(one: &Subscription) -> Json {
    json!({
        "id": one.id, "url": one.url, "on_incoming_message": true, "on_outgoing_message": true, "on_assigned": true,
        "headers": {},
    })
}

fn mine(shared: &Shared) -> Vec<Subscription> {
    shared.courier.subscriptions().into_iter().filter(|one| one.dialect.name == NAME).collect()
}

async fn webhooks(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    Ok(paging.page(mine(&shared).iter().map(shown).collect()))
}

async fn webhook(State(shared): Emulated, Path(id): Path<u64>) -> Answer {
    let all = mine(&shared);
    let one = all.iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)?;
    Ok(JsonAnswer(shown(one)))
}

async fn create_webhook(State(shared): Emulated, body: Bytes) -> Result<Response, Refusal> {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["url", "on_incoming_message", "on_outgoing_message", "on_assigned", "headers", "event_types"])?;
    let url = call.link("url")?.ok_or_else(|| call.missing("url"))?;
    for key in ["on_incoming_message", "on_outgoing_message", "on_assigned"] {
        call.flag(key)?;
    }
    call.object("headers")?;
    let id = shared.courier.add(NAME, url, true).ok_or_else(|| invalid("there are too many webhooks"))?;
    let all = mine(&shared);
    let one = all.iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)?;
    Ok((StatusCode::CREATED, JsonAnswer(shown(one))).into_response())
}

async fn delete_webhook(State(shared): Emulated, Path(id): Path<u64>) -> Result<StatusCode, Refusal> {
    if shared.courier.change(NAME, id, None) { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::not_found()) }
}
