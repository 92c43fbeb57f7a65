//! The calls of the Cloud API that a bot makes, as strict as Meta is: token, version, types, lengths, rates.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::{get, post};
use axum::{Extension, Json as JsonAnswer, Router};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{NAME, media};
use crate::sandbox::Shared;
use crate::sandbox::delivery::deliver;
use crate::sandbox::dialects::Head;
use crate::sandbox::dialects::meta::{self, business};
use crate::sandbox::dialects::strict::{Fields, invalid};
use crate::sandbox::guard::{Fails, Refusal, Seen};
use crate::sandbox::world::{CHANNELS, Listed, Outgoing, digits};

pub(super) type Emulated = State<Shared>;
pub(super) type Answer = Result<JsonAnswer<Json>, Refusal>;

/// Messages a second of a number, and to one contact: one in 6 s, of which 45 may be borrowed.
const OF_NUMBER: &[(usize, TimeDelta)] = &[(80, TimeDelta::seconds(1))];
const OF_PAIR: &[(usize, TimeDelta)] = &[(45, TimeDelta::seconds(270))];
/// Characters of what is given back with the statuses.
const GIVEN_BACK: usize = 512;
/// Characters of ids.
const ID: usize = 200;
/// Templates a page.
const PER_PAGE: usize = 25;
/// The word that a webhook is asked to give back.
const CHALLENGE: &str = "1158201444";

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/{version}/debug_token", get(debug_token))
        .route("/{version}/{node}", get(node).delete(media::delete))
        .route("/{version}/{node}/messages", post(send))
        .route("/{version}/{node}/media", post(media::upload))
        .route("/{version}/{node}/message_templates", get(templates))
        .route("/{version}/{node}/subscribed_apps", get(subscribed).post(subscribe).delete(unsubscribe))
}

/// The token, the version in the path, JSON where there is a body.
pub(super) fn check(shared: &Shared, head: &Head<'_>) -> Result<(), Refusal> {
    let brought = header_of(head.headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    if brought != Some(shared.token().expose_secret()) {
        let why = "Invalid OAuth access token - Cannot parse access token";
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, ..Refusal::coded(190, why) });
    }
    let version = head.path.split('/').nth(1).and_then(|version| version.strip_prefix('v')).unwrap_or_default();
    if version.split('.').count() != 2 || version.split('.').any(|part| part.parse::<u16>().is_err()) {
        return Err(Refusal::coded(2635, "the path must begin with a version like v23.0"));
    }
    let kind = header_of(head.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let wanted = if head.path.ends_with("/media") { "multipart/form-data" } else { "application/json" };
    if head.method == Method::POST && kind != wanted {
        return Err(invalid(format!("Content-Type must be {wanted}")));
    }
    Ok(())
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Meta's number of an error that has none of its own.
fn usual_code(status: StatusCode) -> u32 {
    match status.as_u16() {
        401 => 190,
        403 => 10,
        429 => 130_429,
        503 => 2,
        500..=599 => 131_000,
        _ => 100,
    }
}

pub(super) fn error(refusal: &Refusal) -> Json {
    let code = refusal.code.unwrap_or_else(|| usual_code(refusal.status));
    json!({"error": {
        "message": format!("(#{code}) {}", refusal.why), "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": refusal.why}, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
    }})
}

pub(super) fn seen(_headers: &HeaderMap, body: &[u8]) -> Seen {
    let Ok(Json::Object(map)) = serde_json::from_slice(body) else { return Vec::new() };
    let shown = |value: Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.into_iter()
        .filter(|(key, _)| key != "messaging_product" && key != "verify_token")
        .map(|(key, value)| (key, shown(value)))
        .collect()
}

pub(super) fn is_send(method: &Method, path: &str) -> bool {
    method == Method::POST && path.ends_with("/messages")
}

/// Only the number of this account may send.
pub(super) fn our_number(shared: &Shared, node: &str) -> Result<(), Refusal> {
    if node == shared.company_id.to_string() { Ok(()) } else { Err(unknown(node)) }
}

fn our_business(shared: &Shared, node: &str) -> Result<(), Refusal> {
    if node == business(shared.company_id).to_string() { Ok(()) } else { Err(unknown(node)) }
}

pub(super) fn unknown(node: &str) -> Refusal {
    invalid(format!("Unsupported request. Object with ID '{node}' does not exist or cannot be loaded"))
}

fn limited(shared: &Shared, to: &str) -> Result<(), Refusal> {
    let mut limits = shared.limits();
    let refused = |code, why: &str| Refusal { status: StatusCode::TOO_MANY_REQUESTS, ..Refusal::coded(code, why) };
    limits
        .take("number", OF_NUMBER, shared.now())
        .map_err(|_| refused(130_429, "Cloud API message throughput has been reached"))?;
    limits
        .take(&format!("pair {to}"), OF_PAIR, shared.now())
        .map_err(|_| Refusal::coded(131_056, "too many messages to this phone number in a short time"))
}

/// The fields of any message, beside the object of its type.
const CALL: &[&str] = &[
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
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
    Path((_, node)): Path<(String, String)>,
    Extension(Fails(fails)): Extension<Fails>,
    body: Bytes,
) -> Answer {
    our_number(&shared, &node)?;
    let json: Json = serde_json::from_slice(&body).map_err(|why| invalid(format!("the body is no JSON: {why}")))?;
    let call = Fields::of(&json)?;
    if call.word("messaging_product", &["whatsapp"])?.is_none() {
        return Err(call.missing("messaging_product"));
    }
    if call.has("status") {
        return seen_mark(&shared, &call);
    }
    call.closed(CALL)?;
    let to = recipient(&call)?;
    limited(&shared, &to)?;
    let meta::Message { what, kind } = meta::message(&shared, &call)?;
    let reply_to = match call.object("context")? {
        Some(context) => Some(context.needed("message_id", ID)?.to_owned()),
        None => None,
    };
    let given_back = call.text("biz_opaque_callback_data", GIVEN_BACK)?.map(str::to_owned);
    let (channel, _) = CHANNELS.first().copied().ok_or_else(Refusal::not_found)?;
    let id = shared.world().with_phone(channel, &to, shared.now()).map_err(invalid)?;
    let job = deliver(&shared, id, Outgoing { reply_to, given_back, ..what }, fails).await?;
    let world = shared.world();
    let (_, _, message) = world.job(job.id).ok_or_else(Refusal::not_found)?;
    let mut told = json!({"id": message.external_id()});
    if kind == "template" {
        told["message_status"] = json!("accepted");
    }
    Ok(JsonAnswer(json!({
        "messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}], "messages": [told],
    })))
}

/// To a person by their phone. Groups and people without a phone are not in this world.
fn recipient(call: &Fields<'_>) -> Result<String, Refusal> {
    call.word("recipient_type", &["individual"])?;
    let to = call.needed("to", ID)?;
    digits(to).ok_or_else(|| invalid("to must be a phone number with its country's code"))
}

/// A customer's message is marked as read, and perhaps the bot types.
fn seen_mark(shared: &Shared, call: &Fields<'_>) -> Answer {
    call.closed(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    call.word("status", &["read"])?;
    let id = call.needed("message_id", ID)?;
    if let Some(typing) = call.object("typing_indicator")?
        && typing.word("type", &["text"])?.is_none()
    {
        return Err(typing.missing("type"));
    }
    let world = shared.world();
    let known = world.conversations().any(|one| one.messages.iter().any(|message| message.external_id() == id));
    if known { Ok(JsonAnswer(json!({"success": true}))) } else { Err(invalid(format!("there is no message {id}"))) }
}

/// The number, or a file.
async fn node(State(shared): Emulated, Path((_, node)): Path<(String, String)>) -> Answer {
    if our_number(&shared, &node).is_ok() {
        return Ok(JsonAnswer(json!({
            "display_phone_number": "+1 555-000-1111", "verified_name": "Sandbox", "quality_rating": "GREEN", "id": node,
        })));
    }
    media::found(&shared, &node)
}

#[derive(Debug, Deserialize)]
struct Inspected {
    input_token: Option<String>,
}

/// What a token may do. The one that there is may do all, for ever.
async fn debug_token(State(shared): Emulated, Query(query): Query<Inspected>) -> Answer {
    let token = query.input_token.ok_or_else(|| Refusal::coded(100, "(#100) The parameter input_token is required"))?;
    if token != shared.token().expose_secret() {
        return Err(Refusal::coded(190, "The access token could not be decrypted"));
    }
    let scopes = ["whatsapp_business_management", "whatsapp_business_messaging"];
    Ok(JsonAnswer(
        json!({"data": {"app_id": "1", "type": "SYSTEM_USER", "is_valid": true, "expires_at": 0, "scopes": scopes}}),
    ))
}

#[derive(Debug, Deserialize)]
struct Paging {
    limit: Option<usize>,
    after: Option<String>,
}

fn listed(template: &Listed) -> Json {
    json!({
        "id": template.waba_id, "name": template.name, "language": template.language, "status": template.status,
        "category": template.category, "parameter_format": "POSITIONAL", "components": template.components(),
    })
}

async fn templates(
    State(shared): Emulated,
    Path((_, node)): Path<(String, String)>,
    Query(paging): Query<Paging>,
) -> Answer {
    our_business(&shared, &node)?;
    let start = paging.after.and_then(|after| after.parse::<usize>().ok()).unwrap_or_default();
    let limit = paging.limit.unwrap_or(PER_PAGE).clamp(1, 100);
    let world = shared.world();
    // An empty list would say that there are none, and here any may be sent.
    if world.templates.is_empty() {
        return Err(Refusal::coded(
            200,
            "no templates were given to the sandbox: any may be sent, and none can be listed",
        ));
    }
    let page: Vec<Json> = world.templates.iter().skip(start).take(limit).map(listed).collect();
    let mut told = json!({"data": page});
    if world.templates.len() > start + limit {
        let (after, next) = ((start + limit).to_string(), format!("{}/{node}/message_templates", shared.api()));
        told["paging"] = json!({"cursors": {"before": start.to_string(), "after": after}, "next": next});
    }
    Ok(JsonAnswer(told))
}

async fn subscribed(State(shared): Emulated, Path((_, node)): Path<(String, String)>) -> Answer {
    our_business(&shared, &node)?;
    let apps = shared
        .courier
        .url_of(NAME)
        .map(|url| json!({"whatsapp_business_api_data": {"id": "1", "name": "Sandbox"}, "override_callback_uri": url}));
    Ok(JsonAnswer(json!({"data": apps.into_iter().collect::<Vec<_>>()})))
}

/// Webhooks go to an address once it has given the challenge back.
async fn subscribe(State(shared): Emulated, Path((_, node)): Path<(String, String)>, body: Bytes) -> Answer {
    our_business(&shared, &node)?;
    let json: Json = serde_json::from_slice(&body).map_err(|why| invalid(format!("the body is no JSON: {why}")))?;
    let call = Fields::of(&json)?;
    call.closed(&["override_callback_uri", "verify_token"])?;
    let url = call.link("override_callback_uri")?.ok_or_else(|| call.missing("override_callback_uri"))?;
    let word: String = form_urlencoded::byte_serialize(call.needed("verify_token", ID)?.as_bytes()).collect();
    let shake = format!("{url}?hub.mode=subscribe&hub.verify_token={word}&hub.challenge={CHALLENGE}");
    if shared.courier.read(&shake).await.as_deref() != Some(CHALLENGE) {
        return Err(Refusal::coded(2_200, "(#2200) Callback verification failed: the challenge was not given back"));
    }
    shared.courier.subscribe(NAME, url);
    Ok(JsonAnswer(json!({"success": true})))
}

async fn unsubscribe(State(shared): Emulated, Path((_, node)): Path<(String, String)>) -> Answer {
    our_business(&shared, &node)?;
    for one in shared.courier.subscriptions().iter().filter(|one| one.dialect.name == NAME) {
        shared.courier.change(NAME, one.id, None);
    }
    Ok(JsonAnswer(json!({"success": true})))
}
