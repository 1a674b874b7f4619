//! Prunes as rows of the local schedule, for a beamline without a Prefect server.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use run_store::RunStore;
use serde_json::Value;

use super::{PlannedFlow, PlannedPrune, STEP, Scheduler};
use crate::failure::Failure;

/// The schedule in the run store.
#[derive(Debug)]
pub struct LocalScheduler {
    store: Arc<dyn RunStore>,
    variables: BTreeMap<String, Value>,
    usual: fn(&str) -> Option<Value>,
}

impl LocalScheduler {
    /// Schedules into `store`. `variables` are those of the configuration; one that is not there is as `usual` has it.
    pub fn new(
        store: Arc<dyn RunStore>,
        variables: BTreeMap<String, Value>,
        usual: fn(&str) -> Option<Value>,
    ) -> Self {
        Self {
            store,
            variables,
            usual,
        }
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
        Ok(self.variables.get(name).cloned().or_else(|| (self.usual)(name)))
    }

    async fn schedule(&self, prune: &PlannedPrune) -> Result<String, Failure> {
        self.store
            .schedule(&prune.row())
            .await
            .map(|id| id.to_string())
            .map_err(|error| Failure::store(STEP, &error))
    }

    async fn start_later(&self, flow: &PlannedFlow) -> Result<String, Failure> {
        let row = run_store::ScheduledPrune {
            key: flow.key.clone(),
            run_id: String::new(),
            flow: flow.flow.clone(),
            parameters: flow.parameters.clone(),
            due: flow.at,
        };
        let id = self.store.schedule(&row).await;
        id.map(|id| id.to_string())
            .map_err(|error| Failure::store(STEP, &error))
    }
}
