//! Prunes as scheduled runs of a Prefect deployment.

use async_trait::async_trait;
use prefect_client::Client;
use serde_json::Value;

use super::{PlannedPrune, STEP, Scheduler};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;

const SERVICE: &str = "prefect";
/// Flow and deployment have the same name, the incumbent's.
const PRUNE: &str = "prune_globus_endpoint";

/// The schedule of a Prefect server.
#[derive(Debug, Clone)]
pub struct PrefectScheduler {
    client: Client,
}

impl PrefectScheduler {
    /// Schedules through `client`.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    async fn deployment(&self, step: &str) -> Result<prefect_client::Deployment, Failure> {
        self.client
            .deployment(PRUNE, PRUNE)
            .get()
            .send_opt()
            .await
            .map_err(|error| Failure::service(step, SERVICE, &error))?
            .ok_or_else(|| {
                Failure::new(
                    step,
                    "no_deployment",
                    format!("the Prefect server has no deployment {PRUNE}/{PRUNE}"),
                )
                .remedy("deploy the beamline's flows to this server, then run again")
            })
    }
}

/// The name that the incumbent gives an endpoint; its key where the configuration leaves it out.
fn name(endpoint: &StorageEndpoint) -> &str {
    match endpoint.name() {
        "" => endpoint.key().as_str(),
        name => name,
    }
}

#[async_trait]
impl Scheduler for PrefectScheduler {
    async fn ready(&self) -> Result<(), Failure> {
        self.client
            .health()
            .send()
            .await
            .map_err(|error| Failure::service("preflight", SERVICE, &error))?;
        self.deployment("preflight").await.map(drop)
    }

    async fn variable(&self, name: &str) -> Result<Option<Value>, Failure> {
        let variable = self
            .client
            .variable(name)
            .get()
            .send_opt()
            .await
            .map_err(|error| Failure::service("preflight", SERVICE, &error))?;
        Ok(variable.map(|variable| variable.value))
    }

    async fn schedule(&self, prune: &PlannedPrune) -> Result<String, Failure> {
        let deployment = self.deployment(STEP).await?;
        let run = self
            .client
            .create_flow_run(deployment.id)
            .name(format!("prune_from_{}", name(&prune.source)))
            .parameters(prune.parameters())
            .scheduled_at(prune.at)
            .idempotency_key(&prune.key)
            .send()
            .await
            .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
        Ok(run.id.to_string())
    }
}
