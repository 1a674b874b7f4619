//! Prunes as rows of the local schedule, for a beamline without a Prefect server.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use run_store::RunStore;
use serde_json::Value;

use super::{PlannedPrune, STEP, Scheduler};
use crate::failure::Failure;

/// The schedule in the run store.
#[derive(Debug)]
pub struct LocalScheduler {
    store: Arc<dyn RunStore>,
    variables: BTreeMap<String, Value>,
}

impl LocalScheduler {
    /// Schedules into `store`; `variables` are those of the configuration.
    pub fn new(store: Arc<dyn RunStore>, variables: BTreeMap<String, Value>) -> Self {
        Self { store, variables }
    }
}

#[async_trait]
impl Scheduler for LocalScheduler {
    fn is_local(&self) -> bool {
        true
    }

    async fn ready(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn variable(&self, name: &str) -> Result<Option<Value>, Failure> {
        Ok(self.variables.get(name).cloned().or_else(|| usual(name)))
    }

    async fn schedule(&self, prune: &PlannedPrune) -> Result<String, Failure> {
        self.store
            .schedule(&prune.row())
            .await
            .map(|id| id.to_string())
            .map_err(|error| Failure::store(STEP, &error))
    }
}

/// What the incumbent's set-up script gives a new server.
fn usual(name: &str) -> Option<Value> {
    match name {
        "bl832-settings" => Some(serde_json::json!({
            "delete_spot832_files_after_days": 1,
            "delete_data832_files_after_days": 35,
        })),
        _ => None,
    }
}
