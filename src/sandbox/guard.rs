//! What every call of a dialect meets: the log, the faults, the dialect's own check; and how it is refused.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::Shared;
use super::dialects::{Dialect, Head};
use super::news::News;
use crate::config::Fault;

/// Largest body of a call: a picture or a short film.
const LARGEST_BODY: usize = 20 << 20;

/// The parameters of a call, as the log shows them.
pub(super) type Seen = Vec<(String, String)>;

/// Why the delivery of this very call is to fail.
#[derive(Clone, Debug)]
pub(super) struct Fails(pub(super) Option<String>);

/// A call that is refused. The dialect says it in its provider's words.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) why: String,
    pub(super) retry_after: Option<u64>,
    /// Meta's number of the error, where it has one.
    pub(super) code: Option<u32>,
    /// It stands in the body alone: the status is 200.
    pub(super) inside: bool,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), retry_after: None, code: None, inside: false }
    }

    /// Refused with one of Meta's numbers.
    pub(super) fn coded(code: u32, why: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(StatusCode::BAD_REQUEST, why) }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "the specified resource could not be found")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The routes of a dialect behind its guard.
pub(super) fn guarded(dialect: &'static Dialect, shared: &Shared) -> Router<Shared> {
    let guard = middleware::from_fn_with_state((shared.clone(), dialect), guard);
    (dialect.routes)().layer(DefaultBodyLimit::disable()).layer(guard)
}

async fn guard(State((shared, dialect)): State<(Shared, &'static Dialect)>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return worded(dialect, Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too large").into_response());
    };
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let form = (dialect.seen)(&parts.headers, &body);
    let is_send = (dialect.is_send)(&method, &path);
    let head = Head { method: &method, path: &path, query: parts.uri.query(), headers: &parts.headers, body: &body };
    let checked = (dialect.check)(&shared, &head);
    let fault = if checked.is_ok() { shared.faults().take(is_send) } else { None };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Fails(match &fault {
        Some(Fault::NotDelivered(reason)) => Some(reason.clone()),
        _ => None,
    }));
    let (answer, is_faulty) = (answer(fault.as_ref(), checked, request, next).await, fault.is_some());
    let answer = worded(dialect, answer);
    let status = (!is_broken(fault.as_ref())).then(|| answer.status().as_u16());
    shared.calls_made(is_send);
    shared.news.tell(News::Call { method: method.to_string(), path, form, status, fault: is_faulty });
    answer
}

/// A refusal gets the body that the provider would give it.
fn worded(dialect: &Dialect, mut answer: Response) -> Response {
    let Some(refusal) = answer.extensions_mut().remove::<Refusal>() else { return answer };
    let status = if refusal.inside { StatusCode::OK } else { refusal.status };
    let mut answer = (status, axum::Json((dialect.error)(&refusal))).into_response();
    if let Some(seconds) = refusal.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

async fn answer(fault: Option<&Fault>, checked: Result<(), Refusal>, request: Request, next: Next) -> Response {
    match fault {
        Some(Fault::Status { code, retry_after }) => return faulty(*code, *retry_after),
        Some(Fault::Inside(code)) => return inside(*code),
        Some(Fault::BreakBefore) => return broken(),
        Some(Fault::Slow(delay)) => tokio::time::sleep(*delay).await,
        _ => {}
    }
    let answer = match checked {
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

fn inside(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Refusal { inside: true, ..Refusal::new(status, "as asked for") }.into_response()
}

fn faulty(code: u16, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Refusal { retry_after, ..Refusal::new(status, "as asked for") }.into_response()
}

/// A body that fails at once: the connection is closed before a byte of the answer leaves.
fn broken() -> Response {
    let failure = std::future::ready(Err::<Bytes, _>(std::io::Error::other("broken as asked for")));
    Response::new(Body::from_stream(stream::once(failure)))
}

/// How long an echo that goes before the answer may hold the answer up.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(5);
