//! The control port: the journal, the state and the switches of a running simulator, over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header;
use serde_json::{Value, json};

use crate::fault::FaultSpec;
use crate::routes;
use crate::sim::Handle;

pub(crate) fn router(handle: Arc<Handle>) -> Router {
    Router::new()
        .route("/sim/journal", get(journal))
        .route("/sim/collections", get(collections))
        .route("/sim/state", get(state))
        .route("/sim/advance", post(advance))
        .route("/sim/fault", post(fault))
        .route("/sim/release", post(release))
        .with_state(handle)
}

/// One JSON document a line.
async fn journal(State(handle): State<Arc<Handle>>) -> Response {
    let mut lines = String::new();
    for entry in handle.shared.journal.entries() {
        lines.push_str(&serde_json::to_string(&entry).unwrap_or_default());
        lines.push('\n');
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

async fn collections(State(handle): State<Arc<Handle>>) -> Response {
    routes::json(200, &handle.collections_json())
}

async fn state(State(handle): State<Arc<Handle>>) -> Response {
    routes::json(200, &handle.state_json())
}

async fn advance(State(handle): State<Arc<Handle>>, body: Bytes) -> Response {
    let seconds = field(&body, "seconds").and_then(|seconds| seconds.as_f64());
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(by) => {
            handle.shared.clock.advance(by);
            routes::json(200, &json!({ "now": handle.shared.clock.now() }))
        }
        None => refused("expected {\"seconds\": number from 0}"),
    }
}

async fn fault(State(handle): State<Arc<Handle>>, body: Bytes) -> Response {
    let Some(Value::String(text)) = field(&body, "spec") else {
        return refused("expected {\"spec\": text}");
    };
    match text.parse::<FaultSpec>() {
        Ok(spec) => {
            handle.add_fault(spec);
            routes::json(200, &json!({ "faults": handle.shared.faults.texts() }))
        }
        Err(e) => refused(&e.to_string()),
    }
}

async fn release(State(handle): State<Arc<Handle>>, body: Bytes) -> Response {
    let Some(Value::String(name)) = field(&body, "name") else {
        return refused("expected {\"name\": text}");
    };
    handle.shared.holds.release(&name);
    routes::json(200, &json!({ "released": name }))
}

fn field(body: &[u8], name: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(body)
        .ok()?
        .get_mut(name)
        .map(Value::take)
}

fn refused(why: &str) -> Response {
    routes::json(400, &json!({ "error": why }))
}
