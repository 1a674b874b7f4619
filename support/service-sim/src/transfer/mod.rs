//! Simulated Globus Transfer.

use std::sync::Arc;

use axum::Router;
use serde::Serialize;
use serde_json::{Value, json};

use crate::routes::{ErrorFacts, Routes};
use crate::shared::Shared;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Transfer {
    shared: Arc<Shared>,
}

/// A transfer or delete task, as a test looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaskView {
    /// The task's id.
    pub task_id: String,
    /// Its label.
    pub label: Option<String>,
    /// `TRANSFER` or `DELETE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ACTIVE`, `INACTIVE`, `SUCCEEDED` or `FAILED`.
    pub status: String,
    /// What it is doing or suffering from; `None` once it is done.
    pub nice_status: Option<String>,
    /// The uuid of the source, for a delete that of its endpoint.
    pub source: String,
    /// The uuid of the destination; empty for a delete.
    pub destination: String,
    /// Source and destination path of each item; for a delete the second is empty.
    pub items: Vec<(String, String)>,
    /// The submission id under which it was submitted.
    pub submission_id: String,
}

impl Transfer {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared })
    }

    pub(crate) fn views(&self) -> Vec<TaskView> {
        Vec::new()
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<Transfer>) -> Router {
    Routes::new(&state.shared, "globus_transfer", error_document).finish(Arc::clone(&state))
}

fn error_document(facts: &ErrorFacts<'_>) -> Value {
    json!({ "code": "ServiceUnavailable", "message": facts.message, "request_id": facts.request_id, "resource": facts.resource })
}
