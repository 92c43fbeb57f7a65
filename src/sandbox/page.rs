//! The phone in the browser: static files, no outside resources, nothing inline.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::Shared;

/// Everything comes from here, nothing is inline, nobody frames it.
const POLICY: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

fn file(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content).into_response()
}

/// The routes of the page.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/sandbox") }))
        .route("/sandbox", get(|| async { file("text/html; charset=utf-8", include_str!("page/phone.html")) }))
        .route("/sandbox/phone.svg", get(|| async { file("image/svg+xml", include_str!("page/phone.svg")) }))
        .route("/sandbox/phone.css", get(|| async { file("text/css; charset=utf-8", include_str!("page/phone.css")) }))
        .route(
            "/sandbox/phone.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("page/phone.js")) }),
        )
}
