//! Asking the pools for runs, and taking them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::builder::{Pool, UnknownFlows};
use super::execute::execute;
use super::logs::{ERROR, Origin};
use super::run_state::RunState;
use super::shared::{Shared, count};
use super::{claim, flow::Flow};
use crate::model::{Deployment, NewState, StateType, Transition};
use crate::{DeploymentId, FlowId, FlowRun, FlowRunId, Result};

/// How long a deployment is remembered.
const REMEMBERED: Duration = Duration::from_secs(30);
/// How long a run that nobody here can run is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(60);
/// The shortest pause between polls.
const MIN_PAUSE: Duration = Duration::from_millis(200);

/// What is known of the server's deployments and flows, so that not every run asks.
#[derive(Debug, Default)]
pub(crate) struct Known {
    deployments: Mutex<HashMap<DeploymentId, (Instant, Option<Deployment>)>>,
    flows: Mutex<HashMap<FlowId, String>>,
    /// Runs of unknown flows, and when they were last looked at.
    unknown: Mutex<HashMap<FlowRunId, Instant>>,
}

/// Asks all pools once and takes what is due; how long until the next time.
pub(crate) async fn poll(shared: &Arc<Shared>, known: &Arc<Known>) -> Duration {
    let mut pause = shared.settings.poll_interval;
    let mut all = true;
    for pool in &shared.settings.pools {
        match poll_pool(shared, known, pool).await {
            Ok(next) => pause = pause.min(next),
            Err(error) => {
                all = false;
                count(&shared.counts.polls_failed);
                tracing::warn!(pool = pool.name, %error, "the pool was not asked for runs");
            }
        }
    }
    if all {
        *lock(&shared.counts.polled) = Some(Instant::now());
    }
    pause.max(MIN_PAUSE)
}

/// Asks a pool and takes what is due; when the next run of the pool is, or the interval.
async fn poll_pool(shared: &Arc<Shared>, known: &Arc<Known>, pool: &Pool) -> Result<Duration> {
    let interval = shared.settings.poll_interval;
    if shared.slots.available_permits() == 0 {
        // Nothing could be taken; the first run that ends here asks again.
        shared.backlog.store(true, Ordering::Relaxed);
        return Ok(interval);
    }
    let ahead = TimeDelta::from_std(interval).unwrap_or(TimeDelta::zero());
    let mut ask = shared
        .client
        .work_pool(&pool.name)
        .scheduled_runs(shared.clock.now() + ahead);
    if !pool.queues.is_empty() {
        ask = ask.work_queue_names(&pool.queues);
    }
    let runs = ask.send().await?;
    let now = shared.clock.now();
    let mut next = interval;
    for run in runs.into_iter().map(|scheduled| scheduled.flow_run) {
        let due = run.next_scheduled_start_time.unwrap_or(now) - now;
        if let Ok(wait) = due.to_std()
            && !wait.is_zero()
        {
            next = next.min(wait);
            continue;
        }
        if known.is_left_alone(&run.id) || !shared.reserve(&run.id) {
            continue;
        }
        let Ok(slot) = Arc::clone(&shared.slots).try_acquire_owned() else {
            shared.leave(&run.id);
            shared.backlog.store(true, Ordering::Relaxed);
            break;
        };
        // Found out here, one after the other: runs of one deployment then ask for it once.
        let place = Place {
            shared: Arc::clone(shared),
            id: run.id.clone(),
        };
        let found = known.find(shared, &pool.name, &run).await?;
        let (known, pool) = (Arc::clone(known), pool.name.clone());
        tokio::spawn(async move { take(&place.shared, &known, pool, run, found, slot).await });
    }
    Ok(next)
}

/// The place of a run among those that are here; given up however its task ends.
struct Place {
    shared: Arc<Shared>,
    id: FlowRunId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.leave(&self.id);
    }
}

/// A run's deployment if there is one still, the name of its flow, and the flow if it is served here.
pub(crate) type Found = (Option<Deployment>, String, Option<Flow>);

/// Takes a run if it can be had, and runs it.
async fn take(
    shared: &Arc<Shared>,
    known: &Known,
    pool: String,
    run: FlowRun,
    (deployment, name, flow): Found,
    slot: OwnedSemaphorePermit,
) {
    let is_deployed = deployment.is_some() || run.deployment_id.is_none();
    let Some(flow) = flow else {
        return unknown(shared, known, &pool, &run, &name, is_deployed).await;
    };
    let claimed = Instant::now();
    let Some(state) = claim(shared, &run.id).await else {
        if !is_deployed {
            give_up(shared, &run, &name).await;
        }
        return;
    };
    let run = Arc::new(RunState::new(run, deployment, pool, flow, slot, claimed));
    let details = state.state_details.unwrap_or_default();
    *lock(&run.slot_lease) = details.deployment_concurrency_lease_id;
    shared.enter(&run);
    execute(shared, &run).await;
}

/// Proposes Pending; the state if the run is ours now.
async fn claim(shared: &Shared, id: &FlowRunId) -> Option<crate::State> {
    let state = NewState::pending().message(claim::message(&shared.settings.name));
    match shared.client.flow_run(id.clone()).set_state(state).send().await {
        Ok(Transition::Accepted(state)) => Some(state),
        Ok(refused) => {
            tracing::debug!(flow_run_id = %id, reason = refused.reason(), "the run was not to be had");
            None
        }
        // If it was taken after all, it bears this worker's name, and is found so later.
        Err(error) => {
            tracing::warn!(flow_run_id = %id, %error, "it is not certain whether the run was taken");
            None
        }
    }
}

/// Fails a run whose deployment was deleted, which some servers let nobody run any more.
///
/// On the others somebody else has it, or had: a run that has not moved since it was not to be had says which.
async fn give_up(shared: &Shared, run: &FlowRun, flow: &str) {
    let now = match shared.client.flow_run(run.id.clone()).get().send_opt().await {
        Ok(Some(now)) => now,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(flow_run_id = %run.id, %error, "a run without a deployment was not looked at yet");
            return;
        }
    };
    let stand = |run: &FlowRun| {
        (
            run.state_type.clone(),
            run.next_scheduled_start_time,
            run.run_count,
        )
    };
    if now.state_type != Some(StateType::Scheduled) || stand(&now) != stand(run) {
        return;
    }
    let problem =
        "its deployment was deleted, so the server lets nobody run it: deploy again, and submit it again";
    let failed = NewState::failed(problem);
    match shared
        .client
        .flow_run(run.id.clone())
        .set_state(failed)
        .send()
        .await
    {
        Ok(Transition::Accepted(_)) => {
            tracing::error!(flow_run_id = %run.id, "{problem}");
            count(&shared.counts.failed);
            let told = &shared.settings.on_unhandled;
            told.tell(&run.id, Some(flow), problem.to_owned());
        }
        Ok(refused) => {
            tracing::debug!(flow_run_id = %run.id, reason = refused.reason(), "another saw to the run");
        }
        Err(error) => {
            tracing::warn!(flow_run_id = %run.id, %error, "a run without a deployment was not failed yet");
        }
    }
}

/// A run whose flow is not known here.
async fn unknown(shared: &Shared, known: &Known, pool: &str, run: &FlowRun, flow: &str, is_deployed: bool) {
    count(&shared.counts.unknown);
    let problem = format!(
        "worker {} has no flow `{flow}`; it has: {}",
        shared.settings.name,
        shared.flows.names().join(", ")
    );
    let fails = shared.settings.unknown_flows == UnknownFlows::FailIfAlone && is_alone(shared, pool).await;
    if !fails {
        tracing::warn!(flow_run_id = %run.id, pool, "{problem}; the run stays in the pool");
        known.leave_alone(&run.id);
        return;
    }
    let origin = Origin {
        flow_run: run.id.clone(),
        task_run: None,
    };
    let claimed = claim(shared, &run.id).await.is_some();
    if !claimed && !is_deployed {
        return give_up(shared, run, flow).await;
    }
    if claimed {
        shared.logs.push(&origin, "prefect.flow_runs", ERROR, &problem);
        let failed = shared
            .client
            .flow_run(run.id.clone())
            .set_state(NewState::failed(&problem));
        if let Err(error) = failed.send().await {
            // Whoever adopts it tells of it.
            tracing::warn!(flow_run_id = %run.id, %error, "the run of an unknown flow was not failed yet");
            return;
        }
        count(&shared.counts.failed);
        let told = &shared.settings.on_unhandled;
        told.tell(&run.id, Some(flow), problem);
    }
}

/// Whether no other worker is online in the pool; in doubt, no.
async fn is_alone(shared: &Shared, pool: &str) -> bool {
    let online = shared
        .client
        .work_pool(pool)
        .workers()
        .status(["ONLINE"])
        .collect()
        .await;
    online.is_ok_and(|workers| workers.iter().all(|worker| worker.name == shared.settings.name))
}

impl Known {
    fn is_left_alone(&self, id: &FlowRunId) -> bool {
        let mut unknown = lock(&self.unknown);
        unknown.retain(|_, since| since.elapsed() < LEFT_ALONE);
        unknown.contains_key(id)
    }

    fn leave_alone(&self, id: &FlowRunId) {
        lock(&self.unknown).insert(id.clone(), Instant::now());
    }

    /// What serves a run.
    pub(crate) async fn find(&self, shared: &Shared, pool: &str, run: &FlowRun) -> Result<Found> {
        let deployment = match &run.deployment_id {
            Some(id) => self.deployment(shared, id).await?,
            None => None,
        };
        let name = self.flow_name(shared, &run.flow_id).await?;
        let by = deployment.as_ref().map(|deployment| deployment.name.as_str());
        let flow = shared.flows.find(by, pool, &name).cloned();
        Ok((deployment, name, flow))
    }

    async fn deployment(&self, shared: &Shared, id: &DeploymentId) -> Result<Option<Deployment>> {
        let kept = lock(&self.deployments).get(id).cloned();
        if let Some((_, deployment)) = kept.filter(|(since, _)| since.elapsed() < REMEMBERED) {
            return Ok(deployment);
        }
        let deployment = shared
            .client
            .deployment_by_id(id.clone())
            .get()
            .send_opt()
            .await?;
        let mut all = lock(&self.deployments);
        all.retain(|_, (since, _)| since.elapsed() < REMEMBERED);
        all.insert(id.clone(), (Instant::now(), deployment.clone()));
        Ok(deployment)
    }

    /// A flow's name never changes.
    async fn flow_name(&self, shared: &Shared, id: &FlowId) -> Result<String> {
        if let Some(name) = lock(&self.flows).get(id).cloned() {
            return Ok(name);
        }
        let name = shared.client.flow(id.clone()).get().send().await?.name;
        lock(&self.flows).insert(id.clone(), name.clone());
        Ok(name)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
