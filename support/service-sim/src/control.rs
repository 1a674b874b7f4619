//! The control port: the journal, the state and the switches of a running simulator, over HTTP.
//! The crate's documentation lists the requests.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::FaultSpec;
use crate::plant::Plant;
use crate::routes;
use crate::sim::Handle;

pub(crate) fn router(handle: Arc<Handle>) -> Router {
    Router::new()
        .route("/sim/journal", get(journal))
        .route("/sim/collections", get(collections))
        .route("/sim/state", get(state))
        .route("/sim/advance", post(advance))
        .route("/sim/fault", post(fault))
        .route("/sim/clear", post(clear))
        .route("/sim/release", post(release))
        .route("/sim/plant", post(plant))
        .layer(DefaultBodyLimit::max(routes::MAX_BODY))
        .with_state(handle)
}

#[derive(Deserialize)]
struct Since {
    since: Option<usize>,
}

/// One JSON document a line.
async fn journal(State(handle): State<Arc<Handle>>, since: Result<Query<Since>, QueryRejection>) -> Response {
    let Ok(Query(Since { since })) = since else {
        return refused("since must be a whole number");
    };
    let mut lines = String::new();
    for entry in handle.shared.journal.since(since.unwrap_or(0)) {
        lines.push_str(&serde_json::to_string(&entry).unwrap_or_default());
        lines.push('\n');
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

async fn collections(State(handle): State<Arc<Handle>>) -> Response {
    routes::json(200, &handle.collections_json(handle.shared.local_mounts))
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

async fn clear(State(handle): State<Arc<Handle>>) -> Response {
    handle.clear_faults();
    routes::json(200, &json!({ "faults": [] }))
}

/// Runs where it may block: the file may be large.
async fn plant(State(handle): State<Arc<Handle>>, body: Bytes) -> Response {
    let act = move || {
        let plant: Plant = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        let collection = handle.shared.collection(&plant.collection);
        let collection = collection.ok_or_else(|| format!("no collection {:?}", plant.collection))?;
        plant.carry_out(collection)
    };
    match tokio::task::spawn_blocking(act).await {
        Ok(Ok(size)) => routes::json(200, &json!({ "size": size })),
        Ok(Err(why)) => refused(&why),
        Err(_) => refused("the simulator failed"),
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
