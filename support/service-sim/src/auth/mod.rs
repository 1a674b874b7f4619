//! Simulated Globus Auth.

use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};

use crate::routes::{ErrorFacts, Routes};
use crate::shared::Shared;

/// The service's routes.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Routes::new(shared, "globus_auth", error_document).finish(Arc::clone(shared))
}

fn error_document(facts: &ErrorFacts<'_>) -> Value {
    json!({ "error": "server_error", "error_description": facts.message })
}
