//! The calls of V1 that a bot makes, as strict as the document is: token, company, form encoding, formats.

use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::{get, post, put};
use axum::{Extension, Json as JsonAnswer, Router};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{NAME, shapes};
use crate::sandbox::Shared;
use crate::sandbox::delivery::deliver;
use crate::sandbox::dialects::Head;
use crate::sandbox::guard::{Fails, Refusal, Seen};
use crate::sandbox::news::News;
use crate::sandbox::uploads::{self, Parts};
use crate::sandbox::world::{Attached, CHANNELS, Job, Outgoing, Template, digits};

/// Messages a page of a list unless asked otherwise, and at most.
const PER_PAGE: usize = 50;
const MOST_PER_PAGE: usize = 100;

type Emulated = State<Shared>;
type Form = Vec<(String, String)>;

fn bad(why: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, why)
}

type Answer = Result<JsonAnswer<Json>, Refusal>;

fn ok(data: &Json) -> JsonAnswer<Json> {
    JsonAnswer(json!({"status": "ok", "data": data}))
}

/// The routes under `/p1`.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/p1/companies", get(companies))
        .route("/p1/companies/{company}", put(update_company))
        .route("/p1/companies/{company}/channels", get(channels))
        .route("/p1/companies/{company}/channels/{channel}/conversations", post(first_message))
        .route("/p1/companies/{company}/channels/{channel}/jobs/{job}", get(job_details))
        .route("/p1/companies/{company}/waba_templates", get(templates))
        .route("/p1/companies/{company}/conversations", get(conversations))
        .route("/p1/companies/{company}/conversations/{id}", get(conversation))
        .route("/p1/companies/{company}/conversations/{id}/messages", get(messages).post(send_message))
        .route("/p1/companies/{company}/conversations/{id}/messages/attachments", post(upload))
        .route("/p1/companies/{company}/conversations/{id}/note", put(note))
        .route("/p1/companies/{company}/conversations/{id}/assign", put(assign))
}

/// Token, company, encoding.
pub(super) fn check(shared: &Shared, head: &Head<'_>) -> Result<(), Refusal> {
    let brought = header_of(head.headers, "x-private-api-token").map(str::to_owned);
    let in_query =
        || form_of(head.query.unwrap_or_default().as_bytes()).into_iter().find(|(key, _)| key == "private_api_token");
    let brought = brought.or_else(|| in_query().map(|(_, value)| value));
    if brought.as_deref() != Some(shared.token().expose_secret()) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "your API key is wrong"));
    }
    let company = head.path.strip_prefix("/p1/companies/").and_then(|rest| rest.split('/').next());
    if company.is_some_and(|company| company != shared.company_id.to_string()) {
        return Err(Refusal::not_found());
    }
    let kind = header_of(head.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let takes_files = head.path.ends_with("/messages/attachments") && kind == "multipart/form-data";
    if head.method != Method::GET && kind != "application/x-www-form-urlencoded" && !takes_files {
        return Err(bad("parameters must be form-encoded"));
    }
    Ok(())
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) fn error(refusal: &Refusal) -> Json {
    json!({"status": "error", "errors": [{"status": refusal.status.as_u16(), "detail": refusal.why}]})
}

pub(super) fn seen(headers: &HeaderMap, body: &[u8]) -> Seen {
    let kind = header_of(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if kind.starts_with("multipart/") { vec![("file".into(), format!("{} bytes", body.len()))] } else { form_of(body) }
}

pub(super) fn is_send(method: &Method, path: &str) -> bool {
    method == Method::POST && (path.ends_with("/messages") || path.ends_with("/conversations"))
}

fn form_of(body: &[u8]) -> Form {
    form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

async fn companies(State(shared): Emulated) -> Answer {
    let company = json!({
        "external_id": shared.company_id, "name": "Sandbox", "phone": null, "description": null, "webhook_url": shared.courier.url_of(NAME),
    });
    Ok(ok(&json!({"companies": [company], "next_page": null})))
}

async fn channels() -> Answer {
    let channels: Vec<_> = CHANNELS.iter().map(|(id, kind)| json!({"external_id": id, "provider": kind})).collect();
    Ok(ok(&json!({"channels": channels, "next_page": null})))
}

#[derive(Debug, Deserialize)]
struct Paging {
    from: Option<String>,
    per: Option<usize>,
    sort_direction: Option<String>,
}

impl Paging {
    /// A page of a list in ascending order, and the token of the next. A token that cannot be read gives the first page.
    fn page<T>(&self, mut all: Vec<T>) -> Result<(Vec<T>, Option<String>), Refusal> {
        let per = self.per.unwrap_or(PER_PAGE);
        if !(1..=MOST_PER_PAGE).contains(&per) {
            return Err(bad("per must be between 1 and 100"));
        }
        match self.sort_direction.as_deref() {
            None | Some("asc") => {}
            Some("desc") => all.reverse(),
            Some(_) => return Err(bad("sort_direction must be asc or desc")),
        }
        let start = self.from.as_deref().and_then(|token| token.strip_prefix("page-")?.parse().ok()).unwrap_or(0);
        let next = (all.len() > start + per).then(|| format!("page-{}", start + per));
        Ok((all.into_iter().skip(start).take(per).collect(), next))
    }
}

async fn conversations(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    let all = shared.world().conversations().map(shapes::conversation).collect();
    let (page, next) = paging.page(all)?;
    Ok(ok(&json!({"conversations": page, "next_page": next})))
}

async fn conversation(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>) -> Answer {
    let world = shared.world();
    let conversation = world.conversation(id).ok_or_else(Refusal::not_found)?;
    Ok(ok(&json!({"conversation": shapes::conversation(conversation)})))
}

/// What is still on its way is not in the list yet.
async fn messages(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, Query(paging): Query<Paging>) -> Answer {
    let desk = shared.desk();
    let world = shared.world();
    let conversation = world.conversation(id).ok_or_else(Refusal::not_found)?;
    let arrived = conversation.messages.iter().filter(|message| message.status.has_arrived());
    let (page, next) = paging.page(arrived.map(|message| shapes::listed(conversation, message, &desk)).collect())?;
    Ok(ok(&json!({"messages": page, "next_page": next})))
}

async fn job_details(State(shared): Emulated, Path((_, channel, job)): Path<(u64, u64, u64)>) -> Answer {
    let world = shared.world();
    let (job, conversation, message) = world.job(job).ok_or_else(Refusal::not_found)?;
    if conversation.channel_id != channel {
        return Err(Refusal::not_found());
    }
    Ok(ok(&shapes::job(shared.company_id, job, conversation, Some(message))))
}

async fn send_message(
    State(shared): Emulated,
    Path((_, id)): Path<(u64, u64)>,
    Extension(Fails(fails)): Extension<Fails>,
    body: Bytes,
) -> Answer {
    let form = form_of(&body);
    let text = field(&form, "message").unwrap_or_default().to_owned();
    let ids = form.iter().filter(|(key, _)| key == "attachments_ids[]");
    let files: Result<Vec<_>, _> = ids.map(|(_, value)| value.parse().map(Attached::Once)).collect();
    let files = files.map_err(|_| bad("attachments_ids must be an Array with attachments ids"))?;
    if text.is_empty() && files.is_empty() {
        return Err(bad("message is empty"));
    }
    let job = deliver(&shared, id, Outgoing { text, files, ..Outgoing::default() }, fails).await?;
    taken(&shared, job)
}

/// The answer to a send: the job as it stood when it was taken on.
fn taken(shared: &Shared, job: Job) -> Answer {
    let world = shared.world();
    let (job, conversation, _) = world.job(job.id).ok_or_else(Refusal::not_found)?;
    Ok(ok(&shapes::job(shared.company_id, job, conversation, None)))
}

/// A file, or the address of one.
async fn upload(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, request: Request) -> Answer {
    let parts = if uploads::is_multipart(&request) {
        uploads::parts(request, "file").await?
    } else {
        let body = Bytes::from_request(request, &()).await.map_err(|_| bad("no body"))?;
        Parts { fields: form_of(&body), file: None }
    };
    let voice = field(&parts.fields, "push_to_talk") == Some("true");
    let file = uploads::one_of(parts.file, field(&parts.fields, "file_url"), voice)?;
    let mut world = shared.world();
    world.conversation(id).ok_or_else(Refusal::not_found)?;
    Ok(ok(&json!({"external_id": world.keep(file)})))
}

/// Webhooks are sent where they were asked for, once a test has been answered 200 there.
async fn update_company(State(shared): Emulated, body: Bytes) -> Answer {
    let form = form_of(&body);
    if let Some(url) = field(&form, "webhook_url") {
        let test = json!({"source": "pact.im", "operation": "test"});
        if shared.courier.try_out(url, &test).await != Some(200) {
            return Err(bad("webhook_url: the response code on the test must be 200"));
        }
        shared.courier.subscribe(NAME, url);
    }
    Ok(JsonAnswer(json!({"status": "updated", "data": {"external_id": shared.company_id}})))
}

async fn templates(State(shared): Emulated, Query(paging): Query<Paging>) -> Answer {
    let company = shared.company_id;
    let listed = shared.world().templates.iter().enumerate().map(|(n, one)| one.listed(company, n)).collect();
    let (page, next) = paging.page(listed)?;
    Ok(ok(&json!({"waba_templates": page, "next_page": next})))
}

async fn first_message(
    State(shared): Emulated,
    Path((_, channel)): Path<(u64, u64)>,
    Extension(Fails(fails)): Extension<Fails>,
    body: Bytes,
) -> Answer {
    let form = form_of(&body);
    let phone = field(&form, "phone").filter(|phone| digits(phone).as_deref() == Some(phone));
    let phone = phone.ok_or(bad("phone must be in format 79250000001"))?;
    let (_, kind) = CHANNELS.iter().find(|(id, _)| *id == channel).ok_or_else(Refusal::not_found)?;
    let what = first_words(&form, kind)?;
    let id = shared.world().with_phone(channel, phone, shared.now()).map_err(|_| Refusal::not_found())?;
    let job = deliver(&shared, id, what, fails).await?;
    taken(&shared, job)
}

/// WhatsApp Business begins with a template, the others with a text.
fn first_words(form: &Form, kind: &str) -> Result<Outgoing, Refusal> {
    if kind != "whatsapp_business" {
        let text = field(form, "message").or_else(|| field(form, "text")).ok_or(bad("message is empty"))?;
        return Ok(Outgoing { text: text.to_owned(), ..Outgoing::default() });
    }
    let needed = |name: &str| field(form, name).filter(|value| !value.is_empty()).map(str::to_owned);
    let id = needed("template[id]").ok_or(bad("template[id] is missing"))?;
    let language = needed("template[language_code]").ok_or(bad("template[language_code] is missing"))?;
    let parameters: Vec<_> =
        form.iter().filter(|(key, _)| key == "template[parameters][]").map(|(_, value)| value.clone()).collect();
    let template = Template { id, language, parameters };
    template.check().map_err(|why| Refusal::new(StatusCode::BAD_REQUEST, why))?;
    Ok(Outgoing { template: Some(template), ..Outgoing::default() })
}

async fn note(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, body: Bytes) -> Answer {
    let form = form_of(&body);
    let note = field(&form, "note").ok_or(bad("note is missing"))?;
    shared.world().set_note(id, note).ok_or_else(Refusal::not_found)?;
    shared.news.tell(News::Conversation { id });
    Ok(JsonAnswer(json!({"status": "updated"})))
}

async fn assign(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, body: Bytes) -> Answer {
    let form = form_of(&body);
    let assignee = match field(&form, "assignee_id").unwrap_or_default() {
        "" => None,
        number => Some(number.parse().map_err(|_| bad("assignee_id must be an integer"))?),
    };
    shared.world().assign(id, assignee, shared.now()).ok_or_else(Refusal::not_found)?;
    shared.news.tell(News::Conversation { id });
    Ok(ok(&json!({"conversation": {"external_id": id}})))
}
