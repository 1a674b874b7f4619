//! Simulated Globus Compute: one endpoint, whose tasks are really run, by `python3`; and, with a message broker, any
//! number of real ones, which register as they do with the service.

#[cfg(feature = "flows")]
mod call;
mod caller;
mod functions;
mod limits;
mod outside;
mod run;
mod stand_ins;
mod store;
mod tasks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use crate::clock::Clock;
use crate::routes::{self, ErrorFacts, Routes};
use crate::shared::Shared;
use caller::{Caller, Refusal};
use limits::Rate;
use store::Store;

pub use store::ComputeTaskView;

/// The endpoint that there is.
pub(crate) const ENDPOINT: &str = "c0a1f3f2-5f3e-4d0e-9a55-0c7e5d3b8e01";
/// Tasks that run at a time.
const WORKERS: usize = 4;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Compute {
    shared: Arc<Shared>,
    clock: Clock,
    store: Mutex<Store>,
    rate: Rate,
    workers: Arc<Semaphore>,
    /// Whether the endpoint can be reached.
    online: watch::Sender<bool>,
    /// How often the endpoint was restarted.
    restarts: watch::Sender<u32>,
    /// Changes with every task that ends.
    ended: watch::Sender<u64>,
    /// Where the workers work; made with the first task.
    folder: Mutex<Option<Arc<tempfile::TempDir>>>,
    broker: Option<outside::Broker>,
}

impl Compute {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            broker: shared.compute_broker.clone().map(outside::Broker::new),
            clock: shared.clock_of("globus_compute"),
            shared,
            store: Mutex::default(),
            rate: Rate::default(),
            workers: Arc::new(Semaphore::new(WORKERS)),
            online: watch::Sender::new(true),
            restarts: watch::Sender::new(0),
            ended: watch::Sender::new(0),
            folder: Mutex::default(),
        })
    }

    /// The folder of the allocation on the endpoint's machine, with the site's scripts.
    pub(crate) fn allocation(&self) -> Result<Option<std::path::PathBuf>, crate::error::SimError> {
        stand_ins::allocation(&self.shared.collections)
    }

    /// Takes the endpoint off, or puts it back: meanwhile its tasks wait.
    pub(crate) fn set_online(&self, online: bool) {
        self.online.send_replace(online);
    }

    /// Kills the workers: what they ran is lost, and nobody says so.
    pub(crate) fn restart(&self) {
        self.restarts.send_modify(|count| *count += 1);
    }

    /// All tasks, in the order of their submission.
    pub(crate) fn views(&self) -> Vec<ComputeTaskView> {
        self.store().views()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The endpoint's id as it is written everywhere else, if there is such an endpoint.
    fn known(&self, id: &str) -> Result<String, Refusal> {
        let uuid = uuid::Uuid::parse_str(id).map_err(|_| Refusal::invalid_uuid(id))?;
        let id = uuid.to_string();
        if id == ENDPOINT || self.store().outside.is_registered(&id) {
            Ok(id)
        } else {
            Err(unknown_endpoint(&id))
        }
    }

    fn is_online(&self) -> bool {
        *self.online.borrow()
    }

    /// Whether the endpoint is recent enough for plain source and JSON.
    fn is_modern(&self) -> bool {
        let mut numbers = self
            .shared
            .compute_version
            .split('.')
            .map(|part| part.parse::<u32>().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (3, 3)
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<Compute>) -> Router {
    let routes = Routes::new(&state.shared, "globus_compute", error_document);
    with_endpoints(routes)
        .on("compute.version", "/v2/version", get(version))
        .on(
            "compute.function_register",
            "/v2/functions",
            post(functions::register),
        )
        .on(
            "compute.function_register",
            "/v3/functions",
            post(functions::register),
        )
        .on("compute.function_get", "/v2/functions/{id}", get(functions::read))
        .on(
            "compute.function_delete",
            "/v2/functions/{id}",
            delete(functions::remove),
        )
        .on("compute.submit", "/v3/endpoints/{id}/submit", post(tasks::submit))
        .on("compute.task_get", "/v2/tasks/{id}", get(tasks::read))
        .on("compute.batch_status", "/v2/batch_status", post(tasks::batch))
        .on("compute.task_group", "/v2/taskgroup/{id}", get(tasks::group))
        .finish(state)
}

fn with_endpoints(routes: Routes<Arc<Compute>>) -> Routes<Arc<Compute>> {
    routes
        .on("compute.endpoint_list", "/v2/endpoints", get(endpoints))
        .on("compute.endpoint_get", "/v2/endpoints/{id}", get(endpoint))
        .on(
            "compute.endpoint_status",
            "/v2/endpoints/{id}/status",
            get(status),
        )
        .on(
            "compute.allowed_functions",
            "/v3/endpoints/{id}/allowed_functions",
            get(allowed),
        )
        .on(
            "compute.endpoint_register",
            "/v2/endpoints",
            post(outside::register),
        )
        .on(
            "compute.endpoint_register",
            "/v3/endpoints",
            post(outside::register),
        )
        .on(
            "compute.endpoint_update",
            "/v3/endpoints/{id}",
            put(outside::update),
        )
        .on(
            "compute.endpoint_delete",
            "/v2/endpoints/{id}",
            delete(outside::remove),
        )
        .on(
            "compute.result_queue",
            "/v2/get_amqp_result_connection_url",
            get(outside::result_queue),
        )
}

async fn version() -> Response {
    let document =
        json!({"api": "1.33.0", "min_sdk_version": "1.0.0a6", "min_ep_version": "1.0.0a0", "git_sha": ""});
    routes::json(200, &document)
}

async fn endpoints(State(compute): State<Arc<Compute>>, caller: Caller) -> Response {
    let own =
        json!({"uuid": ENDPOINT, "name": "sim", "display_name": "simulated endpoint", "owner": caller.user});
    let mut all = vec![own];
    all.extend(compute.store().outside.listed());
    routes::json(200, &json!(all))
}

async fn endpoint(State(compute): State<Arc<Compute>>, _caller: Caller, Path(id): Path<String>) -> Response {
    let id = match compute.known(&id) {
        Ok(id) => id,
        Err(refusal) => return refusal.response(),
    };
    if let Some(shown) = compute.store().outside.shown(&id) {
        return routes::json(200, &shown);
    }
    let version = &compute.shared.compute_version;
    routes::json(
        200,
        &json!({
            "uuid": ENDPOINT, "name": "sim", "display_name": "simulated endpoint", "description": null,
            "multi_user": false, "public": false, "hostname": "localhost", "local_user": "sim", "ip_address": "127.0.0.1",
            "endpoint_version": version, "sdk_version": version, "subscription_uuid": null, "endpoint_config": "",
            "user_config_template": "", "user_config_schema": null,
        }),
    )
}

async fn status(State(compute): State<Arc<Compute>>, _caller: Caller, Path(id): Path<String>) -> Response {
    let id = match compute.known(&id) {
        Ok(id) => id,
        Err(refusal) => return refusal.response(),
    };
    if let Some(status) = compute.store().outside.status(&id) {
        return routes::json(200, &status);
    }
    let online = compute.is_online();
    let (pending, running) = compute.store().counts();
    let idle = if online {
        WORKERS.saturating_sub(running)
    } else {
        0
    };
    let details = json!({
        "total_workers": if online { WORKERS } else { 0 }, "idle_workers": idle, "pending_tasks": pending,
        "outstanding_tasks": running, "managers": usize::from(online),
    });
    routes::json(
        200,
        &json!({"status": if online { "online" } else { "offline" }, "details": details}),
    )
}

async fn allowed(State(compute): State<Arc<Compute>>, _caller: Caller, Path(id): Path<String>) -> Response {
    match compute.known(&id) {
        Ok(id) => routes::json(
            200,
            &json!({"endpoint_id": id, "restricted": false, "functions": []}),
        ),
        Err(refusal) => refusal.response(),
    }
}

fn unknown_endpoint(id: &str) -> Refusal {
    Refusal::new(
        404,
        "ENDPOINT_NOT_FOUND",
        format!("Endpoint {id} could not be resolved"),
    )
}

fn error_document(facts: &ErrorFacts<'_>) -> Value {
    let code = match facts.status {
        401 => "USER_UNAUTHENTICATED",
        404 | 405 => "NOT_FOUND",
        422 => "REQUEST_MALFORMED",
        429 => "TOO_MANY_REQUESTS",
        _ => "UNKNOWN_ERROR",
    };
    caller::document(facts.status, code, facts.message)
}
