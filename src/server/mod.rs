//! axum: webhooks, health, metrics. It sees the ports only.

use std::sync::Arc;

use crate::domain::{Desk, Intake};

/// The server's routes.
pub fn router(_intake: Arc<dyn Intake>, _desk: Arc<dyn Desk>) -> axum::Router {
    axum::Router::new()
}
