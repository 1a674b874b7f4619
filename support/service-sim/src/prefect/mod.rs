//! Simulated Prefect.
//!
//! To add a route: write an axum handler over `State<Arc<Prefect>>` that returns a `Response` made with
//! `routes::json`, mount it in `router` with `.on("prefect.name", "/api/…/{id}", get(handler))`, and add the name
//! to `operations.rs`. `State` and `Shared` give the clock, the tokens and the request ids. The error document of
//! faults and unknown paths is `error_document`.

use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};

use crate::routes::{ErrorFacts, Routes};
use crate::shared::Shared;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Prefect {
    shared: Arc<Shared>,
}

impl Prefect {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared })
    }

    /// The documents, in the order of their creation.
    pub(crate) fn flow_runs(&self) -> Vec<Value> {
        Vec::new()
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<Prefect>) -> Router {
    let shared = Arc::clone(&state.shared);
    Routes::new(&shared, "prefect", error_document).finish(state)
}

/// The service's own error document.
fn error_document(facts: &ErrorFacts<'_>) -> Value {
    json!({ "detail": facts.message })
}
