//! Simulated Globus Flows: definitions are kept, inputs checked against their schema, and runs carried out with the
//! simulated Transfer and Compute as their action providers.

mod caller;
mod engine;
mod flow;
mod path;
mod run;
mod schema;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::clock::Clock;
use crate::compute::Compute;
use crate::routes::{ErrorFacts, Routes};
use crate::shared::Shared;
use crate::transfer::Transfer;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Flows {
    shared: Arc<Shared>,
    clock: Clock,
    transfer: Arc<Transfer>,
    compute: Arc<Compute>,
    store: Mutex<Store>,
}

/// Everything the service knows, in the order of its creation.
#[derive(Debug, Default)]
struct Store {
    flows: Vec<Value>,
    runs: Vec<Run>,
    /// What carries the runs out, to be ended with them.
    tasks: HashMap<String, tokio::task::AbortHandle>,
}

/// A run, and what happened in it.
#[derive(Debug)]
struct Run {
    document: Value,
    definition: Value,
    input_schema: Value,
    log: Vec<Value>,
}

impl Flows {
    pub(crate) fn new(shared: Arc<Shared>, transfer: Arc<Transfer>, compute: Arc<Compute>) -> Arc<Self> {
        Arc::new(Self {
            clock: shared.clock_of("globus_flows"),
            shared,
            transfer,
            compute,
            store: Mutex::default(),
        })
    }

    /// The documents of all runs, in the order of their start.
    pub(crate) fn runs(&self) -> Vec<Value> {
        self.store().runs.iter().map(|run| run.document.clone()).collect()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Store {
    fn flow(&self, id: &str) -> Option<&Value> {
        self.flows.iter().find(|flow| flow["id"] == id)
    }

    fn run(&mut self, id: &str) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.document["run_id"] == id)
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<Flows>) -> Router {
    Routes::new(&state.shared, "globus_flows", error_document)
        .on("flows.create", "/flows", post(flow::create))
        .on("flows.list", "/flows", get(flow::list))
        .on("flows.validate", "/flows/validate", post(flow::validate))
        .on("flows.get", "/flows/{id}", get(flow::read))
        .on("flows.update", "/flows/{id}", axum::routing::put(flow::update))
        .on("flows.delete", "/flows/{id}", axum::routing::delete(flow::remove))
        .on("flows.run", "/flows/{id}/run", post(run::start))
        .on(
            "flows.validate_run",
            "/flows/{id}/validate_run",
            post(run::validate),
        )
        .on("flows.run_list", "/runs", get(run::list))
        .on("flows.run_get", "/runs/{id}", get(run::read))
        .on(
            "flows.run_definition",
            "/runs/{id}/definition",
            get(run::definition),
        )
        .on("flows.run_log", "/runs/{id}/log", get(run::log))
        .on("flows.run_cancel", "/runs/{id}/cancel", post(run::cancel))
        .on("flows.run_release", "/runs/{id}/release", post(run::release))
        .finish(state)
}

fn error_document(facts: &ErrorFacts<'_>) -> Value {
    let code = match facts.status {
        401 => "AUTHENTICATION_ERROR",
        403 => "FORBIDDEN",
        404 | 405 => "NOT_FOUND",
        409 => "STATE_CONFLICT",
        422 => "UNPROCESSABLE_ENTITY",
        429 => "TOO_MANY_REQUESTS",
        _ => "SERVER_ERROR",
    };
    caller::document(code, &Value::from(facts.message), facts.request_id)
}

/// The time as the service writes it.
fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, false)
}
