//! axum: webhooks, posted events, health, metrics. It sees the ports only, and no text of a message ever passes its log.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::domain::{Desk, Intake};

mod api;
mod files;
mod listener;
pub mod socket;
mod webhook;

pub use api::api;
pub use listener::serve;
pub use webhook::MAX_BODY;

/// Prometheus reads this version of its text; the closing `# EOF` belongs to it.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The server's routes.
pub fn router(intake: Arc<dyn Intake>, desk: Arc<dyn Desk>) -> Router {
    let webhooks = Router::new()
        // GET too: some providers shake hands before they post.
        .route("/webhooks/{account}", get(webhook::take).post(webhook::take))
        .with_state(Arc::new(webhook::Door::new(intake)));
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/media/{account}/{id}", get(files::take))
        .with_state(desk)
        .merge(webhooks)
}

/// The process is up and its event loop turns.
async fn alive() -> &'static str {
    "ok\n"
}

async fn ready(State(desk): State<Arc<dyn Desk>>) -> Response {
    let health = desk.health().await;
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(health)).into_response()
}

async fn metrics(State(desk): State<Arc<dyn Desk>>) -> Response {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], desk.metrics()).into_response()
}

#[cfg(test)]
mod tests;
