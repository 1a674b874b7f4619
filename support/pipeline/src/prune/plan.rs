//! Putting a prune into the schedule, once, for a copy that is proved.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use proved_transfer::copy::Verify;
use run_store::Effect;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::guard::Target;
use super::registry;
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
    let of_this_pair = proof.subject().endpoint() == source.key().as_str()
        && proof.witness().endpoint() == check.key().as_str();
    let site = run.facility().config().site();
    let rule = site.prune_rule(source.key().as_str(), check.key().as_str());
    let planned = if of_this_pair && rule.is_some() {
        let prune = planned(run, relative_path, (source, Some(check)), proof.verified_by());
        put(run, prune, after, false).await
    } else {
        let text = format!(
            "a copy on {} does not prove the one on {}",
            check.key(),
            source.key()
        );
        Err(Failure::new(STEP, "no_rule", text))
    };
    planned.map_err(|failure| failure.file(relative_path).hop(source.key()))
}

/// Schedules the end of what went into the trash: the same witness must stand then. Where the scheduler cannot be
/// reached the local schedule has it, for nothing may lie in the trash for ever.
pub(super) async fn schedule_expiry(
    run: &RunContext,
    target: &Target,
    verify: Verify,
    trash: &str,
) -> Result<ScheduledPrune, Failure> {
    let prune = planned(run, trash, (&target.source, target.check.as_ref()), verify);
    let after = run.facility().config().pruning().trash();
    put(run, prune, after, true)
        .await
        .map_err(|failure| failure.file(trash).hop(target.source.key()))
}

fn planned(
    run: &RunContext,
    relative_path: &str,
    (source, check): (&StorageEndpoint, Option<&StorageEndpoint>),
    verify: Verify,
) -> PlannedPrune {
    PlannedPrune {
        source: source.clone(),
        check: check.cloned(),
        relative_path: relative_path.to_owned(),
        verify,
        at: run.facility().now(),
        key: format!("{}:{}:{relative_path}", run.run_id(), source.key()),
        run_id: run.run_id().to_owned(),
    }
}

async fn put(
    run: &RunContext,
    mut prune: PlannedPrune,
    after: TimeDelta,
    or_local: bool,
) -> Result<ScheduledPrune, Failure> {
    let unreadable = |error: serde_json::Error| Failure::new(STEP, "run_store", error.to_string());
    let store = |error: run_store::Error| Failure::store(STEP, &error);
    let key = format!("{}:{}", prune.source.key(), prune.relative_path);
    let slot = match run.effect(STEP, &key).await? {
        Effect::Done(outcome) => return serde_json::from_value(outcome).map_err(unreadable),
        Effect::Pending(slot, intent) => {
            prune.at = serde_json::from_value::<Due>(intent.facts)
                .map_err(unreadable)?
                .at;
            slot
        }
        Effect::New(slot) | Effect::Failed { slot, .. } => {
            prune.at = (prune.at + after).trunc_subsecs(0);
            slot.intend(
                prune.parameters().to_string().as_bytes(),
                &json!(Due { at: prune.at }),
            )
            .await
            .map_err(store)?
        }
    };
    let scheduled = run
        .holding(STEP, run.facility().scheduler().schedule(&prune))
        .await?;
    let id = match scheduled {
        Ok(id) => {
            registry::list(run.facility(), &prune, Some(&id)).await?;
            id
        }
        Err(failure) if or_local => {
            tracing::warn!(run_id = run.run_id(), %failure, "kept in the local schedule");
            registry::list(run.facility(), &prune, None).await?
        }
        Err(failure) => return Err(failure),
    };
    let scheduled = ScheduledPrune {
        endpoint: prune.source.key().to_string(),
        path: prune.relative_path,
        check_endpoint: prune.check.map(|check| check.key().to_string()),
        at: prune.at,
        id,
    };
    slot.done(&json!(scheduled)).await.map_err(store)?;
    run.say(&Event::PruneScheduled {
        endpoint: scheduled.endpoint.clone(),
        at: scheduled.at.to_rfc3339(),
    });
    Ok(scheduled)
}
