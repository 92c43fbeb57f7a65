//! Files on the phone: those that a customer puts here to send, and those that were sent.

use axum::Json as JsonAnswer;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Shared;
use super::uploads::{Content, Upload, mime_of};

/// Largest file that is taken: the largest film of WhatsApp.
pub(super) const LARGEST: usize = 16 << 20;
/// Longest name of a file.
const LONGEST_NAME: usize = 200;
/// Types that a page may show; anything else is a download.
const SHOWN: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp", "audio/", "video/"];

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Put a file here, as it is: its number. It goes out with a message of the customer's.
pub(super) async fn put(
    State(shared): State<Shared>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    content: Bytes,
) -> JsonAnswer<Json> {
    let name: String = named.name.chars().take(LONGEST_NAME).collect();
    let said = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_type = |kind: &&str| kind.contains('/') && *kind != "application/x-www-form-urlencoded";
    let mime = said.filter(is_type).unwrap_or_else(|| mime_of(&name)).to_owned();
    let upload = Upload { name, mime, content: Content::Bytes(content.into()), voice: false };
    JsonAnswer(json!({"id": shared.world().keep(upload)}))
}

/// A file. Whoever put it here says what it is: nothing of it may run.
pub(super) async fn show(State(shared): State<Shared>, Path(id): Path<u64>) -> Response {
    let file = shared.world().file(id).and_then(|file| Some((file.mime.clone(), file.content.clone()?)));
    let Some((mime, content)) = file else { return StatusCode::NOT_FOUND.into_response() };
    let shown = SHOWN.iter().any(|kind| mime.starts_with(kind));
    let kind = HeaderValue::from_str(&mime).ok().filter(|_| shown);
    let headers = [
        (header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(if shown { "inline" } else { "attachment" })),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    (headers, content.to_vec()).into_response()
}
