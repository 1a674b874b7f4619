//! Bringing results home: proved copies along a chain of endpoints, and the prunes of what is proved elsewhere.

use chrono::TimeDelta;
use proved_transfer::copy::{Claim, Hop, Item, Kind, Located, VerifiedCopy, Verify, Warrant, copy, verify};

use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::prune::schedule_prune;
use crate::report::ScheduledPrune;
use crate::run::RunContext;

const STEP: &str = "schedule_prune";

/// A copy that goes after a time, and the endpoint whose copy must prove it.
#[derive(Debug, Clone, Copy)]
pub struct Goes<'a> {
    /// Where the copy is that goes.
    pub source: &'a StorageEndpoint,
    /// Where the copy must stand that proves it.
    pub check: &'a StorageEndpoint,
    /// How long it stays.
    pub after: TimeDelta,
    /// What the two are compared by.
    pub by: Verify,
}

/// Copies a result folder from each endpoint of the chain to the next, each copy proved.
///
/// # Errors
/// The first copy that failed or could not be proved.
pub async fn bring(
    run: &RunContext,
    path: &str,
    chain: &[&StorageEndpoint],
) -> Result<Vec<VerifiedCopy>, Failure> {
    let label = path.rsplit('/').next().unwrap_or(path);
    let item = Item {
        path,
        label,
        kind: Kind::Folder,
    };
    let mut proofs = Vec::new();
    for pair in chain.windows(2) {
        let [source, destination] = pair else { continue };
        let copied = copy(run, item, Hop { source, destination }, None);
        proofs.push(Box::pin(copied).await?);
    }
    Ok(proofs)
}

/// Proves each copy now and schedules its prune. One that fails does not keep the others from being scheduled.
pub async fn plan_prunes(
    run: &RunContext,
    path: &str,
    plans: &[Goes<'_>],
) -> (Vec<ScheduledPrune>, Vec<Failure>) {
    let (mut planned_prunes, mut failures) = (Vec::new(), Vec::new());
    for plan in plans {
        let claim = Claim::Copy {
            witness: Located {
                endpoint: plan.check,
                path,
            },
            by: plan.by,
        };
        let subject = Located {
            endpoint: plan.source,
            path,
        };
        let planned = async {
            let Warrant::Copy(proof) = verify(run.facility().workplace(), subject, claim, STEP).await? else {
                return Err(Failure::new(STEP, "no_delivery", "the claim was of a copy"));
            };
            let pair = (plan.source, plan.check);
            schedule_prune(run, path, pair, &proof, plan.after).await
        };
        match Box::pin(planned).await {
            Ok(prune) => planned_prunes.push(prune),
            Err(failure) => failures.push(failure.file(path)),
        }
    }
    (planned_prunes, failures)
}
