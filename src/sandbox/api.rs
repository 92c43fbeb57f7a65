//! The calls of V1 that a bot makes, as strict as the document is: token, company, form encoding, formats.

use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json as JsonAnswer, Router};
use chrono::Utc;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::faults::Fault;
use super::news::News;
use super::world::{CHANNELS, Job, Outgoing, Template, digits};
use super::{Echo, Shared, shapes};

/// Largest body of a call.
const LARGEST_BODY: usize = 1 << 20;
/// How long an echo that goes before the answer may hold the answer up.
const LONGEST_HOLD: Duration = Duration::from_secs(5);
/// Messages a page of a list unless asked otherwise, and at most.
const PER_PAGE: usize = 50;
const MOST_PER_PAGE: usize = 100;

type Emulated = State<Shared>;
type Form = Vec<(String, String)>;

/// Why the job of this very call is to fail.
#[derive(Clone, Debug)]
struct Fails(Option<String>);

/// An error as Pact answers it.
#[derive(Debug)]
struct Refusal(StatusCode, &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, JsonAnswer(json!({"status": "error", "errors": [{"status": self.0.as_u16(), "detail": self.1}]})))
            .into_response()
    }
}

const NOT_FOUND: Refusal = Refusal(StatusCode::NOT_FOUND, "the specified resource could not be found");

fn bad(why: &'static str) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, why)
}

type Answer = Result<JsonAnswer<Json>, Refusal>;

fn ok(data: &Json) -> JsonAnswer<Json> {
    JsonAnswer(json!({"status": "ok", "data": data}))
}

/// The routes under `/p1`.
pub(super) fn router(shared: Shared) -> Router<Shared> {
    Router::new()
        .route("/p1/companies", get(companies))
        .route("/p1/companies/{company}/channels", get(channels))
        .route("/p1/companies/{company}/channels/{channel}/conversations", post(first_message))
        .route("/p1/companies/{company}/channels/{channel}/jobs/{job}", get(job_details))
        .route("/p1/companies/{company}/conversations", get(conversations))
        .route("/p1/companies/{company}/conversations/{id}", get(conversation))
        .route("/p1/companies/{company}/conversations/{id}/messages", get(messages).post(send_message))
        .route("/p1/companies/{company}/conversations/{id}/note", put(note))
        .route("/p1/companies/{company}/conversations/{id}/assign", put(assign))
        .layer(middleware::from_fn_with_state(shared, guard))
}

/// What every call meets: the log, the faults, the token, the company, the encoding.
async fn guard(State(shared): Emulated, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return Refusal(StatusCode::PAYLOAD_TOO_LARGE, "too large").into_response();
    };
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let form = form_of(&body);
    let is_send = method == Method::POST && (path.ends_with("/messages") || path.ends_with("/conversations"));
    let refused = check(&shared, &parts.method, parts.uri.query(), &parts.headers, &path);
    let fault = if refused.is_ok() { shared.faults().take(is_send) } else { None };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Fails(match &fault {
        Some(Fault::NotDelivered(reason)) => Some(reason.clone()),
        _ => None,
    }));
    let (answer, is_faulty) = (answer(fault.as_ref(), refused, request, next).await, fault.is_some());
    let status = (!is_broken(fault.as_ref())).then(|| answer.status().as_u16());
    shared.calls_made(is_send);
    shared.news.tell(News::Call { method: method.to_string(), path, form, status, fault: is_faulty });
    answer
}

fn check(
    shared: &Shared,
    method: &Method,
    query: Option<&str>,
    headers: &HeaderMap,
    path: &str,
) -> Result<(), Refusal> {
    let brought = headers.get("x-private-api-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let in_query =
        || form_of(query.unwrap_or_default().as_bytes()).into_iter().find(|(key, _)| key == "private_api_token");
    let brought = brought.or_else(|| in_query().map(|(_, value)| value));
    if brought.as_deref() != Some(shared.token().expose_secret()) {
        return Err(Refusal(StatusCode::UNAUTHORIZED, "your API key is wrong"));
    }
    let company = path.strip_prefix("/p1/companies/").and_then(|rest| rest.split('/').next());
    if company.is_some_and(|company| company != shared.company_id.to_string()) {
        return Err(NOT_FOUND);
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = content_type.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded");
    if method != Method::GET && !is_form {
        return Err(bad("parameters must be form-encoded"));
    }
    Ok(())
}

async fn answer(fault: Option<&Fault>, refused: Result<(), Refusal>, request: Request, next: Next) -> Response {
    match fault {
        Some(Fault::Status { code, retry_after }) => return faulty(*code, *retry_after),
        Some(Fault::BreakBefore) => return broken(),
        Some(Fault::Slow(delay)) => tokio::time::sleep(*delay).await,
        _ => {}
    }
    let answer = match refused {
        Ok(()) => next.run(request).await,
        Err(refusal) => return refusal.into_response(),
    };
    match fault {
        Some(Fault::StatusAfter(code)) => faulty(*code, None),
        Some(Fault::BreakAfter) => broken(),
        Some(Fault::Garbage) => "<html>a page that is no answer</html>".into_response(),
        Some(Fault::SlowAfter(delay)) => {
            tokio::time::sleep(*delay).await;
            answer
        }
        _ => answer,
    }
}

fn is_broken(fault: Option<&Fault>) -> bool {
    matches!(fault, Some(Fault::BreakBefore | Fault::BreakAfter))
}

fn faulty(code: u16, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = Refusal(status, "as asked for").into_response();
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// A body that fails at once: the connection is closed before a byte of the answer leaves.
fn broken() -> Response {
    let failure = std::future::ready(Err::<Bytes, _>(std::io::Error::other("broken as asked for")));
    Response::new(Body::from_stream(futures_util::stream::once(failure)))
}

fn form_of(body: &[u8]) -> Form {
    form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

async fn companies(State(shared): Emulated) -> Answer {
    let company = json!({
        "external_id": shared.company_id, "name": "Sandbox", "phone": null, "description": null, "webhook_url": null,
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
    let conversation = world.conversation(id).ok_or(NOT_FOUND)?;
    Ok(ok(&json!({"conversation": shapes::conversation(conversation)})))
}

/// What is still on its way is not in the list yet.
async fn messages(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, Query(paging): Query<Paging>) -> Answer {
    let world = shared.world();
    let conversation = world.conversation(id).ok_or(NOT_FOUND)?;
    let arrived = conversation.messages.iter().filter(|message| message.status == super::world::Status::Delivered);
    let (page, next) = paging.page(arrived.map(|message| shapes::listed(conversation, message)).collect())?;
    Ok(ok(&json!({"messages": page, "next_page": next})))
}

async fn job_details(State(shared): Emulated, Path((_, channel, job)): Path<(u64, u64, u64)>) -> Answer {
    let world = shared.world();
    let (job, conversation, message) = world.job(job).ok_or(NOT_FOUND)?;
    if conversation.channel_id != channel {
        return Err(NOT_FOUND);
    }
    Ok(ok(&shapes::job(shared.company_id, job, conversation, message)))
}

async fn send_message(
    State(shared): Emulated,
    Path((_, id)): Path<(u64, u64)>,
    Extension(Fails(fails)): Extension<Fails>,
    body: Bytes,
) -> Answer {
    let form = form_of(&body);
    let text = field(&form, "message").filter(|text| !text.is_empty()).ok_or(bad("message is empty"))?;
    let job = shared.world().send(id, Outgoing::Text(text.to_owned()), fails, Utc::now()).ok_or(NOT_FOUND)?;
    deliver(&shared, job).await
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
    let (_, kind) = CHANNELS.iter().find(|(id, _)| *id == channel).ok_or(NOT_FOUND)?;
    let what = first_words(&form, kind)?;
    let now = Utc::now();
    let id = shared.world().with_phone(channel, phone, now).map_err(|_| NOT_FOUND)?;
    let job = shared.world().send(id, what, fails, now).ok_or(NOT_FOUND)?;
    deliver(&shared, job).await
}

/// WhatsApp Business begins with a template, the others with a text.
fn first_words(form: &Form, kind: &str) -> Result<Outgoing, Refusal> {
    if kind != "whatsapp_business" {
        let text = field(form, "message").or_else(|| field(form, "text")).ok_or(bad("message is empty"))?;
        return Ok(Outgoing::Text(text.to_owned()));
    }
    let needed = |name: &str| field(form, name).filter(|value| !value.is_empty()).map(str::to_owned);
    let id = needed("template[id]").ok_or(bad("template[id] is missing"))?;
    let language = needed("template[language_code]").ok_or(bad("template[language_code] is missing"))?;
    let parameters: Vec<_> =
        form.iter().filter(|(key, _)| key == "template[parameters][]").map(|(_, value)| value.clone()).collect();
    // Meta refuses these with 132000 and 132012.
    if parameters.iter().any(|value| value.trim().is_empty() || value.contains(['\n', '\t']) || value.contains("    "))
    {
        return Err(bad("132012: a parameter is empty or holds line breaks"));
    }
    Ok(Outgoing::Template(Template { id, language, parameters }))
}

/// Answer with the job, and have it executed: before the answer, after it, or with nobody told.
async fn deliver(shared: &Shared, job: Job) -> Answer {
    let answer = {
        let world = shared.world();
        let (job, conversation, message) = world.job(job.id).ok_or(NOT_FOUND)?;
        shapes::job(shared.company_id, job, conversation, message)
    };
    shared.news.tell(News::Conversation { id: job.conversation });
    let settings = shared.settings();
    if settings.echo == Echo::Before {
        let told = execute(shared, job, settings.echo);
        let all = async {
            for one in told {
                drop(one.await);
            }
        };
        drop(tokio::time::timeout(LONGEST_HOLD, all).await);
    } else {
        let shared = shared.clone();
        tokio::spawn(async move {
            tokio::time::sleep(settings.delivery_after).await;
            drop(execute(&shared, job, settings.echo));
        });
    }
    Ok(ok(&answer))
}

/// `echo` is the setting of the moment in which the job was taken on: a later one is for later jobs.
fn execute(shared: &Shared, job: Job, echo: Echo) -> Vec<tokio::sync::oneshot::Receiver<Option<u16>>> {
    let webhooks = shared.world().execute(job.id);
    shared.news.tell(News::Conversation { id: job.conversation });
    if echo == Echo::Never { Vec::new() } else { shared.courier.send(job.conversation, webhooks) }
}

async fn note(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, body: Bytes) -> Answer {
    let form = form_of(&body);
    let note = field(&form, "note").ok_or(bad("note is missing"))?;
    shared.world().set_note(id, note).ok_or(NOT_FOUND)?;
    shared.news.tell(News::Conversation { id });
    Ok(JsonAnswer(json!({"status": "updated"})))
}

async fn assign(State(shared): Emulated, Path((_, id)): Path<(u64, u64)>, body: Bytes) -> Answer {
    let form = form_of(&body);
    let assignee = match field(&form, "assignee_id").unwrap_or_default() {
        "" => None,
        number => Some(number.parse().map_err(|_| bad("assignee_id must be an integer"))?),
    };
    shared.world().assign(id, assignee, Utc::now()).ok_or(NOT_FOUND)?;
    shared.news.tell(News::Conversation { id });
    Ok(ok(&json!({"conversation": {"external_id": id}})))
}
