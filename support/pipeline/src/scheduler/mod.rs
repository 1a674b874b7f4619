//! Something that starts a flow later: Prefect, or the local schedule.

mod block;
mod child;
mod local;
mod prefect;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use proved_transfer::copy::Verify;
use rest_core::SecretString;
use run_store::ScheduledPrune;
use serde_json::Value;

use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::prune::PruneParameters;

pub use child::{ChildEnd, ChildRun, finish_child};
pub use local::LocalScheduler;
pub use prefect::PrefectScheduler;

/// The step's name in failures.
const STEP: &str = "schedule_prune";

/// A prune that is to run at a time.
#[derive(Debug, Clone)]
pub struct PlannedPrune {
    /// The endpoint whose copy goes.
    pub source: StorageEndpoint,
    /// The endpoint whose copy must prove it then; none where a retention rule lets the last copy go.
    pub check: Option<StorageEndpoint>,
    /// The path relative to both roots.
    pub relative_path: String,
    /// What the two are compared by.
    pub verify: Verify,
    /// When.
    pub at: DateTime<Utc>,
    /// The same key never schedules twice.
    pub key: String,
    /// The run that plans it.
    pub run_id: String,
}

impl PlannedPrune {
    /// The parameters of the flow `prune_globus_endpoint`, as the incumbent's worker reads them too.
    pub fn parameters(&self) -> Value {
        let mut parameters = serde_json::json!({
            "relative_path": self.relative_path,
            "source_endpoint": self.source.to_parameter(),
            "check_endpoint": self.check.as_ref().map(StorageEndpoint::to_parameter),
        });
        if self.verify != Verify::default() {
            parameters["verify"] = serde_json::json!(self.verify);
        }
        parameters
    }

    /// The same as a row of the run store's schedule.
    pub(crate) fn row(&self) -> ScheduledPrune {
        let parameters = PruneParameters {
            relative_path: self.relative_path.clone(),
            source_endpoint: self.source.to_parameter(),
            check_endpoint: self
                .check
                .as_ref()
                .map_or(Value::Null, StorageEndpoint::to_parameter),
            verify: self.verify,
            dry_run: false,
            config: Value::Null,
        };
        ScheduledPrune {
            key: self.key.clone(),
            run_id: self.run_id.clone(),
            flow: "prune_globus_endpoint".to_owned(),
            parameters: serde_json::json!(parameters),
            due: self.at,
        }
    }
}

/// A run of any flow at a time.
#[derive(Debug, Clone)]
pub struct PlannedFlow {
    /// The flow.
    pub flow: String,
    /// Its deployment.
    pub deployment: String,
    /// Its parameters.
    pub parameters: Value,
    /// When.
    pub at: DateTime<Utc>,
    /// The same key never schedules twice.
    pub key: String,
}

/// Schedules prunes. Every call is awaited, and what it answers stands in the run's report.
#[async_trait]
pub trait Scheduler: fmt::Debug + Send + Sync {
    /// Whether its schedule is the run store's own, which `splash-flows prune --due` runs.
    fn is_local(&self) -> bool {
        false
    }

    /// Whether prunes can be scheduled now: server, deployment and credentials.
    ///
    /// # Errors
    /// What is missing and how to make it.
    async fn ready(&self) -> Result<(), Failure>;

    /// A setting that staff keep beside the schedule, such as `bl832-settings`.
    ///
    /// # Errors
    /// The setting is missing or cannot be read.
    async fn variable(&self, name: &str) -> Result<Option<Value>, Failure>;

    /// Shows a value to whoever looks at the server, under a name of its own, until it is withdrawn. Nothing happens
    /// where there is no server. Safe to repeat.
    ///
    /// # Errors
    /// The server did not take it.
    async fn publish(&self, name: &str, value: &Value) -> Result<(), Failure> {
        let _ = (name, value);
        Ok(())
    }

    /// Takes away what was published under a name. It may be gone.
    ///
    /// # Errors
    /// The server did not do it.
    async fn withdraw(&self, name: &str) -> Result<(), Failure> {
        let _ = name;
        Ok(())
    }

    /// What the server keeps under a name as a secret; nothing where there is no server.
    ///
    /// # Errors
    /// The server cannot be asked.
    async fn secret(&self, name: &str) -> Result<Option<SecretString>, Failure> {
        let _ = name;
        Ok(None)
    }

    /// Puts a prune into the schedule and answers its id. Safe to repeat with the same key.
    ///
    /// # Errors
    /// The schedule did not take it.
    async fn schedule(&self, prune: &PlannedPrune) -> Result<String, Failure>;

    /// Starts a run of another flow now and answers its id. Safe to repeat with the same key.
    ///
    /// # Errors
    /// There is no such deployment (`no_deployment`), or no server to start it (`no_server`).
    async fn start(&self, child: &ChildRun) -> Result<String, Failure> {
        let text = format!(
            "{} is started by a Prefect server, and there is none",
            child.deployment
        );
        Err(Failure::new("dispatch", "no_server", text).remedy("set PREFECT_API_URL"))
    }

    /// How a run ended that [`start`](Self::start) started; nothing while it goes on.
    ///
    /// # Errors
    /// The server cannot be asked, or the run is gone.
    async fn ended(&self, id: &str) -> Result<Option<ChildEnd>, Failure> {
        let text = format!("the run {id} is of a Prefect server, and there is none");
        Err(Failure::new("dispatch", "no_server", text))
    }

    /// Puts a run of another flow into the schedule and answers its id. Safe to repeat with the same key.
    ///
    /// # Errors
    /// The schedule did not take it, or does not know the flow.
    async fn start_later(&self, flow: &PlannedFlow) -> Result<String, Failure>;
}
