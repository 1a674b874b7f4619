//! Taking over the runs of workers that have died.
//!
//! The lock is the state Crashed, which the server accepts once: of several workers that find an orphan, one goes on
//! and schedules the run again. It may die in between; the message of the state names it, so that another sees that
//! nobody is on it, and takes the run by Pending, which is exclusive too.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use super::claim;
use super::execute::clean_up;
use super::lease::TAKEOVER_WINDOW;
use super::poll::Known;
use super::run_state::RunState;
use super::shared::{Shared, count};
use crate::model::{NewState, StateType, Transition, WorkerStatus};
use crate::{FlowRun, FlowRunId, Result, StateId};

/// How long after it was taken over a run may stay Crashed before somebody else sees to it.
const STRANDED: TimeDelta = TimeDelta::seconds(60);
/// How far back runs that were taken over are looked for.
const LOOK_BACK: TimeDelta = TimeDelta::hours(24);

/// What was seen of others' runs, from one round to the next.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Runs whose worker was dead in the last round.
    dead: HashSet<FlowRunId>,
    /// Whose a run is, by its history, where its state does not say: for as long as it is in that state.
    owners: HashMap<FlowRunId, (Option<StateId>, Option<String>)>,
}

/// Looks for orphans, for as long as it is polled.
pub(crate) async fn sweep(shared: &Arc<Shared>, known: &Arc<Known>) {
    let mut seen = Seen::default();
    loop {
        // Not in step with the others.
        let spread = shared.client.rest().clock().jitter();
        let pause = shared.settings.heartbeat_interval.max(Duration::from_secs(2));
        tokio::time::sleep(pause.mul_f64(0.75 + spread / 2.0)).await;
        if let Err(error) = round(shared, known, &mut seen).await {
            seen.dead.clear();
            tracing::debug!(%error, "no look at others' runs");
        }
    }
}

async fn round(shared: &Arc<Shared>, known: &Arc<Known>, seen: &mut Seen) -> Result<()> {
    let looked = Instant::now();
    let alive = alive(shared).await?;
    let pools: Vec<&str> = shared
        .settings
        .pools
        .iter()
        .map(|pool| pool.name.as_str())
        .collect();
    let open = ["PENDING", "RUNNING", "CANCELLING"];
    let runs = shared
        .client
        .flow_runs()
        .list()
        .work_pools(&pools)
        .state_types(open)
        .collect()
        .await?;
    let others: Vec<&FlowRun> = runs.iter().filter(|run| !shared.has(&run.id)).collect();
    let here: HashSet<&FlowRunId> = others.iter().map(|run| &run.id).collect();
    seen.owners.retain(|id, _| here.contains(id));
    let mut dead = HashSet::new();
    for run in others {
        let Some(owner) = owner(shared, run, seen).await? else {
            continue;
        };
        // A run of this very worker that is not here was taken by a request whose answer was lost.
        if owner != shared.settings.name && alive.contains(&owner) {
            continue;
        }
        // What was looked at too long ago may be alive again.
        if seen.dead.contains(&run.id) && looked.elapsed() < TAKEOVER_WINDOW / 2 {
            adopt(shared, known, run, &owner).await;
        } else {
            dead.insert(run.id.clone());
        }
    }
    seen.dead = dead;
    let since = shared.clock.now() - LOOK_BACK;
    let crashed = shared
        .client
        .flow_runs()
        .list()
        .work_pools(&pools)
        .state_types(["CRASHED"]);
    for run in crashed.ended_after(since).collect().await? {
        unstrand(shared, &run, &alive).await;
    }
    Ok(())
}

/// The workers of our pools that the server has heard of lately.
async fn alive(shared: &Shared) -> Result<HashSet<String>> {
    let mut alive = HashSet::new();
    for pool in &shared.settings.pools {
        for worker in shared.client.work_pool(&pool.name).workers().collect().await? {
            if worker.status != Some(WorkerStatus::Offline) {
                alive.insert(worker.name);
            }
        }
    }
    Ok(alive)
}

/// Whose a run is; `None` for runs that none of us ever took.
async fn owner(shared: &Shared, run: &FlowRun, seen: &mut Seen) -> Result<Option<String>> {
    let state = run.state.as_ref();
    let message = state
        .and_then(|state| state.message.as_deref())
        .unwrap_or_default();
    if let Some(owner) = claim::owner(message) {
        return Ok(Some(owner.to_owned()));
    }
    let id = state.and_then(|state| state.id.clone());
    if let Some((_, owner)) = seen.owners.get(&run.id).filter(|(of, _)| *of == id) {
        return Ok(owner.clone());
    }
    let states = shared.client.flow_run(run.id.clone()).states().send().await?;
    let signed = states
        .iter()
        .filter(|state| state.message.as_deref().and_then(claim::owner).is_some());
    let latest = signed.max_by_key(|state| state.timestamp);
    let owner = latest
        .and_then(|state| claim::owner(state.message.as_deref()?))
        .map(str::to_owned);
    seen.owners.insert(run.id.clone(), (id, owner.clone()));
    Ok(owner)
}

/// Sees to the run of a dead worker.
async fn adopt(shared: &Arc<Shared>, known: &Arc<Known>, run: &FlowRun, owner: &str) {
    if run.state_type == Some(StateType::Cancelling) {
        return cancel(shared, known, run).await;
    }
    let tries = run.run_count.unwrap_or(0);
    let retries = run
        .empirical_policy
        .as_ref()
        .and_then(|policy| policy.retries)
        .unwrap_or(0);
    let gives_up = tries > u64::from(retries) + shared.settings.takeovers;
    let message = if gives_up {
        format!("worker {owner} has died in attempt {tries}; the run is not tried again")
    } else {
        claim::takeover_message(&shared.settings.name)
    };
    let set = shared
        .client
        .flow_run(run.id.clone())
        .set_state(NewState::crashed(&message));
    match tokio::time::timeout(TAKEOVER_WINDOW / 2, set.send()).await {
        Ok(Ok(Transition::Accepted(_))) if gives_up => {
            tracing::error!(flow_run_id = %run.id, owner, tries, "a run whose workers die is given up");
            count(&shared.counts.crashed);
            let flow = flow_name(shared, known, run).await;
            let told = &shared.settings.on_unhandled;
            told.tell(&run.id, flow.as_deref(), message);
        }
        Ok(Ok(Transition::Accepted(_))) => {
            tracing::warn!(flow_run_id = %run.id, owner, "the run's worker has died; it is scheduled again");
            count(&shared.counts.taken_over);
            reschedule(shared, run, owner).await;
        }
        Ok(Ok(refused)) => {
            tracing::debug!(flow_run_id = %run.id, reason = refused.reason(), "another saw to the run");
        }
        // If it was accepted after all, the state names this worker, which finds it in the next round.
        Ok(Err(error)) => tracing::warn!(flow_run_id = %run.id, %error, "an orphan was not taken over yet"),
        Err(_) => {
            tracing::warn!(flow_run_id = %run.id, "an orphan was not taken over yet: no answer in time");
        }
    }
}

async fn flow_name(shared: &Arc<Shared>, known: &Known, run: &FlowRun) -> Option<String> {
    let pool = run.work_pool_name.as_deref()?;
    let (_, name, _) = known.find(shared, pool, run).await.ok()?;
    Some(name)
}

async fn reschedule(shared: &Shared, run: &FlowRun, owner: &str) {
    let message = format!(
        "worker {owner} has died; worker {} saw to it",
        shared.settings.name
    );
    let state = NewState::awaiting_retry(shared.clock.now()).message(message);
    match shared
        .client
        .flow_run(run.id.clone())
        .set_state(state)
        .send()
        .await
    {
        Ok(Transition::Accepted(_)) => shared.wake.notify_one(),
        Ok(refused) => {
            tracing::warn!(flow_run_id = %run.id, reason = refused.reason(), "the orphan cannot be scheduled again");
        }
        Err(error) => tracing::warn!(flow_run_id = %run.id, %error, "an orphan waits to be scheduled again"),
    }
}

/// A run that was taken over and stays Crashed: goes on where whoever took it over has stopped.
async fn unstrand(shared: &Shared, run: &FlowRun, alive: &HashSet<String>) {
    let Some(state) = &run.state else { return };
    let Some(by) = state.message.as_deref().and_then(claim::taken_over_by) else {
        return;
    };
    let since = state.timestamp.map(|since| shared.clock.now() - since);
    if since.is_none_or(|since| since < STRANDED) {
        return;
    }
    if by == shared.settings.name {
        // Only who set Crashed, and this worker did, goes on from it.
        return reschedule(shared, run, by).await;
    }
    if alive.contains(by) {
        return;
    }
    let taken = NewState::pending().message(claim::message(&shared.settings.name));
    match shared
        .client
        .flow_run(run.id.clone())
        .set_state(taken)
        .send()
        .await
    {
        Ok(Transition::Accepted(_)) => reschedule(shared, run, by).await,
        Ok(_) => {}
        Err(error) => tracing::warn!(flow_run_id = %run.id, %error, "a stranded run was not seen to yet"),
    }
}

/// A run whose worker died while it was to cancel it: cleans up in its stead.
///
/// Nothing here is exclusive, so two may clean up, which cleanups must bear anyway.
async fn cancel(shared: &Arc<Shared>, known: &Arc<Known>, run: &FlowRun) {
    let Some(pool) = run.work_pool_name.clone() else {
        return;
    };
    let Ok((deployment, _, Some(flow))) = known.find(shared, &pool, run).await else {
        return;
    };
    let Ok(slot) = Arc::clone(&shared.slots).try_acquire_owned() else {
        return;
    };
    if !shared.reserve(&run.id) {
        return;
    }
    let state = RunState::new(run.clone(), deployment, pool, flow, slot, Instant::now());
    let state = Arc::new(state);
    state.give(super::run_state::Order::Cancel);
    let problem = clean_up(shared, &state).await.err();
    let cancelled =
        NewState::cancelled().message(problem.unwrap_or_else(|| "its worker has died".to_owned()));
    match shared
        .client
        .flow_run(run.id.clone())
        .set_state(cancelled)
        .send()
        .await
    {
        Ok(answer) if answer.is_accepted() => count(&shared.counts.cancelled),
        Ok(_) => {}
        Err(error) => tracing::warn!(flow_run_id = %run.id, %error, "an orphan is not cancelled yet"),
    }
    shared.leave(&run.id);
}
