//! What is to be changed on a server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use prefect_client::{Client, Deployment, Result};
use rest_core::{ExposeSecret, SecretString};
use serde_json::Value;

use super::tables::{DeploymentSpec, SECRETS};
use super::{WORKER_NAME, block};

/// What a server should hold.
#[derive(Debug)]
pub struct Wanted {
    /// The deployments.
    pub deployments: Vec<DeploymentSpec>,
    /// The variables, with the values that they get if they are not there.
    pub variables: Vec<(&'static str, Value)>,
    /// Whether deployments that stand in other pools or queues are moved.
    pub moves: bool,
    /// The Secret blocks to be written, if they are.
    pub secrets: Option<Secrets>,
}

/// Values of Secret blocks by name; never shown.
pub type Secrets = BTreeMap<&'static str, SecretString>;

/// One change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// A work pool that is not there.
    Pool(String),
    /// A queue that is not there.
    Queue {
        /// Its pool.
        pool: String,
        /// Its name.
        queue: String,
    },
    /// A deployment that is not there.
    Deployment(DeploymentSpec),
    /// A deployment that stands elsewhere.
    Move {
        /// The deployment and where it is to stand.
        spec: DeploymentSpec,
        /// Where it stands.
        from: String,
    },
    /// A schedule that a deployment lacks.
    Schedule(DeploymentSpec),
    /// A parameter schema that a deployment lacks, so that the server makes no runs of it.
    Schema(DeploymentSpec),
    /// A variable that is not there.
    Variable {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: Value,
        /// Whether the value is that of a JSON block.
        from_block: bool,
    },
    /// A Secret block that is to be written.
    Secret(&'static str),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(name) => write!(f, "+ pool {name}"),
            Self::Queue { pool, queue } => write!(f, "+ queue {pool}/{queue}"),
            Self::Deployment(spec) => {
                write!(
                    f,
                    "+ deployment {}/{} in {}/{}",
                    spec.flow, spec.name, spec.pool, spec.queue
                )
            }
            Self::Move { spec, from } => write!(
                f,
                "~ deployment {}/{} from {from} to {}/{}",
                spec.flow, spec.name, spec.pool, spec.queue
            ),
            Self::Schedule(spec) => {
                let cron = spec.schedule.map_or("", |schedule| schedule.cron);
                write!(f, "+ schedule {cron} of {}/{}", spec.flow, spec.name)
            }
            Self::Schema(spec) => write!(f, "+ parameter schema of {}/{}", spec.flow, spec.name),
            Self::Variable {
                name,
                value,
                from_block,
            } => {
                let whence = if *from_block {
                    " (from the JSON block of that name)"
                } else {
                    ""
                };
                write!(f, "+ variable {name} = {value}{whence}")
            }
            Self::Secret(name) => write!(f, "~ secret {name}"),
        }
    }
}

/// What is to be changed, in order, and what people should know.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes.
    pub changes: Vec<Change>,
    /// What is left as it is, and why it matters.
    pub notes: Vec<String>,
}

/// Compares what a server holds with what it should hold. Changes nothing.
///
/// # Errors
/// The server cannot be asked.
pub async fn plan(client: &Client, wanted: &Wanted) -> Result<Plan> {
    let mut plan = Plan::default();
    places(client, wanted, &mut plan).await?;
    for spec in &wanted.deployments {
        match client.deployment(spec.flow, spec.name).get().send_opt().await? {
            None => plan.changes.push(Change::Deployment(*spec)),
            Some(there) => compare(spec, &there, wanted.moves, &mut plan),
        }
    }
    for (name, usual) in &wanted.variables {
        variable(client, name, usual, &mut plan).await?;
    }
    for (name, value) in wanted.secrets.iter().flatten() {
        let there = client.blocks().secret(*name).await?;
        if there.is_none_or(|there| there.expose_secret() != value.expose_secret()) {
            plan.changes.push(Change::Secret(name));
        }
    }
    Ok(plan)
}

/// Pools and queues, and who else serves them.
async fn places(client: &Client, wanted: &Wanted, plan: &mut Plan) -> Result<()> {
    let mut pools: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for spec in &wanted.deployments {
        pools.entry(spec.pool).or_default().insert(spec.queue);
    }
    for (pool, queues) in pools {
        let there = client.work_pool(pool).get().send_opt().await?;
        let mut present: Vec<String> = Vec::new();
        if let Some(there) = there {
            let listed = client.work_pool(pool).queues().limit(200).send().await?;
            present.extend(listed.items.into_iter().map(|queue| queue.name));
            if there.is_paused == Some(true) {
                plan.notes
                    .push(format!("the pool {pool} is paused: nothing in it is started"));
            }
            for worker in foreign_workers(client, pool).await? {
                plan.notes.push(format!(
                    "another worker is online in {pool}: {worker}; runs go to whichever asks first"
                ));
            }
        } else {
            plan.changes.push(Change::Pool(pool.to_owned()));
        }
        let missing = queues
            .into_iter()
            .filter(|queue| !present.iter().any(|one| one == queue));
        plan.changes.extend(missing.map(|queue| Change::Queue {
            pool: pool.to_owned(),
            queue: queue.to_owned(),
        }));
    }
    Ok(())
}

/// The workers of a pool that are online and not of this program.
///
/// # Errors
/// The server cannot be asked, or has no such pool.
pub async fn foreign_workers(client: &Client, pool: &str) -> Result<Vec<String>> {
    let workers = client.work_pool(pool).workers().limit(200).send().await?;
    let online = |status: &Option<prefect_client::model::WorkerStatus>| {
        *status == Some(prefect_client::model::WorkerStatus::Online)
    };
    Ok(workers
        .items
        .into_iter()
        .filter(|worker| online(&worker.status) && !worker.name.starts_with(WORKER_NAME))
        .map(|worker| worker.name)
        .collect())
}

/// A deployment that is there keeps its entrypoint, path, pull steps, job variables, limits and whether it is paused:
/// either worker can go on with it.
fn compare(spec: &DeploymentSpec, there: &Deployment, moves: bool, plan: &mut Plan) {
    let (pool, queue) = (there.work_pool_name.as_deref(), there.work_queue_name.as_deref());
    if (pool, queue) != (Some(spec.pool), Some(spec.queue)) {
        let from = format!("{}/{}", pool.unwrap_or("no pool"), queue.unwrap_or("default"));
        if moves {
            plan.changes.push(Change::Move { spec: *spec, from });
        } else {
            plan.notes.push(format!(
                "{}/{} stays in {from}; --move puts it into {}/{}",
                spec.flow, spec.name, spec.pool, spec.queue
            ));
        }
    }
    let has_schema = there
        .parameter_openapi_schema
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|schema| !schema.is_empty());
    if !has_schema {
        plan.changes.push(Change::Schema(*spec));
    }
    let schedules = there.schedules.as_deref().unwrap_or_default();
    if spec.schedule.is_some() && schedules.is_empty() {
        plan.changes.push(Change::Schedule(*spec));
    }
    if there.paused == Some(true) {
        plan.notes.push(format!("{}/{} is paused", spec.flow, spec.name));
    }
}

/// A variable that is there is the staff's; one that stands in a JSON block keeps that value.
async fn variable(client: &Client, name: &'static str, usual: &Value, plan: &mut Plan) -> Result<()> {
    match client.variable(name).get().send_opt().await? {
        Some(there) if there.value != *usual => {
            plan.notes.push(format!("variable {name} stays {}", there.value));
        }
        Some(_) => {}
        None => {
            let block = block(client, name).await?;
            plan.changes.push(Change::Variable {
                name,
                from_block: block.is_some(),
                value: block.unwrap_or_else(|| usual.clone()),
            });
        }
    }
    Ok(())
}

/// The values of the Secret blocks out of the environment; those that it has.
pub(crate) fn secrets(lookup: impl Fn(&str) -> Option<String>) -> Secrets {
    SECRETS
        .iter()
        .filter_map(|(block, variable)| {
            Some((*block, lookup(variable).filter(|text| !text.is_empty())?.into()))
        })
        .collect()
}

impl Wanted {
    /// With the Secret blocks whose values `lookup` finds under the incumbent's names of variables.
    pub fn with_secrets(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.secrets = Some(secrets(lookup));
        self
    }
}
