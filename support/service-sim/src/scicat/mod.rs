//! Simulated SciCat: the part of the version 3 API that an ingestor needs.
//!
//! The one account is that of [`crate::Sim::env`]; like a facility's ingestor it may write for every group and read
//! everything. Tokens end after an hour of the simulator's clock. As the real service does, it answers a list for
//! nobody (no token, or one that has ended) with 200 and `[]`, and it dies of a `null` that stands directly in
//! `scientificMetadata`: the request is answered, later ones find the connection reset.

mod datasets;
mod dates;
mod filter;
mod login;
mod origdatablocks;
mod validate;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::routes::{self, ErrorFacts, Routes};
use crate::server::Peer;
use crate::shared::Shared;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct SciCat {
    shared: Arc<Shared>,
    clock: Clock,
    store: Mutex<Store>,
    dead: AtomicBool,
}

/// What is catalogued, in the order of its creation.
#[derive(Debug, Default)]
struct Store {
    datasets: Vec<Value>,
    origdatablocks: Vec<Value>,
}

impl Store {
    fn dataset(&mut self, pid: &str) -> Option<&mut Value> {
        self.datasets.iter_mut().find(|dataset| dataset["pid"] == pid)
    }
}

impl SciCat {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            clock: shared.clock_of("scicat"),
            shared,
            store: Mutex::default(),
            dead: AtomicBool::new(false),
        })
    }

    /// The documents, in the order of their creation.
    pub(crate) fn datasets(&self) -> Vec<Value> {
        self.store().datasets.clone()
    }

    /// The blocks of files of all datasets, in the order of their creation.
    pub(crate) fn origdatablocks(&self) -> Vec<Value> {
        self.store().origdatablocks.clone()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user whose token the request carries, if it is still good.
    fn user(&self, headers: &HeaderMap) -> Option<String> {
        let token = crate::tokens::bearer(headers)?;
        let grant = self
            .shared
            .tokens
            .check(token, login::AUDIENCE, self.clock.now())?;
        Some(grant.user)
    }

    /// The time as the service writes it.
    fn now(&self) -> String {
        dates::text(self.clock.now())
    }
}

/// The service's routes. Clients write `datasets` and `Datasets`: the service does not care.
pub(crate) fn router(state: Arc<SciCat>) -> Router {
    let mut routes = Routes::new(&state.shared, "scicat", error_document)
        .on("scicat.health", "/api/v3/health", get(health))
        .on("scicat.login", "/api/v3/auth/login", post(login::login));
    for datasets in ["/api/v3/datasets", "/api/v3/Datasets"] {
        let one = format!("{datasets}/{{pid}}");
        let blocks = format!("{one}/origdatablocks");
        routes = routes
            .on("scicat.dataset_create", datasets, post(datasets::create))
            .on("scicat.dataset_find", datasets, get(datasets::find))
            .on("scicat.dataset_get", &one, get(datasets::read))
            .on(
                "scicat.origdatablock_create",
                &blocks,
                post(origdatablocks::create),
            )
            .on("scicat.origdatablock_list", &blocks, get(origdatablocks::list));
    }
    let alive = from_fn_with_state(Arc::clone(&state), reset_if_dead);
    routes.finish(state).layer(alive)
}

/// A dead service answers nobody, and writes no journal.
async fn reset_if_dead(State(scicat): State<Arc<SciCat>>, request: Request, next: Next) -> Response {
    if !scicat.dead.load(Ordering::SeqCst) {
        return next.run(request).await;
    }
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<Peer>>() {
        peer.cut.reset();
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn health() -> Response {
    let mongo = json!({ "mongodb": { "status": "up" } });
    routes::json(
        200,
        &json!({ "status": "ok", "info": mongo, "error": {}, "details": mongo }),
    )
}

/// The service's own error document.
fn error_document(facts: &ErrorFacts<'_>) -> Value {
    match facts.status {
        401 => json!({ "message": "Unauthorized", "statusCode": 401 }),
        404 | 405 => not_found(&format!("Cannot serve {}", facts.resource)),
        status => json!({ "message": facts.message, "statusCode": status }),
    }
}

fn not_found(message: &str) -> Value {
    json!({ "message": message, "error": "Not Found", "statusCode": 404 })
}

fn no_dataset(pid: &str) -> Response {
    routes::json(404, &not_found(&format!("dataset: {pid} not found")))
}

fn forbidden(message: &str) -> Response {
    routes::json(
        403,
        &json!({ "message": message, "error": "Forbidden", "statusCode": 403 }),
    )
}

fn bad_request(message: &Value) -> Response {
    routes::json(
        400,
        &json!({ "message": message, "error": "Bad Request", "statusCode": 400 }),
    )
}

/// A JSON body. Without its content type the service sees no body at all and stumbles over that.
#[allow(clippy::result_large_err)] // the refusal is what is sent
fn body(headers: &HeaderMap, body: &Bytes) -> Result<Value, Response> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
    if !is_json || body.len() > MAX_BODY {
        return Err(routes::json(
            500,
            &json!({ "statusCode": 500, "message": "Internal server error" }),
        ));
    }
    serde_json::from_slice(body).map_err(|error| bad_request(&json!(error.to_string())))
}

/// The service's default limit. Above it the answer is 500, not 413.
const MAX_BODY: usize = 16 << 20;
