//! Putting a prune into the schedule, once, for a copy that is proved.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use run_store::Effect;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rule::rule;
use crate::copy::VerifiedCopy;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::report::ScheduledPrune;
use crate::run::RunContext;
use crate::scheduler::PlannedPrune;

const STEP: &str = "schedule_prune";

#[derive(Serialize, Deserialize)]
struct Due {
    at: DateTime<Utc>,
}

/// Schedules the prune of `proof`'s subject, `after` from now, and waits until the schedule has it.
///
/// The prune proves the copy again when it runs; a proof that is not the pair's own is refused. Happens
/// once in effect for a run: a rerun keeps the first date.
///
/// # Errors
/// The pair is not in the table of prune rules, the proof is of another pair, or the schedule did not
/// take it.
pub async fn schedule_prune(
    run: &RunContext,
    relative_path: &str,
    (source, check): (&StorageEndpoint, &StorageEndpoint),
    proof: &VerifiedCopy,
    after: TimeDelta,
) -> Result<ScheduledPrune, Failure> {
    plan(run, relative_path, (source, check), proof, after)
        .await
        .map_err(|failure| failure.file(relative_path).hop(source.key()))
}

async fn plan(
    run: &RunContext,
    relative_path: &str,
    (source, check): (&StorageEndpoint, &StorageEndpoint),
    proof: &VerifiedCopy,
    after: TimeDelta,
) -> Result<ScheduledPrune, Failure> {
    let of_this_pair = proof.subject().endpoint() == source.key().as_str()
        && proof.witness().endpoint() == check.key().as_str();
    if !of_this_pair || rule(source.key().as_str(), check.key().as_str()).is_none() {
        return Err(Failure::new(
            STEP,
            "no_rule",
            format!(
                "a copy on {} does not prove the one on {}",
                check.key(),
                source.key()
            ),
        ));
    }
    let key = format!("{}:{relative_path}", source.key());
    let slot = match run.effect(STEP, &key).await? {
        Effect::Done(outcome) => {
            return serde_json::from_value(outcome)
                .map_err(|error| Failure::new(STEP, "run_store", error.to_string()));
        }
        Effect::Pending(slot, intent) => {
            let due: Due = serde_json::from_value(intent.facts)
                .map_err(|error| Failure::new(STEP, "run_store", error.to_string()))?;
            (slot, due.at)
        }
        Effect::New(slot) | Effect::Failed { slot, .. } => {
            let at = (run.facility().now() + after).trunc_subsecs(0);
            let document = planned(run, relative_path, (source, check), &key, at)
                .parameters()
                .to_string();
            let slot = slot
                .intend(document.as_bytes(), &json!(Due { at }))
                .await
                .map_err(|error| Failure::store(STEP, &error))?;
            (slot, at)
        }
    };
    let (slot, at) = slot;
    let prune = planned(run, relative_path, (source, check), &key, at);
    let id = run
        .holding(STEP, run.facility().scheduler().schedule(&prune))
        .await??;
    let scheduled = ScheduledPrune {
        endpoint: source.key().to_string(),
        path: relative_path.to_owned(),
        check_endpoint: check.key().to_string(),
        at,
        id,
    };
    slot.done(&json!(scheduled))
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    run.say(&Event::PruneScheduled {
        endpoint: scheduled.endpoint.clone(),
        at: at.to_rfc3339(),
    });
    Ok(scheduled)
}

fn planned(
    run: &RunContext,
    relative_path: &str,
    (source, check): (&StorageEndpoint, &StorageEndpoint),
    key: &str,
    at: DateTime<Utc>,
) -> PlannedPrune {
    PlannedPrune {
        source: source.clone(),
        check: check.clone(),
        relative_path: relative_path.to_owned(),
        at,
        key: format!("{}:{key}", run.run_id()),
        run_id: run.run_id().to_owned(),
    }
}
