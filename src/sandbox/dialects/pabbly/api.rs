//! Pabbly's calls about messages, templates and files, and what every call must bring.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::{get, post};
use axum::{Extension, Json as JsonAnswer, Router};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::messages;
use crate::sandbox::Shared;
use crate::sandbox::delivery::deliver;
use crate::sandbox::dialects::Head;
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::{Fails, Refusal, Seen};
use crate::sandbox::world::{CHANNELS, Listed, digits};

pub(super) type Emulated = State<Shared>;
pub(super) type Answer = Result<JsonAnswer<Json>, Refusal>;

/// Templates a page unless asked otherwise.
const PER_PAGE: usize = 50;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/messages", post(send))
        .route("/api/v1/templates", get(templates))
        .route("/api/v1/templates/{name}", get(template))
        .route("/api/v1/media", get(media))
}

/// `Authorization: Bearer …`, and JSON where there is a body.
pub(super) fn check(shared: &Shared, head: &Head<'_>) -> Result<(), Refusal> {
    let header_of = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header_of("authorization").strip_prefix("Bearer ") != Some(shared.token().expose_secret()) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized: the API key is missing or invalid"));
    }
    let kind = header_of(header::CONTENT_TYPE.as_str()).split(';').next().unwrap_or_default().trim();
    if (head.method == Method::POST || head.method == Method::PUT) && kind != "application/json" {
        return Err(invalid("Content-Type must be application/json"));
    }
    Ok(())
}

/// In prose alone. The document's words for what has no others stand before ours.
pub(super) fn error(refusal: &Refusal) -> Json {
    let words = match refusal.status.as_u16() {
        429 => "Too many requests: ",
        500..=599 => "Server error: ",
        _ => "",
    };
    json!({"success": false, "error": format!("{words}{}", refusal.why)})
}

pub(super) fn seen(_headers: &HeaderMap, body: &[u8]) -> Seen {
    let Ok(Json::Object(map)) = serde_json::from_slice(body) else { return Vec::new() };
    let shown = |value: Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.into_iter().map(|(key, value)| (key, shown(value))).collect()
}

pub(super) fn is_send(method: &Method, path: &str) -> bool {
    method == Method::POST && path == "/api/v1/messages"
}

pub(super) fn success(message: &str, data: &Json) -> JsonAnswer<Json> {
    JsonAnswer(json!({"status": "success", "message": message, "data": data}))
}

pub(super) fn json_of(body: &[u8]) -> Result<Json, Refusal> {
    serde_json::from_slice(body).map_err(|why| invalid(format!("the body is no JSON: {why}")))
}

async fn send(State(shared): Emulated, Extension(Fails(fails)): Extension<Fails>, body: Bytes) -> Answer {
    let json = json_of(&body)?;
    let call = Fields::of(&json)?;
    let to = call.whole("to")?.ok_or_else(|| call.missing("to"))?.to_string();
    let to = digits(&to).ok_or_else(|| invalid("to must be a number with its dialing code"))?;
    let what = messages::read(&shared, &call)?;
    let (channel, _) = CHANNELS.first().copied().ok_or_else(Refusal::not_found)?;
    let id = shared.world().with_phone(channel, &to, shared.now()).map_err(invalid)?;
    let job = deliver(&shared, id, what, fails).await?;
    let world = shared.world();
    let (_, _, message) = world.job(job.id).ok_or_else(Refusal::not_found)?;
    Ok(success(
        "Message sent",
        &json!({
            "to": to, "chatId": format!("{id:024x}"),
            "metaResponse": {
                "messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": message.external_id()}], "status": 200,
            },
        }),
    ))
}

fn listed(one: &Listed) -> Json {
    json!({
        "_id": hex_id(&one.waba_id), "settingId": "6764020afc60086212ad5119", "waTemplateId": one.waba_id, "name": one.name,
        "language": one.language, "components": one.components(), "category": one.category, "status": one.status,
    })
}

/// As the list has it, which may leave out the parts.
fn in_list(one: &Listed) -> Json {
    let mut told = listed(one);
    if let (true, Some(told)) = (one.brief, told.as_object_mut()) {
        told.remove("components");
    }
    told
}

/// 24 digits of hex that stand for a name.
fn hex_id(name: &str) -> String {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:024x}")
}

#[derive(Debug, Deserialize)]
struct Paging {
    all: Option<String>,
    limit: Option<usize>,
    page: Option<usize>,
}

async fn templates(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    let world = shared.world();
    // An empty list would say that there are none, and here any may be sent.
    if world.templates.is_empty() {
        return Err(Refusal::not_found());
    }
    let total = world.templates.len();
    let limit = if paging.all.is_some() { total.max(1) } else { paging.limit.unwrap_or(PER_PAGE).max(1) };
    let page = paging.page.unwrap_or(1).max(1);
    let shown: Vec<Json> =
        world.templates.iter().skip((page - 1).saturating_mul(limit)).take(limit).map(in_list).collect();
    let pages = total.div_ceil(limit);
    let pagination = json!({
        "totalResults": total, "totalPages": pages, "currentPage": page, "limit": limit, "hasNextPage": page < pages,
    });
    Ok(success("Templates fetched successfully", &json!({"templates": shown, "pagination": pagination})))
}

#[derive(Debug, Deserialize)]
struct Identified {
    by: Option<String>,
}

async fn template(
    State(shared): Emulated,
    Path(identifier): Path<String>,
    Query(Identified { by }): Query<Identified>,
) -> Answer {
    let world = shared.world();
    let by_id = by.as_deref() == Some("id");
    let wanted = |one: &&Listed| if by_id { hex_id(&one.waba_id) == identifier } else { one.name == identifier };
    let one = world.templates.iter().find(wanted).ok_or_else(Refusal::not_found)?;
    Ok(success("Template fetched successfully", &json!({"template": listed(one)})))
}

#[derive(Debug, Deserialize)]
struct WhichFile {
    id: u64,
}

async fn media(State(shared): Emulated, Query(WhichFile { id }): Query<WhichFile>) -> Answer {
    let world = shared.world();
    let file = world.file(id).ok_or_else(Refusal::not_found)?;
    let told = json!({"mediaId": id.to_string(), "mediaUrl": file.address(&shared.desk()), "mimeType": file.mime});
    Ok(success("Media retrieved successfully", &told))
}
