//! Prunes as scheduled runs of a Prefect deployment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use prefect_client::api::CreateFlowRun;
use prefect_client::{Client, DeploymentId, FlowRun, FlowRunId, StateType};
use rest_core::SecretString;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{ChildEnd, ChildRun, PlannedFlow, PlannedPrune, STEP, Scheduler, block};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;

const SERVICE: &str = "prefect";
/// Flow and deployment have the same name, the incumbent's.
const PRUNE: &str = "prune_globus_endpoint";
/// What a server answers to a document that it cannot take.
const UNPROCESSABLE: u16 = 422;
/// A variable that is younger than the set-ups with blocks.
const NEVER_A_BLOCK: &str = "deletion-hold";

/// How long a deployment's id is remembered: a worker's runs ask for the same few.
const REMEMBERED: Duration = Duration::from_secs(30);

/// The ids of deployments, by flow and name, and when they were asked for.
type Deployments = HashMap<(String, String), (Instant, DeploymentId)>;

/// The schedule of a Prefect server.
#[derive(Debug, Clone)]
pub struct PrefectScheduler {
    client: Client,
    deployments: Arc<Mutex<Deployments>>,
    /// Whether the server has JSON blocks, once it was asked.
    has_blocks: Arc<OnceCell<bool>>,
}

impl PrefectScheduler {
    /// Schedules through `client`.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            deployments: Arc::default(),
            has_blocks: Arc::default(),
        }
    }

    async fn has_blocks(&self) -> prefect_client::Result<bool> {
        let asked = self.has_blocks.get_or_try_init(|| block::known(&self.client));
        asked.await.copied()
    }

    fn known(&self) -> MutexGuard<'_, Deployments> {
        self.deployments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn set_variable(&self, name: &str, value: &Value) -> prefect_client::Result<()> {
        let known = self.client.variable(name).update().value(value.clone());
        match known.send().await {
            Err(error) if error.is_not_found() => {
                let created = self.client.variables().create(name, value.clone());
                created.send().await.map(drop)
            }
            outcome => outcome.map(drop),
        }
    }

    async fn deployment(&self, step: &str, flow: &str, name: &str) -> Result<DeploymentId, Failure> {
        let key = (flow.to_owned(), name.to_owned());
        let known = self.known().get(&key).cloned();
        if let Some((_, id)) = known.filter(|(since, _)| since.elapsed() < REMEMBERED) {
            return Ok(id);
        }
        let asked = Instant::now();
        let found = self.client.deployment(flow, name).get().send_opt().await;
        let found = found.map_err(|error| Failure::service(step, SERVICE, &error))?;
        let id = found.ok_or_else(|| gone(step, flow, name))?.id;
        self.known().insert(key, (asked, id.clone()));
        Ok(id)
    }

    /// Makes a run of a deployment. One that was deleted since it was looked up, and perhaps made again, is looked up
    /// anew.
    async fn create_run(
        &self,
        (step, flow, name): (&str, &str, &str),
        run: impl Fn(CreateFlowRun) -> CreateFlowRun + Sync,
    ) -> Result<FlowRun, Failure> {
        let id = self.deployment(step, flow, name).await?;
        let created = run(self.client.create_flow_run(id)).send().await;
        let created = match created {
            Err(error) if error.is_not_found() => {
                self.known().remove(&(flow.to_owned(), name.to_owned()));
                let id = self.deployment(step, flow, name).await?;
                run(self.client.create_flow_run(id)).send().await
            }
            outcome => outcome,
        };
        created.map_err(|error| Failure::service(step, SERVICE, &error))
    }
}

fn gone(step: &str, flow: &str, name: &str) -> Failure {
    let text = format!("the Prefect server has no deployment {flow}/{name}");
    Failure::new(step, "no_deployment", text)
        .remedy("deploy the beamline's flows to this server, then run again")
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
        self.deployment("preflight", PRUNE, PRUNE).await.map(drop)
    }

    async fn variable(&self, name: &str) -> Result<Option<Value>, Failure> {
        let variable = self
            .client
            .variable(name)
            .get()
            .send_opt()
            .await
            .map_err(|error| Failure::service("preflight", SERVICE, &error))?;
        if variable.is_some() || name == NEVER_A_BLOCK {
            return Ok(variable.map(|variable| variable.value));
        }
        // Older set-ups keep the same documents in JSON blocks; servers of today have no such blocks.
        let block = self.client.blocks().by_name("json", name).send_opt().await;
        let block = block.map_err(|error| Failure::service("preflight", SERVICE, &error))?;
        Ok(block
            .and_then(|block| block.data)
            .and_then(|mut data| data.remove("value")))
    }

    async fn publish(&self, name: &str, value: &Value) -> Result<(), Failure> {
        let failed = |error: prefect_client::Error| Failure::service("publish", SERVICE, &error);
        let in_block = self.has_blocks().await.map_err(failed)?;
        if in_block {
            block::write(&self.client, name, value).await.map_err(failed)?;
        }
        match self.set_variable(name, value).await {
            // Variables of version 2 are texts, under names without hyphens; its pages read the block.
            Err(error) if in_block && error.status() == Some(UNPROCESSABLE) => Ok(()),
            outcome => outcome.map_err(failed),
        }
    }

    async fn withdraw(&self, name: &str) -> Result<(), Failure> {
        let failed = |error: prefect_client::Error| Failure::service("publish", SERVICE, &error);
        match self.client.variable(name).delete().send().await {
            Err(error) if error.is_not_found() => {}
            outcome => outcome.map(drop).map_err(failed)?,
        }
        if self.has_blocks().await.map_err(failed)? {
            block::remove(&self.client, name).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn secret(&self, name: &str) -> Result<Option<SecretString>, Failure> {
        let secret = self.client.blocks().secret(name).await;
        secret.map_err(|error| Failure::service("preflight", SERVICE, &error))
    }

    async fn schedule(&self, prune: &PlannedPrune) -> Result<String, Failure> {
        let run = self.create_run((STEP, PRUNE, PRUNE), |run| {
            run.name(format!("prune_from_{}", name(&prune.source)))
                .parameters(prune.parameters())
                .scheduled_at(prune.at)
                .idempotency_key(&prune.key)
        });
        Ok(run.await?.id.to_string())
    }

    async fn start(&self, child: &ChildRun) -> Result<String, Failure> {
        let (flow, name) = child
            .deployment
            .split_once('/')
            .unwrap_or((&child.deployment, ""));
        let run = self.create_run(("dispatch", flow, name), |run| {
            run.parameters(child.parameters.clone())
                .idempotency_key(&child.key)
        });
        Ok(run.await?.id.to_string())
    }

    async fn ended(&self, id: &str) -> Result<Option<ChildEnd>, Failure> {
        let step = "dispatch";
        let run = self.client.flow_run(FlowRunId::new(id)).get().send_opt().await;
        let run = run
            .map_err(|error| Failure::service(step, SERVICE, &error))?
            .ok_or_else(|| {
                let text = format!("the run {id} was deleted from the Prefect server");
                Failure::new(step, "no_run", text)
            })?;
        let kind = run.state_type.filter(StateType::is_terminal);
        Ok(kind.map(|kind| ChildEnd {
            id: id.to_owned(),
            ok: kind == StateType::Completed,
            state: run.state_name.unwrap_or_else(|| kind.to_string()),
            message: run.state.and_then(|state| state.message),
        }))
    }

    async fn start_later(&self, flow: &PlannedFlow) -> Result<String, Failure> {
        let run = self.create_run((STEP, &flow.flow, &flow.deployment), |run| {
            run.parameters(flow.parameters.clone())
                .scheduled_at(flow.at)
                .idempotency_key(&flow.key)
        });
        Ok(run.await?.id.to_string())
    }
}
