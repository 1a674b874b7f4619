//! Making a change on a server. Each can be made again.

use std::time::Duration;

use prefect_client::model::{NewSchedule, Schedule};
use prefect_client::{Client, Error, Result};

use super::plan::{Change, Secrets};
use super::tables::{Cron, DeploymentSpec};
use crate::serve::parameter_schema;

/// The type of pools that either worker can serve.
const POOL_TYPE: &str = "process";

/// How often a change is tried while the server is busy: one with SQLite often is, for a moment.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(500);

/// Makes one change, again while the server is busy.
///
/// # Errors
/// The server refuses it or cannot be reached.
pub async fn apply(client: &Client, change: &Change, secrets: &Secrets) -> Result<()> {
    for tried in 1..TRIES {
        match once(client, change, secrets).await {
            Err(error) if error.is_transient() => tokio::time::sleep(PAUSE * tried).await,
            ended => return ended,
        }
    }
    once(client, change, secrets).await
}

async fn once(client: &Client, change: &Change, secrets: &Secrets) -> Result<()> {
    match change {
        Change::Pool(name) => made(client.work_pools().create(name, POOL_TYPE).send().await),
        Change::Queue { pool, queue } => made(client.work_pool(pool).create_queue(queue).send().await),
        Change::Deployment(spec) => deployment(client, spec).await,
        Change::Move { spec, .. } => {
            let there = client.deployment(spec.flow, spec.name).get().send().await?;
            let update = client.deployment_by_id(there.id).update();
            update
                .work_pool_name(spec.pool)
                .work_queue_name(spec.queue)
                .send()
                .await
        }
        Change::Schedule(spec) => {
            let there = client.deployment(spec.flow, spec.name).get().send().await?;
            let schedules = spec.schedule.map(schedule);
            client
                .deployment_by_id(there.id)
                .add_schedules(schedules)
                .send()
                .await
                .map(drop)
        }
        Change::Schema(spec) => {
            let there = client.deployment(spec.flow, spec.name).get().send().await?;
            let (schema, _) = parameter_schema(spec.flow);
            client
                .deployment_by_id(there.id)
                .update()
                .parameter_openapi_schema(schema)
                .send()
                .await
        }
        Change::Variable { name, value, .. } => {
            made(client.variables().create(*name, value.clone()).send().await)
        }
        Change::Secret(name) => match secrets.get(name) {
            Some(value) => client.blocks().set_secret(name, value).await.map(drop),
            None => Err(Error::config(format!("no value for the secret {name}"))),
        },
    }
}

async fn deployment(client: &Client, spec: &DeploymentSpec) -> Result<()> {
    let flow = client.flows().create(spec.flow).send().await?;
    let (schema, is_ours) = parameter_schema(spec.flow);
    let mut create = client
        .deployments()
        .create(&flow.id, spec.name)
        .work_pool_name(spec.pool)
        .work_queue_name(spec.queue)
        .parameter_openapi_schema(schema)
        .enforce_parameter_schema(is_ours);
    if let Some(entrypoint) = spec.entrypoint {
        create = create.entrypoint(entrypoint);
    }
    if let Some(cron) = spec.schedule {
        create = create.schedules([schedule(cron)]);
    }
    create.send().await.map(drop)
}

fn schedule(cron: Cron) -> NewSchedule {
    NewSchedule::from(Schedule::cron(cron.cron, cron.timezone)).slug(cron.slug)
}

/// What is there already was made by somebody else meanwhile.
fn made<T>(created: Result<T>) -> Result<()> {
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(error),
    }
}
