//! get.chat's calls about messages and files, and what every call must bring.

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json as JsonAnswer, Router};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{SOCKET, news};
use crate::sandbox::Shared;
use crate::sandbox::delivery::deliver;
use crate::sandbox::dialects::Head;
use crate::sandbox::dialects::meta;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::{Fails, Refusal, Seen};
use crate::sandbox::uploads;
use crate::sandbox::world::{CHANNELS, Conversation, From, Message, digits};

pub(super) type Emulated = State<Shared>;
pub(super) type Answer = Result<JsonAnswer<Json>, Refusal>;

/// Entries of a list, unless asked otherwise, and at most.
const PER_PAGE: usize = 20;
const MOST_PER_PAGE: usize = 1000;
/// Characters of a number.
const NUMBER: usize = 100;
/// Where a user gets the token: it needs none, nor does the WebSocket, which is told in a frame.
const LOGIN: &str = "/api/v1/auth/token/";

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/messages/", get(messages).post(send))
        .route("/api/v1/messages/{id}/", get(message))
        .route("/api/v1/media/", post(upload))
        .route("/api/v1/media/{id}/", get(file))
}

/// `Authorization: Token …`, and JSON where there is a body.
pub(super) fn check(shared: &Shared, head: &Head<'_>) -> Result<(), Refusal> {
    let brought = header_of(head.headers, "authorization");
    match brought.map(|value| value.strip_prefix("Token ")) {
        _ if head.path == LOGIN || head.path == SOCKET => {}
        Some(Some(token)) if token == shared.token().expose_secret() => {}
        Some(Some(_)) => return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Invalid token.")),
        Some(None) | None => {
            let why = "Authentication credentials were not provided.";
            return Err(Refusal::new(StatusCode::FORBIDDEN, why));
        }
    }
    let kind = header_of(head.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let has_body = head.method == Method::POST || head.method == Method::PUT || head.method == Method::PATCH;
    let wanted = if head.path == "/api/v1/media/" { "multipart/form-data" } else { "application/json" };
    if has_body && kind != wanted && !(head.body.is_empty() && head.path.contains("/resolve")) {
        let why = format!("Unsupported media type \"{kind}\" in request.");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    Ok(())
}

pub(super) fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) fn error(refusal: &Refusal) -> Json {
    let why = match refusal.status {
        StatusCode::NOT_FOUND => "Not found.",
        _ => &refusal.why,
    };
    match refusal.code {
        Some(code) if code > 100 => {
            json!({"detail": why, "errors": [{"code": code, "title": why, "details": why}]})
        }
        _ => json!({"detail": why}),
    }
}

pub(super) fn seen(headers: &HeaderMap, body: &[u8]) -> Seen {
    let kind = header_of(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if kind.starts_with("multipart/") {
        return vec![("file_encoded".into(), format!("{} bytes", body.len()))];
    }
    let Ok(Json::Object(map)) = serde_json::from_slice(body) else { return Vec::new() };
    let shown = |value: Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.into_iter().filter(|(key, _)| key != "password").map(|(key, value)| (key, shown(value))).collect()
}

pub(super) fn is_send(method: &Method, path: &str) -> bool {
    method == Method::POST && path == "/api/v1/messages/"
}

pub(super) fn json_of(body: &[u8]) -> Result<Json, Refusal> {
    serde_json::from_slice(body).map_err(|why| invalid(format!("JSON parse error - {why}")))
}

/// The type is told to whoever says it.
#[derive(Debug, Default, Deserialize)]
struct Said {
    mime_type_type: Option<String>,
    mime_type_subtype: Option<String>,
}

async fn file(State(shared): Emulated, Path(id): Path<u64>, Query(said): Query<Said>) -> Result<Response, Refusal> {
    let content = shared.world().file(id).and_then(|file| file.content.clone()).ok_or_else(Refusal::not_found)?;
    let kind = said.mime_type_type.zip(said.mime_type_subtype).map(|(main, sub)| format!("{main}/{sub}"));
    let kind = kind.and_then(|kind| header::HeaderValue::from_str(&kind).ok());
    let kind = kind.unwrap_or(header::HeaderValue::from_static("application/octet-stream"));
    Ok(([(header::CONTENT_TYPE, kind)], content.to_vec()).into_response())
}

/// A page of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Paging {
    pub(super) limit: Option<usize>,
    pub(super) offset: Option<usize>,
}

impl Paging {
    pub(super) fn page(&self, all: Vec<Json>) -> JsonAnswer<Json> {
        let (offset, limit) = (self.offset.unwrap_or_default(), self.limit.unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE));
        let count = all.len();
        let next = (count > offset + limit).then(|| format!("?limit={limit}&offset={}", offset + limit));
        let results: Vec<Json> = all.into_iter().skip(offset).take(limit).collect();
        JsonAnswer(json!({"count": count, "next": next, "previous": null, "results": results}))
    }
}

/// Which messages are wanted.
#[derive(Debug, Deserialize)]
struct Wanted {
    wa_id: Option<String>,
    since_time: Option<i64>,
    before_time: Option<i64>,
    from_us: Option<bool>,
    search: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Wanted {
    fn fits(&self, conversation: &Conversation, message: &Message) -> bool {
        let at = message.at.timestamp();
        self.wa_id.as_ref().is_none_or(|id| *id == conversation.phone)
            && self.since_time.is_none_or(|since| at >= since)
            && self.before_time.is_none_or(|before| at < before)
            && self.from_us.is_none_or(|from_us| from_us == (message.from != From::Customer))
            && self.search.as_ref().is_none_or(|words| message.text.contains(words.as_str()))
    }
}

/// The newest first.
async fn messages(State(shared): Emulated, Query(wanted): Query<Wanted>) -> Answer {
    let (world, desk) = (shared.world(), shared.desk());
    let all = world.conversations().flat_map(|one| one.messages.iter().map(move |message| (one, message)));
    let mut fitting: Vec<_> = all.filter(|(one, message)| wanted.fits(one, message)).collect();
    fitting.sort_by_key(|(_, message)| std::cmp::Reverse((message.at.timestamp(), message.id)));
    let paging = Paging { limit: wanted.limit, offset: wanted.offset };
    Ok(paging.page(fitting.into_iter().map(|(one, message)| news::entry(one, message, &desk)).collect()))
}

async fn message(State(shared): Emulated, Path(id): Path<String>) -> Answer {
    let (world, desk) = (shared.world(), shared.desk());
    let mut all = world.conversations().flat_map(|one| one.messages.iter().map(move |message| (one, message)));
    let (one, message) = all.find(|(_, message)| message.uuid() == id).ok_or_else(Refusal::not_found)?;
    Ok(JsonAnswer(news::entry(one, message, &desk)))
}

/// The fields of a message, beside the object of its type.
const CALL: &[&str] = &[
    "wa_id",
    "type",
    "verify_contact",
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

async fn send(
    State(shared): Emulated,
    Extension(Fails(fails)): Extension<Fails>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    call.closed(CALL)?;
    let to = number(call.needed("wa_id", NUMBER)?)?;
    call.needed("type", NUMBER)?;
    let what = meta::message(&shared, &call)?.what;
    let (channel, _) = CHANNELS.first().copied().ok_or_else(Refusal::not_found)?;
    let id = shared.world().with_phone(channel, &to, shared.now()).map_err(invalid)?;
    let job = deliver(&shared, id, what, fails).await?;
    let world = shared.world();
    let (_, _, message) = world.job(job.id).ok_or_else(Refusal::not_found)?;
    let reason =
        "Message is saved and will be sent as soon as other messages currently pending for this user are delivered.";
    let told = json!({"reason": reason, "id": message.uuid()});
    Ok((StatusCode::CREATED, JsonAnswer(told)).into_response())
}

/// Digits alone.
pub(super) fn number(text: &str) -> Result<String, Refusal> {
    let plain = digits(text).filter(|digits| digits == text);
    plain.ok_or_else(|| invalid("wa_id: Enter a valid value: digits alone, with the country's code."))
}

/// A file: where it lies from now on.
async fn upload(State(shared): Emulated, request: Request) -> Result<Response, Refusal> {
    let parts = uploads::parts(request, "file_encoded").await?;
    let file = parts.file.ok_or_else(|| invalid("file_encoded: No file was submitted."))?;
    let mut world = shared.world();
    let id = world.keep(file);
    let file = world.file(id).ok_or_else(Refusal::not_found)?;
    let told = json!({"file": file.address(&shared.desk()), "id": format!("00000000-0000-4000-9000-{id:012x}")});
    Ok((StatusCode::CREATED, JsonAnswer(told)).into_response())
}
