//! The phone in the browser: static files, no outside resources, nothing inline.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::{PAGE, Shared};

/// Everything comes from here, nothing is inline, nobody frames it.
const POLICY: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

fn file(kind: &'static str, content: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content).into_response()
}

fn script(content: &'static str) -> Response {
    file("text/javascript; charset=utf-8", content)
}

/// The routes of the page.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(page))
        .route("/phone.svg", get(|| async { file("image/svg+xml", include_str!("page/phone.svg")) }))
        .route("/phone.css", get(|| async { file("text/css; charset=utf-8", include_str!("page/phone.css")) }))
        .route("/phone.js", get(|| async { script(include_str!("page/phone.js")) }))
        .route("/bubble.js", get(|| async { script(include_str!("page/bubble.js")) }))
        .route("/common.js", get(|| async { script(include_str!("page/common.js")) }))
        .route("/wire.js", get(|| async { script(include_str!("page/wire.js")) }))
}

/// From the root of a server of its own to the page.
pub(super) fn front() -> Router<Shared> {
    Router::new().route("/", get(|| async { Redirect::to(PAGE) }))
}

/// The page's own path stands where `{page}` is: it is ours, and no stranger's text.
async fn page(State(shared): State<Shared>) -> Response {
    file("text/html; charset=utf-8", include_str!("page/phone.html").replace("{page}", shared.page()))
}
