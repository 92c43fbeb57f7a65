//! `/media/ACCOUNT/ID`: files that contacts sent, for whoever was given the address. They are strangers' files: nothing of them may run here.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;

use crate::domain::{Desk, FileAsked, FileThere, NoFile};

/// What the address says besides.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    #[serde(default, rename = "type")]
    mime: String,
    #[serde(default)]
    key: String,
}

/// Pass one on.
pub(super) async fn take(
    State(desk): State<Arc<dyn Desk>>,
    Path((account, id)): Path<(String, String)>,
    Query(Signed { mime, key }): Query<Signed>,
) -> Response {
    match desk.file(FileAsked { account, id, mime, key }).await {
        Ok(there) => passed_on(there),
        Err(NoFile::Unknown) => refusal(StatusCode::NOT_FOUND, "there is no such file"),
        Err(NoFile::Gone) => refusal(StatusCode::GONE, "the provider does not have this file any more"),
        Err(NoFile::Failed) => refusal(StatusCode::BAD_GATEWAY, "the provider did not give the file"),
        Err(NoFile::Busy) => refusal(StatusCode::SERVICE_UNAVAILABLE, "too many files at once, come again later"),
    }
}

fn passed_on(there: FileThere) -> Response {
    let FileThere { mime, size, content } = there;
    let next = async |mut content: Box<dyn crate::domain::Chunks>| {
        let chunk = content.next().await?;
        Some((chunk.map(Bytes::from).map_err(std::io::Error::other), content))
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_str(&mime).unwrap_or(HeaderValue::from_static("application/octet-stream")),
        ),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    let mut response = (headers, Body::from_stream(stream::unfold(content, next))).into_response();
    if let Some(size) = size {
        response.headers_mut().insert(header::CONTENT_LENGTH, size.into());
    }
    response
}

fn refusal(status: StatusCode, why: &str) -> Response {
    (status, format!("{why}\n")).into_response()
}
