//! Simulated SciCat.
//!
//! To add a route: write an axum handler over `State<Arc<SciCat>>` that returns a `Response` made with
//! `routes::json`, mount it in `router` with `.on("scicat.name", "/api/…/{id}", get(handler))`, and add the name
//! to `operations.rs`. `State` and `Shared` give the clock, the tokens and the request ids. The error document of
//! faults and unknown paths is `error_document`.

use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};

use crate::routes::{ErrorFacts, Routes};
use crate::shared::Shared;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct SciCat {
    shared: Arc<Shared>,
}

impl SciCat {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared })
    }

    /// The documents, in the order of their creation.
    pub(crate) fn datasets(&self) -> Vec<Value> {
        Vec::new()
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<SciCat>) -> Router {
    let shared = Arc::clone(&state.shared);
    Routes::new(&shared, "scicat", error_document).finish(state)
}

/// The service's own error document.
fn error_document(facts: &ErrorFacts<'_>) -> Value {
    json!({ "statusCode": facts.status, "message": facts.message })
}
