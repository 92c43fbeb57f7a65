//! The ceiling: an axum handler that forwards each webhook by reqwest, answers and keeps nothing. A process of its own.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};

use crate::Outcome;

/// Where to, and with what.
#[derive(Clone)]
struct Forward {
    client: reqwest::Client,
    to: String,
}

/// Serve: `bare LISTEN FORWARD_TO`.
pub fn serve(mut arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (Some(listen), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("`bare` needs an address to listen on and one to forward to".into());
    };
    // The same client as the server's, which can do TLS; whether a provider was there before does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let routes = Router::new()
            .route("/webhooks/{account}", post(forward))
            .route("/readyz", get(|| async { "ready" }))
            .with_state(Forward { client: reqwest::Client::builder().no_proxy().build()?, to });
        let listener = tokio::net::TcpListener::bind(listen).await?;
        Ok(axum::serve(listener, routes).await?)
    })
}

async fn forward(State(forward): State<Forward>, body: Bytes) -> StatusCode {
    let sent = forward.client.post(&forward.to).header("content-type", "application/json").body(body).send();
    let answer = match sent.await {
        Ok(answer) => answer.bytes().await,
        Err(error) => Err(error),
    };
    if answer.is_ok() { StatusCode::OK } else { StatusCode::BAD_GATEWAY }
}
