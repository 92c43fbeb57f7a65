//! The calls of V2 that a bot makes, as strict as the document is: token, company, types, limits.

use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::{get, post, put};
use axum::{Extension, Json as JsonAnswer, Router};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::parameters::Parameters;
use super::shapes::House;
use super::{NAME, shapes};
use crate::sandbox::Shared;
use crate::sandbox::delivery::deliver;
use crate::sandbox::dialects::Head;
use crate::sandbox::guard::{Fails, Refusal, Seen};
use crate::sandbox::news::News;
use crate::sandbox::uploads::{self, Parts};
use crate::sandbox::world::{CHANNELS, Job, Outgoing, Template, digits};

type Emulated = State<Shared>;
type Answer = Result<JsonAnswer<Json>, Refusal>;

/// Webhooks that a company may have.
const MOST_WEBHOOKS: usize = 5;
/// Where a first message may be written to.
const FIRST_PROVIDERS: &[&str] = &["whatsapp", "telegram_personal", "whatsapp_business", "vkontakte_direct"];
const SECOND: TimeDelta = TimeDelta::seconds(1);
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// Sends and uploads.
const WRITES: &[(usize, TimeDelta)] = &[(5, SECOND), (30, MINUTE)];

fn invalid(why: &'static str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why)
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/p2/conversations", get(conversations))
        .route("/api/p2/conversations/{id}", get(conversation).put(update_conversation))
        .route("/api/p2/conversations/{id}/messages", get(messages).post(send))
        .route("/api/p2/conversations/{id}/messages/{message}", get(message))
        .route("/api/p2/messages", post(first_message))
        .route("/api/p2/attachments/", post(upload))
        .route("/api/p2/waba_templates", get(templates))
        .route("/api/p2/companies/{company}/webhooks", get(webhooks).post(create_webhook))
        .route("/api/p2/companies/{company}/webhooks/{id}", put(update_webhook).delete(delete_webhook))
}

/// The token in header, body or address; JSON everywhere but in an upload; the company's number, an integer, in the path or the body.
pub(super) fn check(shared: &Shared, head: &Head<'_>) -> Result<(), Refusal> {
    let kind = header_of(head.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let takes_files = head.path == "/api/p2/attachments/" && kind == "multipart/form-data";
    let body: Json = if takes_files { Json::Null } else { serde_json::from_slice(head.body).unwrap_or_default() };
    check_token(shared, head, &body)?;
    let in_path = head.path.strip_prefix("/api/p2/companies/").and_then(|rest| rest.split('/').next());
    if let Some(company) = in_path {
        return if company == shared.company_id.to_string() { Ok(()) } else { Err(Refusal::not_found()) };
    }
    if takes_files || head.path == "/api/p2/waba_templates" {
        return Ok(());
    }
    if kind != "application/json" {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "Content-Type must be application/json"));
    }
    match body.get("company_id").map(Json::as_u64) {
        None => Err(invalid("company_id is missing")),
        Some(None) => Err(invalid("company_id must be an integer")),
        Some(Some(company)) if company == shared.company_id => Ok(()),
        Some(Some(_)) => Err(Refusal::not_found()),
    }
}

fn check_token(shared: &Shared, head: &Head<'_>, body: &Json) -> Result<(), Refusal> {
    let in_query = head.query.and_then(|query| {
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "private_api_token").map(|(_, token)| token)
    });
    let in_header = header_of(head.headers, "x-private-api-token");
    let brought = in_header.or_else(|| body.get("private_api_token")?.as_str()).or(in_query.as_deref());
    match brought {
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "No token provided")),
        Some(token) if token == shared.token().expose_secret() => Ok(()),
        Some(_) => Err(Refusal::new(StatusCode::UNAUTHORIZED, "Your API key is wrong")),
    }
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) fn error(refusal: &Refusal) -> Json {
    let title = refusal.status.canonical_reason().unwrap_or("Error");
    let code = title.to_ascii_lowercase().replace(' ', "_");
    json!({"errors": [{"status": refusal.status.as_u16(), "code": code, "title": title, "detail": refusal.why}]})
}

/// Without the token.
pub(super) fn seen(_headers: &HeaderMap, body: &[u8]) -> Seen {
    let Ok(Json::Object(map)) = serde_json::from_slice(body) else { return Vec::new() };
    let shown = |value: Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.into_iter().filter(|(key, _)| key != "private_api_token").map(|(key, value)| (key, shown(value))).collect()
}

pub(super) fn is_send(method: &Method, path: &str) -> bool {
    method == Method::POST && path.ends_with("/messages")
}

fn limited(shared: &Shared, name: &'static str, bounds: &[(usize, TimeDelta)]) -> Result<(), Refusal> {
    let taken = shared.limits().take(name, bounds, shared.now());
    taken.map_err(|wait| {
        let seconds = wait.num_seconds() + 1;
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, format!("Please wait for {seconds} seconds"))
    })
}

async fn conversations(State(shared): Emulated, body: Bytes) -> Answer {
    limited(&shared, "conversations", &[(10, MINUTE)])?;
    let parameters = Parameters::read(&body, &["page", "per_page"])?;
    let company = shared.company_id;
    let all = shared.world().conversations().map(|one| shapes::conversation(company, one)).collect();
    let (page, meta) = parameters.page(all, 25)?;
    Ok(JsonAnswer(json!({"conversations": page, "meta": meta})))
}

async fn conversation(State(shared): Emulated, Path(id): Path<u64>, body: Bytes) -> Answer {
    limited(&shared, "conversation", &[(10, MINUTE)])?;
    Parameters::read(&body, &[])?;
    shown(&shared, id)
}

fn shown(shared: &Shared, id: u64) -> Answer {
    let world = shared.world();
    let conversation = world.conversation(id).ok_or_else(Refusal::not_found)?;
    Ok(JsonAnswer(json!({"conversation": shapes::conversation(shared.company_id, conversation)})))
}

async fn update_conversation(State(shared): Emulated, Path(id): Path<u64>, body: Bytes) -> Answer {
    let parameters = Parameters::read(&body, &["operational_state", "replied_state", "assignee_id"])?;
    let state = parameters.word("operational_state", &["open", "archived"])?;
    parameters.word("replied_state", &["replied", "unreplied"])?;
    let assignee = parameters.number("assignee_id")?;
    {
        let mut world = shared.world();
        world.conversation(id).ok_or_else(Refusal::not_found)?;
        if parameters.has("assignee_id") {
            world.assign(id, assignee, shared.now()).ok_or_else(Refusal::not_found)?;
        }
        if let Some(state) = state {
            world.archive(id, state == "archived");
        }
    }
    shared.news.tell(News::Conversation { id });
    shown(&shared, id)
}

async fn messages(State(shared): Emulated, Path(id): Path<u64>, body: Bytes) -> Answer {
    limited(&shared, "messages", &[(20, MINUTE)])?;
    let parameters = Parameters::read(&body, &["page", "per_page"])?;
    let (world, desk) = (shared.world(), shared.desk());
    let house = House { company: shared.company_id, desk: &desk };
    let conversation = world.conversation(id).ok_or_else(Refusal::not_found)?;
    let all = conversation.messages.iter().map(|one| shapes::message(house, conversation, one)).collect();
    let (page, meta) = parameters.page(all, 150)?;
    Ok(JsonAnswer(json!({"messages": page, "meta": meta})))
}

async fn message(State(shared): Emulated, Path((id, message)): Path<(u64, u64)>, body: Bytes) -> Answer {
    limited(&shared, "message", &[(20, MINUTE)])?;
    Parameters::read(&body, &[])?;
    let (world, desk) = (shared.world(), shared.desk());
    let house = House { company: shared.company_id, desk: &desk };
    let conversation = world.conversation(id).ok_or_else(Refusal::not_found)?;
    let message = conversation.message(message).ok_or_else(Refusal::not_found)?;
    Ok(JsonAnswer(json!({"message": shapes::message(house, conversation, message)})))
}

async fn send(
    State(shared): Emulated,
    Path(id): Path<u64>,
    Extension(Fails(fails)): Extension<Fails>,
    body: Bytes,
) -> Answer {
    limited(&shared, "sends", WRITES)?;
    let parameters = Parameters::read(&body, &["text", "attachment_ids", "replied_to_id"])?;
    let (text, files) = (parameters.text("text")?.unwrap_or_default(), parameters.files()?);
    if text.is_empty() && files.is_empty() {
        return Err(invalid("text and attachment_ids are empty"));
    }
    let reply_to = parameters.text("replied_to_id")?;
    taken(&shared, deliver(&shared, id, Outgoing { text, files, reply_to, ..Outgoing::default() }, fails).await?)
}

/// The answer to a send: it has no id of the messenger's yet.
fn taken(shared: &Shared, job: Job) -> Answer {
    let (world, desk) = (shared.world(), shared.desk());
    let house = House { company: shared.company_id, desk: &desk };
    let (_, conversation, message) = world.job(job.id).ok_or_else(Refusal::not_found)?;
    Ok(JsonAnswer(json!({"message": shapes::sent(house, conversation, message)})))
}

async fn first_message(State(shared): Emulated, Extension(Fails(fails)): Extension<Fails>, body: Bytes) -> Answer {
    limited(&shared, "first messages", WRITES)?;
    let known = [
        "provider",
        "phone",
        "nickname",
        "vkontakte_id",
        "vkontakte_domain",
        "text",
        "attachment_ids",
        "waba_id",
        "substitutions",
    ];
    let parameters = Parameters::read(&body, &known)?;
    let provider = parameters.word("provider", FIRST_PROVIDERS)?.ok_or(invalid("provider is missing"))?;
    let phone = parameters.needed_text("phone")?;
    let phone = digits(&phone).filter(|digits| *digits == phone).ok_or(invalid("phone must be digits"))?;
    let what = first_words(&parameters, &provider)?;
    let (channel, _) = CHANNELS.iter().find(|(_, kind)| *kind == provider).ok_or_else(Refusal::not_found)?;
    let id = shared.world().with_phone(*channel, &phone, shared.now()).map_err(|_| Refusal::not_found())?;
    taken(&shared, deliver(&shared, id, what, fails).await?)
}

/// WhatsApp Business begins with a template, the others with a text or a file.
fn first_words(parameters: &Parameters, provider: &str) -> Result<Outgoing, Refusal> {
    let files = parameters.files()?;
    if provider == "whatsapp_business" {
        let (id, values) = (parameters.needed_text("waba_id")?, parameters.texts("substitutions")?);
        let template = Template { id, language: String::new(), parameters: values };
        template.check().map_err(invalid)?;
        return Ok(Outgoing { files, template: Some(template), ..Outgoing::default() });
    }
    let text = parameters.text("text")?.unwrap_or_default();
    if text.is_empty() && files.is_empty() {
        return Err(invalid("text and attachment_ids are empty"));
    }
    Ok(Outgoing { text, files, ..Outgoing::default() })
}

async fn upload(State(shared): Emulated, request: Request) -> Answer {
    limited(&shared, "attachments", WRITES)?;
    let (parts, url, voice) = if uploads::is_multipart(&request) {
        let parts = uploads::parts(request, "file").await?;
        let field = |name: &str| parts.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        if field("company_id") != Some(shared.company_id.to_string()) {
            return Err(invalid("company_id is missing"));
        }
        let voice = field("metadata[push_to_talk]").as_deref() == Some("true");
        (parts, None, voice)
    } else {
        let body = Bytes::from_request(request, &()).await.map_err(|_| invalid("no body"))?;
        let parameters = Parameters::read(&body, &["file_url", "metadata"])?;
        let voice = parameters.get("metadata").and_then(|metadata| metadata.get("push_to_talk")?.as_bool());
        (Parts::default(), parameters.text("file_url")?, voice.unwrap_or_default())
    };
    let file = uploads::one_of(parts.file, url.as_deref(), voice)?;
    let (mut world, desk) = (shared.world(), shared.desk());
    let id = world.keep(file);
    let file = world.file(id).ok_or_else(Refusal::not_found)?;
    Ok(JsonAnswer(json!({"attachment": shapes::file(file, None, &desk)})))
}

async fn templates(State(shared): Emulated, body: Bytes) -> Answer {
    limited(&shared, "templates", &[(20, MINUTE)])?;
    let parameters = Parameters::read(&body, &["company_ids", "sort", "page", "per_page"])?;
    let companies = parameters.numbers("company_ids")?;
    let company = shared.company_id;
    let listed =
        shared.world().templates.iter().enumerate().map(|(n, one)| shapes::template(company, n, one)).collect();
    let all = if companies.is_empty() || companies.contains(&company) { listed } else { Vec::new() };
    let (page, meta) = parameters.page(all, 25)?;
    Ok(JsonAnswer(json!({"waba_templates": page, "meta": meta})))
}

fn webhook(id: u64, url: &str, active: bool) -> Json {
    json!({"id": id, "url": url, "active": active})
}

async fn webhooks(State(shared): Emulated) -> Answer {
    let mine = shared.courier.subscriptions().into_iter().filter(|one| one.dialect.name == NAME);
    let all: Vec<_> = mine.map(|one| webhook(one.id, &one.url, one.active)).collect();
    Ok(JsonAnswer(json!({"webhooks": all})))
}

/// Created inactive.
async fn create_webhook(State(shared): Emulated, body: Bytes) -> Answer {
    let url = Parameters::read(&body, &["url"])?.needed_text("url")?;
    let there = shared.courier.subscriptions().iter().filter(|one| one.dialect.name == NAME).count();
    if there >= MOST_WEBHOOKS {
        return Err(invalid("a company has 5 webhooks at most"));
    }
    let id = shared.courier.add(NAME, &url, false).ok_or(invalid("too many webhooks"))?;
    Ok(JsonAnswer(json!({"webhook": webhook(id, &url, false)})))
}

async fn update_webhook(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, body: Bytes) -> Answer {
    let parameters = Parameters::read(&body, &["url", "active"])?;
    let url = parameters.needed_text("url")?;
    let active = parameters.flag("active")?.unwrap_or_default();
    if !shared.courier.change(NAME, id, Some((url.clone(), active))) {
        return Err(Refusal::not_found());
    }
    Ok(JsonAnswer(json!({"webhook": webhook(id, &url, active)})))
}

async fn delete_webhook(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>) -> Answer {
    if shared.courier.change(NAME, id, None) { Ok(JsonAnswer(json!({}))) } else { Err(Refusal::not_found()) }
}
