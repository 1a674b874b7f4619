//! What an endpoint asks when it starts, and where results are pushed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Compute;
use super::super::caller::{Caller, Refusal};
use super::messages;
use crate::routes;

fn answer(result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(document) => routes::json(200, &document),
        Err(refusal) => refusal.response(),
    }
}

pub(in super::super) async fn register(
    State(compute): State<Arc<Compute>>,
    caller: Caller,
    body: Bytes,
) -> Response {
    answer(taken(&compute, caller, uuid::Uuid::new_v4().to_string(), &body).await)
}

pub(in super::super) async fn update(
    State(compute): State<Arc<Compute>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    answer(match uuid::Uuid::parse_str(&id) {
        Ok(id) => taken(&compute, caller, id.to_string(), &body).await,
        Err(_) => Err(Refusal::invalid_uuid(&id)),
    })
}

/// Takes an endpoint in and tells it where its commands come from and its reports go.
async fn taken(compute: &Arc<Compute>, caller: Caller, id: String, body: &[u8]) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::malformed("the body is no JSON"))?;
    if !body["endpoint_name"].is_string() {
        return Err(Refusal::malformed("endpoint_name: field required"));
    }
    let unavailable = |error| Refusal::new(503, "BROKER_UNAVAILABLE", error);
    let broker = compute.broker().map_err(unavailable)?;
    let queue = format!("{id}.commands");
    broker.declare(compute, &queue).await.map_err(unavailable)?;
    let url = broker.url();
    let reply = json!({
        "endpoint_id": id,
        "command_queue_info": {"connection_url": url, "queue": queue},
        "heartbeat_queue_info": messages::outgoing(url, "heartbeats", &id),
        "result_queue_info": messages::outgoing(url, "results", &id),
        "warnings": [],
    });
    compute.store().outside.registered.insert(id, (body, caller.user));
    Ok(reply)
}

pub(in super::super) async fn remove(
    State(compute): State<Arc<Compute>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let removed = compute.store().outside.registered.remove(&id);
    answer(match removed {
        Some(_) => Ok(json!({ "result": 302 })),
        None => Err(super::super::unknown_endpoint(&id)),
    })
}

/// `GET /v2/get_amqp_result_connection_url`.
pub(in super::super) async fn result_queue(State(compute): State<Arc<Compute>>, _caller: Caller) -> Response {
    answer(match compute.broker() {
        Ok(broker) => Ok(json!({"queue_prefix": messages::PREFIX, "connection_url": broker.url()})),
        Err(error) => Err(Refusal::new(404, "NOT_FOUND", error)),
    })
}
