//! Takes connections and ends them: time-outs against slow senders, a bound on their number, a graceful end, no panic without an answer.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// Connections at once: each holds 64 kB at most, and a process may have 1024 files on the stingiest of systems. More wait in line.
const MAX_CONNECTIONS: u32 = 900;
/// How long the head of a request may take; a connection kept alive may be idle as long.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// The buffer of a connection; it bounds the head of a request, too.
const MAX_BUFFER: usize = 64 << 10;
/// How long a graceful end waits for requests under way: the outbox needs the rest of the 10 s that an end may take.
const END_WITHIN: Duration = Duration::from_secs(4);
/// Rest after a failed accept: what is missing then (files, memory) is not there again at once.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Serve until `stop` is done; then take nothing new and finish the requests under way, within 4 s.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()> + Send) {
    let (told, telling) = watch::channel(false);
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some((stream, slot)) = accept(&listener, &slots) => {
                tokio::spawn(connection(stream, router.clone(), telling.clone(), slot));
            }
        }
    }
    drop(listener);
    told.send_replace(true);
    // All slots are back when all connections have ended.
    if tokio::time::timeout(END_WITHIN, slots.acquire_many(MAX_CONNECTIONS)).await.is_err() {
        tracing::warn!("some requests were not finished in time");
    }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, slot)),
            Err(why) => {
                tracing::warn!(%why, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    mut telling: watch::Receiver<bool>,
    _slot: OwnedSemaphorePermit,
) {
    // Answers are small: each should leave at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| handle(router.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        // For the sandbox's WebSocket.
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut telling) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        tracing::debug!(%why, "a connection broke");
    }
}

/// Done when the server is to end, or is gone.
async fn told(telling: &mut watch::Receiver<bool>) {
    let _ = telling.wait_for(|stop| *stop).await;
}

/// A panic costs its request a 500 without details, and nobody else anything.
async fn handle(router: Router, request: Request<Incoming>) -> Result<Response, Infallible> {
    let answer = AssertUnwindSafe(router.oneshot(request.map(Body::new))).catch_unwind().await;
    Ok(answer
        .unwrap_or_else(|_| {
            tracing::error!("a request's handler panicked; this is a mistake of frontdesk's");
            Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        })
        .unwrap_or_else(|never| match never {}))
}
