//! Runs of other flows that a run starts and waits for.

use std::time::Duration;

use run_store::Effect;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::run::RunContext;

const STEP: &str = "dispatch";
/// How often the server is asked at first, and at most.
const FIRST: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(30);

/// A run of a deployment that a run starts.
#[derive(Debug, Clone)]
pub struct ChildRun {
    /// The deployment, as `flow/name`.
    pub deployment: String,
    /// Its parameters.
    pub parameters: Value,
    /// The same key never starts two.
    pub key: String,
}

/// How a run of another flow ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChildEnd {
    /// The run's id.
    pub id: String,
    /// Whether it ended well.
    pub ok: bool,
    /// The state's name, such as `Completed`.
    pub state: String,
    /// What the state says.
    pub message: Option<String>,
}

/// Starts a run of `deployment`, once for this run, and waits for its end. While it waits it holds no slot of a worker.
///
/// A child that ended is not started again by a rerun of its parent, unless it failed.
///
/// # Errors
/// It could not be started, or could not be asked for.
pub async fn finish_child(
    run: &RunContext,
    deployment: &str,
    parameters: &Value,
) -> Result<ChildEnd, Failure> {
    let stored = |error: run_store::Error| Failure::store(STEP, &error);
    let unreadable = |error: serde_json::Error| Failure::new(STEP, "run_store", error.to_string());
    let slot = match run.effect(STEP, deployment).await? {
        Effect::Done(outcome) => return serde_json::from_value(outcome).map_err(unreadable),
        Effect::Pending(slot, _) => slot,
        Effect::New(slot) | Effect::Failed { slot, .. } => {
            let document = parameters.to_string();
            slot.intend(document.as_bytes(), &Value::Null)
                .await
                .map_err(stored)?
        }
    };
    let child = ChildRun {
        deployment: deployment.to_owned(),
        parameters: parameters.clone(),
        key: format!("{}:{deployment}:{}", run.run_id(), slot.attempt()),
    };
    let scheduler = run.facility().scheduler();
    let id = match scheduler.start(&child).await {
        Ok(id) => id,
        Err(failure) => {
            slot.failed(&json!(failure)).await.map_err(stored)?;
            return Err(failure);
        }
    };
    slot.note(&json!({"flow_run_id": id})).await.map_err(stored)?;
    let end = run.holding(STEP, run.idle(end_of(run, &id))).await??;
    let outcome = json!(end);
    if end.ok {
        slot.done(&outcome).await.map_err(stored)?;
    } else {
        slot.failed(&outcome).await.map_err(stored)?;
    }
    Ok(end)
}

/// Asks more and more seldom; a server that cannot be reached is asked again.
async fn end_of(run: &RunContext, id: &str) -> Result<ChildEnd, Failure> {
    let mut pause = FIRST;
    loop {
        match run.facility().scheduler().ended(id).await {
            Ok(Some(end)) => return Ok(end),
            Ok(None) => {}
            Err(failure) if failure.code == "no_run" || failure.code == "no_server" => return Err(failure),
            Err(failure) => tracing::warn!(%failure, "asked again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(SELDOM);
    }
}
