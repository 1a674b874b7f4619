//! Simulated Prefect: the part of the server's API that schedules runs of deployments, and that keeps what outlives
//! a run.
//!
//! It starts with the deployments and variables of beamline 8.3.2. Runs are only kept: nothing polls them, and
//! they stay `Scheduled` until they are `Late`, 15 s after they were due. Bodies are checked as the real server does (an unknown field is 422).

mod artifacts;
mod blocks;
mod catalogue;
mod checks;
mod filter;
mod flow_runs;
mod variables;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::routes::{self, ErrorFacts, Routes};
use crate::shared::Shared;

/// The version of the server that this one is like.
const SERVER_VERSION: &str = "3.8.8";
/// The oldest version of the API that it talks to.
const OLDEST_API: [u32; 3] = [0, 8, 0];

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Prefect {
    shared: Arc<Shared>,
    clock: Clock,
    store: Mutex<Store>,
}

/// Everything the server knows, in the order of its creation.
#[derive(Debug)]
struct Store {
    deployments: Vec<Deployment>,
    variables: Vec<Value>,
    artifacts: Vec<Value>,
    /// The ids and values of Secret blocks, by their names.
    secrets: BTreeMap<String, (String, String)>,
    flow_runs: Vec<Value>,
}

/// A deployment, and the name of its flow, which its document does not hold.
#[derive(Debug)]
struct Deployment {
    flow_name: &'static str,
    document: Value,
}

impl Prefect {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        let clock = shared.clock_of("prefect");
        let now = time_text(clock.now());
        let store = Store {
            deployments: catalogue::deployments(&now),
            variables: catalogue::variables(&now),
            artifacts: Vec::new(),
            secrets: BTreeMap::new(),
            flow_runs: Vec::new(),
        };
        Arc::new(Self {
            shared,
            clock,
            store: Mutex::new(store),
        })
    }

    /// Says where the allocation's folder is on the compute endpoint's machine.
    #[cfg(feature = "compute")]
    pub(crate) fn set_allocation(&self, root: &std::path::Path) {
        let name = "alcf-allocation-root-path";
        let mut store = self.store();
        let known = store
            .variables
            .iter_mut()
            .find(|variable| variable["name"] == name);
        if let Some(variable) = known {
            variable["value"] = json!({ name: root });
        }
    }

    pub(crate) fn set_secret(&self, name: &str, value: &str) {
        let id = uuid::Uuid::new_v4().to_string();
        let secrets = &mut self.store().secrets;
        secrets.insert(name.to_owned(), (id, value.to_owned()));
    }

    /// The documents, in the order of their creation.
    pub(crate) fn flow_runs(&self) -> Vec<Value> {
        self.store().flow_runs.clone()
    }

    /// The store, with what was due by now marked as late.
    fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        flow_runs::mark_late(&mut store.flow_runs, self.now());
        store
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<Prefect>) -> Router {
    Routes::new(&state.shared, "prefect", error_document)
        .on("prefect.health", "/api/health", get(health))
        .on("prefect.ready", "/api/ready", get(ready))
        .on("prefect.version", "/api/admin/version", get(version))
        .on(
            "prefect.variable_create",
            "/api/variables/",
            post(variables::create),
        )
        .on(
            "prefect.variable_get",
            "/api/variables/name/{name}",
            get(variables::read),
        )
        .on(
            "prefect.variable_update",
            "/api/variables/name/{name}",
            patch(variables::update),
        )
        .on(
            "prefect.variable_delete",
            "/api/variables/name/{name}",
            delete(variables::remove),
        )
        .on(
            "prefect.variable_list",
            "/api/variables/filter",
            post(variables::list),
        )
        .on(
            "prefect.artifact_create",
            "/api/artifacts/",
            post(artifacts::create),
        )
        .on(
            "prefect.artifact_latest",
            "/api/artifacts/{key}/latest",
            get(artifacts::latest),
        )
        .on(
            "prefect.artifact_latest_list",
            "/api/artifacts/latest/filter",
            post(artifacts::latest_list),
        )
        .on(
            "prefect.block_by_name",
            "/api/block_types/slug/{slug}/block_documents/name/{name}",
            get(blocks::by_name),
        )
        .on(
            "prefect.deployment_by_name",
            "/api/deployments/name/{flow}/{deployment}",
            get(deployment),
        )
        .on(
            "prefect.flow_run_create",
            "/api/deployments/{id}/create_flow_run",
            post(flow_runs::create),
        )
        .on(
            "prefect.flow_run_get",
            "/api/flow_runs/{id}",
            get(flow_runs::read),
        )
        .on(
            "prefect.flow_run_list",
            "/api/flow_runs/filter",
            post(flow_runs::list),
        )
        .finish(state)
        .layer(from_fn(require_api_version))
}

/// Clients may name the version of the API that they speak; what is not a version, or too old, is refused.
async fn require_api_version(request: Request, next: Next) -> Response {
    let Some(value) = request.headers().get("x-prefect-api-version") else {
        return next.run(request).await;
    };
    let text = value.to_str().unwrap_or_default();
    let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    let refusal = match parts.as_deref() {
        Some(version) if version.len() == 3 && *version >= OLDEST_API[..] => return next.run(request).await,
        Some(version) if version.len() == 3 => format!(
            "The request specified API version {text} but this server requires version 0.8.0 or higher."
        ),
        _ => format!(
            "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received {text}"
        ),
    };
    detail(400, &refusal)
}

async fn health() -> Response {
    routes::json(200, &json!(true))
}

async fn ready() -> Response {
    routes::json(200, &json!({ "message": "OK" }))
}

async fn version() -> Response {
    routes::json(200, &json!(SERVER_VERSION))
}

async fn deployment(
    State(prefect): State<Arc<Prefect>>,
    Path((flow, name)): Path<(String, String)>,
) -> Response {
    let store = prefect.store();
    let mut named = store
        .deployments
        .iter()
        .filter(|found| found.document["name"] == name.as_str());
    match named.find(|found| found.flow_name == flow) {
        Some(found) => routes::json(200, &found.document),
        None => detail(404, "Deployment not found"),
    }
}

/// The service's own error document.
fn error_document(facts: &ErrorFacts<'_>) -> Value {
    match facts.status {
        401 => json!({ "exception_message": "Unauthorized" }),
        404 => json!({ "detail": "Not Found" }),
        405 => json!({ "detail": "Method Not Allowed" }),
        503 => json!({ "exception_message": "Service Unavailable" }),
        500.. => json!({ "exception_message": "Internal Server Error" }),
        _ => json!({ "detail": facts.message }),
    }
}

fn detail(status: u16, message: &str) -> Response {
    routes::json(status, &json!({ "detail": message }))
}

fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The time as the server writes it.
fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
