//! get.chat's calls about chats: who has them, their labels, whether people are done.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json as JsonAnswer, Router};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::api::{Answer, Emulated, Paging, json_of, number};
use super::{GROUPS, USERS, news};
use crate::sandbox::Shared;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::dialects::{By, Happening};
use crate::sandbox::guard::Refusal;
use crate::sandbox::news::News;
use crate::sandbox::world::{Conversation, World};

/// Characters of a label.
const TAG: usize = 100;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/chats/", get(chats))
        .route("/api/v1/chats/{wa_id}/", get(chat))
        .route("/api/v1/chats/{wa_id}/resolve", post(resolve))
        .route("/api/v1/chats/{wa_id}/resolve/", post(resolve))
        .route("/api/v1/chat_assignment/{wa_id}/", get(assignment).put(assign).patch(assign))
        .route("/api/v1/chat_assignment_events/", get(assignment_events))
        .route("/api/v1/chat_tagging_events/", get(tagging_events))
        .route("/api/v1/tags/", get(tags).post(make_tag))
        .route("/api/v1/chat_tagging/", post(set_tag))
        .route("/api/v1/chat_tagging/{id}/", get(tagging).delete(take_tag))
}

fn known<'a>(world: &'a World, wa_id: &str) -> Result<&'a Conversation, Refusal> {
    world.of_phone(wa_id).ok_or_else(Refusal::not_found)
}

fn tell(shared: &Shared, id: u64, happenings: &[Happening]) {
    shared.news.tell(News::Conversation { id });
    drop(shared.tell(happenings));
}

fn shown(world: &World, chat: &Conversation, desk: &str) -> Json {
    let tag = |(name, tagging): (&String, &u64)| {
        let id = world.tags.iter().position(|tag| tag == name).map(|at| at + 1);
        json!({"id": id, "name": name, "web_inbox_color": "#21B6A8", "tagging_id": tagging})
    };
    json!({
        "wa_id": chat.phone, "contact": {"wa_id": chat.phone, "waba_payload": super::super::meta::webhooks::contact(chat)},
        "tags": chat.tags.iter().map(tag).collect::<Vec<_>>(), "resolved": chat.archived, "new_messages": 0,
        "assigned_to_user": chat.assignee, "assigned_group": chat.group,
        "last_message": chat.messages.last().map(|message| news::entry(chat, message, desk)),
    })
}

async fn chats(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    let (world, desk) = (shared.world(), shared.desk());
    Ok(paging.page(world.conversations().rev().map(|chat| shown(&world, chat, &desk)).collect()))
}

async fn chat(State(shared): Emulated, Path(wa_id): Path<String>) -> Answer {
    let (world, desk) = (shared.world(), shared.desk());
    Ok(JsonAnswer(shown(&world, known(&world, &wa_id)?, &desk)))
}

async fn resolve(State(shared): Emulated, Path(wa_id): Path<String>) -> Answer {
    let (id, happened) = {
        let mut world = shared.world();
        let id = known(&world, &wa_id)?.id;
        (id, world.archive(id, true))
    };
    tell(&shared, id, happened.as_slice());
    Ok(JsonAnswer(json!({"wa_id": wa_id, "resolved": true})))
}

fn assigned(chat: &Conversation) -> JsonAnswer<Json> {
    JsonAnswer(json!({"wa_id": chat.phone, "assigned_to_user": chat.assignee, "assigned_group": chat.group}))
}

async fn assignment(State(shared): Emulated, Path(wa_id): Path<String>) -> Answer {
    Ok(assigned(known(&shared.world(), &wa_id)?))
}

/// To a user, a group, or nobody (`null`). What is not written stays.
async fn assign(State(shared): Emulated, Path(wa_id): Path<String>, body: Bytes) -> Answer {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["wa_id", "assigned_to_user", "assigned_group"])?;
    if number(call.needed("wa_id", TAG)?)? != wa_id {
        return Err(invalid("wa_id: it is not that of the path."));
    }
    let (user, group) = (call.whole("assigned_to_user")?, call.whole("assigned_group")?);
    exists(user, "assigned_to_user", |id| USERS.iter().any(|user| user.id == id))?;
    exists(group, "assigned_group", |id| GROUPS.iter().any(|(number, _)| *number == id))?;
    let (id, happenings) = {
        let mut world = shared.world();
        let chat = known(&world, &wa_id)?;
        let id = chat.id;
        let wanted = |key: &str, given, stays| if call.has(key) { given } else { stays };
        let user = wanted("assigned_to_user", user, chat.assignee);
        let group = wanted("assigned_group", group, chat.group);
        (id, world.assign_to(id, (user, group), By::Bot, shared.now()))
    };
    tell(&shared, id, &happenings);
    Ok(assigned(known(&shared.world(), &wa_id)?))
}

fn exists(id: Option<u64>, key: &str, known: impl Fn(u64) -> bool) -> Result<(), Refusal> {
    match id.filter(|id| !known(*id)) {
        Some(id) => Err(invalid(format!("{key}: Invalid pk \"{id}\" - object does not exist."))),
        None => Ok(()),
    }
}

/// Which events are wanted.
#[derive(Debug, Deserialize)]
struct Events {
    wa_id: Option<String>,
    since_time: Option<i64>,
    before_time: Option<i64>,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Events {
    fn fit(&self, event: &Json) -> bool {
        let chat = event.get("wa_id").or_else(|| event.get("chat")).and_then(Json::as_str);
        let at = event.get("timestamp").and_then(Json::as_i64).unwrap_or_default();
        self.wa_id.as_deref().is_none_or(|wanted| Some(wanted) == chat)
            && self.since_time.is_none_or(|since| at >= since)
            && self.before_time.is_none_or(|before| at < before)
    }

    /// Those that were told under that field, the newest first.
    fn told(&self, shared: &Shared, field: &str) -> JsonAnswer<Json> {
        let bodies = shared.wire.kept();
        let told = bodies.iter().rev().filter_map(|body| body.get(field));
        let each = told.flat_map(|told| told.as_array().map_or_else(|| vec![told.clone()], Clone::clone));
        let paging = Paging { limit: self.limit, offset: self.offset };
        paging.page(each.filter(|event| self.fit(event)).collect())
    }
}

async fn assignment_events(State(shared): Emulated, Query(events): Query<Events>) -> Answer {
    Ok(events.told(&shared, "chat_assignment"))
}

async fn tagging_events(State(shared): Emulated, Query(events): Query<Events>) -> Answer {
    Ok(events.told(&shared, "chat_tagging"))
}

fn tag_shown(id: usize, name: &str) -> Json {
    json!({"id": id, "name": name, "web_inbox_color": "#21B6A8"})
}

async fn tags(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    let world = shared.world();
    Ok(paging.page(world.tags.iter().enumerate().map(|(n, name)| tag_shown(n + 1, name)).collect()))
}

async fn make_tag(State(shared): Emulated, body: Bytes) -> Result<Response, Refusal> {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["name", "web_inbox_color"])?;
    let name = call.needed("name", TAG)?;
    let mut world = shared.world();
    if world.tags.iter().any(|tag| tag == name) {
        return Err(invalid("name: tag with this name already exists."));
    }
    let id = world.tag_named(name).ok_or_else(|| invalid("name: there are too many tags."))?;
    Ok((StatusCode::CREATED, JsonAnswer(tag_shown(usize::try_from(id).unwrap_or_default(), name))).into_response())
}

async fn set_tag(State(shared): Emulated, body: Bytes) -> Result<Response, Refusal> {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(&["tag", "chat", "extra"])?;
    let (tag, wa_id) = (call.whole("tag")?.ok_or_else(|| call.missing("tag"))?, call.needed("chat", TAG)?);
    let (id, (tagging, happened)) = {
        let mut world = shared.world();
        let name = world.tag(tag).map(str::to_owned);
        let name = name.ok_or_else(|| invalid(format!("tag: Invalid pk \"{tag}\" - object does not exist.")))?;
        let id = known(&world, wa_id)?.id;
        let set = world.set_tag(id, &name, By::Bot);
        (id, set.ok_or_else(|| invalid("The fields tag, chat must make a unique set."))?)
    };
    tell(&shared, id, &[happened]);
    let told = json!({"id": tagging, "tag": tag, "chat": wa_id, "extra": {}});
    Ok((StatusCode::CREATED, JsonAnswer(told)).into_response())
}

/// The chat and the label of a label's being set.
fn of_tagging(world: &World, tagging: u64) -> Result<(&Conversation, &str), Refusal> {
    let set = world.conversations().find_map(|chat| {
        let (name, _) = chat.tags.iter().find(|(_, number)| **number == tagging)?;
        Some((chat, name.as_str()))
    });
    set.ok_or_else(Refusal::not_found)
}

async fn tagging(State(shared): Emulated, Path(id): Path<u64>) -> Answer {
    let world = shared.world();
    let (chat, name) = of_tagging(&world, id)?;
    let tag = world.tags.iter().position(|tag| tag == name).map(|at| at + 1);
    Ok(JsonAnswer(json!({"id": id, "tag": tag, "chat": chat.phone, "extra": {}})))
}

async fn take_tag(State(shared): Emulated, Path(tagging): Path<u64>) -> Result<StatusCode, Refusal> {
    let (id, happened) = {
        let mut world = shared.world();
        let (chat, name) = of_tagging(&world, tagging)?;
        let (id, name) = (chat.id, name.to_owned());
        (id, world.take_tag(id, &name, By::Bot))
    };
    tell(&shared, id, happened.as_slice());
    Ok(StatusCode::NO_CONTENT)
}
