//! `/webhooks/ACCOUNT`: what is refused, and in which order: unknown account 404, secret 401, size 413, then the intake.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::EXPECT;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use crate::domain::{Intake, WebhookAnswer, WebhookRequest};

/// The largest body taken. Providers send some kB; a batch of messages stays far below.
pub const MAX_BODY: usize = 1 << 20;
/// How much of a refused body is read and thrown away, so that the sender reads our answer instead of a broken connection.
const MAX_DRAINED: usize = 4 << 20;
/// How long a body may take: a whole one at 100 kB/s, and a stranger's slow one holds a connection no longer.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Strangers' attempts are logged once in so long: they must not be able to fill a disk.
const WARN_EVERY: Duration = Duration::from_secs(1);

/// Where webhooks go.
pub(super) struct Door {
    intake: Arc<dyn Intake>,
    warned: Mutex<Option<Instant>>,
}

impl Door {
    pub(super) fn new(intake: Arc<dyn Intake>) -> Self {
        Self { intake, warned: Mutex::new(None) }
    }

    fn refuse_by_head(&self, account: &str, head: &WebhookRequest) -> Option<WebhookAnswer> {
        if !self.intake.knows(account) {
            return Some(refusal(404, "no such account"));
        }
        if !self.intake.admits(account, head) {
            if self.may_warn() {
                tracing::warn!(account, "webhook refused: its secret is missing or wrong");
            }
            return Some(refusal(401, "the secret is missing or wrong"));
        }
        None
    }

    fn may_warn(&self) -> bool {
        let Ok(mut warned) = self.warned.lock() else { return false };
        let may = warned.is_none_or(|at| at.elapsed() >= WARN_EVERY);
        if may {
            *warned = Some(Instant::now());
        }
        may
    }
}

/// Handle one webhook.
pub(super) async fn take(State(door): State<Arc<Door>>, Path(account): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = answer(&door, &account, &parts, body).await;
    // The path and the query stay out of the log: the query may hold the secret.
    tracing::debug!(account, status = answer.status, "webhook answered");
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, answer.body).into_response()
}

async fn answer(door: &Door, account: &str, parts: &Parts, body: Body) -> WebhookAnswer {
    let mut request = head(parts);
    if let Some(refused) = door.refuse_by_head(account, &request) {
        // Who expects a `100 Continue` has sent nothing yet and need not.
        if !parts.headers.contains_key(EXPECT) {
            drain(body).await;
        }
        return refused;
    }
    match read(body).await {
        Ok(bytes) => {
            request.body = bytes;
            door.intake.webhook(account, request).await
        }
        Err(refused) => refused,
    }
}

fn refusal(status: u16, why: &str) -> WebhookAnswer {
    WebhookAnswer { status, body: format!("{why}\n") }
}

/// The request without its body. Header names come in lower case already.
fn head(parts: &Parts) -> WebhookRequest {
    let value = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    WebhookRequest {
        method: parts.method.to_string(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, v)| (name.to_string(), value(v.as_bytes()))).collect(),
        body: Vec::new(),
    }
}

async fn read(body: Body) -> Result<Vec<u8>, WebhookAnswer> {
    match tokio::time::timeout(BODY_WITHIN, collect(body)).await {
        Ok(read) => read,
        Err(_) => Err(refusal(408, "the body took too long")),
    }
}

async fn collect(mut body: Body) -> Result<Vec<u8>, WebhookAnswer> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(refusal(400, "the body broke off")) };
        let Some(part) = frame.data_ref() else { continue };
        if bytes.len() + part.len() > MAX_BODY {
            drain_now(body).await;
            return Err(refusal(413, "the body is larger than 1 MiB"));
        }
        bytes.extend_from_slice(part);
    }
    Ok(bytes)
}

async fn drain(body: Body) {
    // Whoever is slower than that gets the answer anyway.
    let _ = tokio::time::timeout(BODY_WITHIN, drain_now(body)).await;
}

async fn drain_now(mut body: Body) {
    let mut drained = 0;
    while drained < MAX_DRAINED {
        match body.frame().await {
            Some(Ok(frame)) => drained += frame.data_ref().map_or(0, axum::body::Bytes::len),
            _ => return,
        }
    }
}
