//! Bringing results home: proved copies along a chain of endpoints, and the prunes of what is proved elsewhere.

use chrono::TimeDelta;
use proved_transfer::copy::{
    Claim, Hop, Item, Kind, Located, Seen, VerifiedCopy, Verify, Warrant, copy, last_delivery, observe,
    verify,
};

use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::prune::schedule_prune;
use crate::report::ScheduledPrune;
use crate::run::RunContext;

const STEP: &str = "schedule_prune";
/// The step of a result's last hop.
const HOME: &str = "home";

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

/// The way of results from where they are made to their home.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The endpoints that they go along.
    pub chain: &'a [&'a StorageEndpoint],
    /// From where others bring results to the same home, at the same paths.
    pub others: &'a [&'a StorageEndpoint],
}

/// A result that is home.
#[derive(Debug)]
pub struct Brought {
    /// Its copies, in the order of the way.
    pub proofs: Vec<VerifiedCopy>,
    /// What stood at its place before, brought there by others, and gave way.
    pub replaced: Vec<String>,
}

/// Copies a result folder from each endpoint of the way to the next, each copy proved.
///
/// Where others bring results to the same place one waits for the other; what stands there gives way if it has another
/// copy, and is never overwritten if it has none.
///
/// # Errors
/// The first copy that failed or could not be proved; `occupied` where the last copy of another result stands.
pub async fn bring(run: &RunContext, path: &str, way: Way<'_>) -> Result<Brought, Failure> {
    let label = path.rsplit('/').next().unwrap_or(path);
    let item = Item {
        path,
        label,
        kind: Kind::Folder,
    };
    let mut brought = Brought {
        proofs: Vec::new(),
        replaced: Vec::new(),
    };
    for (n, pair) in way.chain.windows(2).enumerate() {
        let [source, destination] = pair else { continue };
        let hop = Hop { source, destination };
        let proof = if n + 2 == way.chain.len() && !way.others.is_empty() {
            let key = format!("{}:{path}", destination.key());
            let (proof, replaced) = run
                .alone((HOME, &key), Box::pin(come_home(run, item, hop, way.others)))
                .await?;
            brought.replaced = replaced;
            proof
        } else {
            Box::pin(copy(run, item, hop, None)).await?
        };
        brought.proofs.push(proof);
    }
    Ok(brought)
}

async fn come_home(
    run: &RunContext,
    item: Item<'_>,
    hop: Hop<'_>,
    others: &[&StorageEndpoint],
) -> Result<(VerifiedCopy, Vec<String>), Failure> {
    let mut replaced = Vec::new();
    for other in others {
        let gives_way = gives_way(run, item, hop, other).await;
        replaced.extend(gives_way.map_err(|failure| failure.file(item.path).hop(hop))?);
    }
    for text in &replaced {
        run.say(&Event::Notice { text: text.clone() });
    }
    Ok((copy(run, item, hop, None).await?, replaced))
}

/// What was brought there from `other`, if that stands there and may be replaced.
async fn gives_way(
    run: &RunContext,
    item: Item<'_>,
    hop: Hop<'_>,
    other: &StorageEndpoint,
) -> Result<Option<String>, Failure> {
    let place = run.facility().workplace();
    let at = |endpoint| Located {
        endpoint,
        path: item.path,
    };
    let home = at(hop.destination);
    let Some((run_id, theirs)) = last_delivery(place, at(other), home, HOME).await? else {
        return Ok(None);
    };
    let ours = last_delivery(place, at(hop.source), home, HOME).await?;
    if ours.is_some_and(|(_, ours)| ours >= theirs) {
        return Ok(None);
    }
    let (path, from, to) = (item.path, other.key(), hop.destination.key());
    let what = format!("{path:?} on {to} is what run {run_id} brought from {from}");
    let claim = Claim::Copy {
        witness: at(other),
        by: Verify::Delivery,
    };
    let has_no_other = match verify(place, home, claim, HOME).await {
        Ok(_) => false,
        Err(failure) if failure.code == "source_missing" => return Ok(None),
        // Something else stands there by now, such as a part of ours.
        Err(failure) if failure.code == "source_changed" => {
            matches!(observe(place, other, path, HOME).await?, Seen::Missing)
        }
        Err(failure) if failure.code.starts_with("check_") => true,
        Err(failure) => return Err(failure),
    };
    if has_no_other {
        let text = format!("{what}, and has no other copy: it is not overwritten");
        return Err(Failure::new(HOME, "occupied", text)
            .remedy("move it away, or delete it if it is not needed, and run again with the same --run-id"));
    }
    Ok(Some(format!(
        "{what}, where its copy stays; it is replaced, and a prune of it that is scheduled refuses"
    )))
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
