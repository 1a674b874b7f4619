//! `/healthz` and `/metrics`.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::shared::Shared;
use crate::{Error, Result};

/// The most connections at a time; more wait.
const CONNECTIONS: usize = 32;
/// How long a connection may take to ask.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many intervals may pass without a good poll before the worker counts as ill.
const MISSED_POLLS: u32 = 4;

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|problem| {
        Error::config(format!("{address}: /healthz and /metrics cannot be served here")).with_source(problem)
    })
}

/// Answers, for as long as it is polled.
pub(crate) async fn serve(listener: TcpListener, shared: &Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, say: it passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let shared = Arc::clone(shared);
        connections.spawn(async move {
            let _place = place;
            let service = service_fn(|request: http::Request<Incoming>| {
                let answer = answer(&shared, request.method(), request.uri().path());
                async move { Ok::<_, Infallible>(answer) }
            });
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = serving.await {
                tracing::debug!(%error, "a connection to /healthz or /metrics broke");
            }
        });
    }
}

fn answer(shared: &Shared, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned());
    }
    match path {
        "/healthz" => match illness(shared) {
            None => text(StatusCode::OK, "ok\n".to_owned()),
            Some(what) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{what}\n")),
        },
        "/metrics" => text(StatusCode::OK, metrics(shared)),
        _ => text(StatusCode::NOT_FOUND, "/healthz or /metrics\n".to_owned()),
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

/// Why the worker is not well: it does not get through to the server.
fn illness(shared: &Shared) -> Option<String> {
    let polled = *shared
        .counts
        .polled
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let allowed = (shared.settings.poll_interval * MISSED_POLLS).max(Duration::from_secs(30));
    match polled {
        None => Some("the pools have not been asked for runs yet".to_owned()),
        Some(polled) if polled.elapsed() > allowed => Some(format!(
            "the pools were last asked for runs {} s ago",
            polled.elapsed().as_secs()
        )),
        Some(_) => None,
    }
}

fn metrics(shared: &Shared) -> String {
    let counts = &shared.counts;
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut out = String::new();
    let name = "prefect_worker_runs_total";
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "# HELP {name} Runs by how they ended here.\n# TYPE {name} counter"
    );
    for (outcome, counter) in [
        ("completed", &counts.completed),
        ("failed", &counts.failed),
        ("crashed", &counts.crashed),
        ("cancelled", &counts.cancelled),
        ("retried", &counts.retried),
        ("handed_over", &counts.handed_over),
        ("lost", &counts.lost),
        ("taken_over", &counts.taken_over),
        ("unknown_flow", &counts.unknown),
    ] {
        let _ = writeln!(out, "{name}{{outcome=\"{outcome}\"}} {}", of(counter));
    }
    let (dropped, sent) = shared.logs.counts();
    let in_flight = shared.in_flight() as u64;
    for (name, help, kind, value) in [
        (
            "prefect_worker_runs_in_flight",
            "Runs that go on here.",
            "gauge",
            in_flight,
        ),
        (
            "prefect_worker_run_limit",
            "The most runs at a time.",
            "gauge",
            shared.settings.limit as u64,
        ),
        (
            "prefect_worker_polls_failed_total",
            "Polls without an answer.",
            "counter",
            of(&counts.polls_failed),
        ),
        (
            "prefect_worker_log_lines_sent_total",
            "Lines of runs sent.",
            "counter",
            sent,
        ),
        (
            "prefect_worker_log_lines_dropped_total",
            "Lines of runs lost.",
            "counter",
            dropped,
        ),
        (
            "prefect_worker_healthy",
            "1 while the worker gets through.",
            "gauge",
            u64::from(illness(shared).is_none()),
        ),
    ] {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    out
}
