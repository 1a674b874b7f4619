//! Listings and records of many files at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::try_join;
use globus_transfer::TaskId;
use run_store::DeliveryKey;

use super::delivery;
use super::extent::Extent;
use super::hop::{Hop, Item};
use super::mover::STEP;
use super::name::Name;
use super::observe::observe_all;
use super::ride::Ride;
use super::source;
use super::verified::{VerifiedCopy, Verify};
use super::verify::confirmed;
use crate::failure::Failure;
use crate::session::{Session, Workplace};

/// Looks at these items on the source: each a file, or why it is none.
pub(super) async fn look_all(
    run: &Session,
    items: &[Item<'_>],
    hop: Hop<'_>,
    which: &[usize],
) -> Result<BTreeMap<usize, Result<Extent, Failure>>, Failure> {
    let paths: Vec<&str> = which.iter().map(|n| items[*n].path).collect();
    let seen = observe_all(run.workplace(), hop.source, &paths, STEP).await?;
    let each = which.iter().zip(seen);
    Ok(each
        .map(|(n, seen)| {
            let file = seen.and_then(|seen| source::file(seen, hop.source.key().as_str()));
            (*n, file)
        })
        .collect())
}

/// The task of the delivery of each of these items over this hop that is on record.
pub(super) async fn recorded_all(
    place: &Workplace,
    items: &[Item<'_>],
    hop: Hop<'_>,
    which: &[usize],
) -> Result<Vec<Option<String>>, Failure> {
    let keys = which.iter().map(|n| {
        let (from, to) = hop.both(items[*n]);
        delivery::key(from, to, STEP)
    });
    let keys: Vec<DeliveryKey> = keys.collect::<Result<_, _>>()?;
    let found = place.store().deliveries(&keys).await;
    let found = found.map_err(|error| Failure::store(STEP, &error))?;
    let tasks = found.into_iter().map(|found| found.map(|found| found.task_id));
    Ok(tasks.collect())
}

/// Confirms deliveries that have just ended, as for one: the source unchanged since submission, the copy of its size.
/// Records those that are proved, in one transaction.
pub(super) async fn confirm_all(
    run: &Session,
    items: &[Item<'_>],
    hop: Hop<'_>,
    delivered: Vec<(usize, Arc<Ride>, TaskId)>,
) -> Vec<(usize, Arc<Ride>, Result<VerifiedCopy, Failure>)> {
    let place = run.workplace();
    let paths: Vec<&str> = delivered.iter().map(|(n, ..)| items[*n].path).collect();
    let looked = try_join(
        observe_all(place, hop.source, &paths, STEP),
        observe_all(place, hop.destination, &paths, STEP),
    )
    .await;
    let (from, to) = match looked {
        Ok(looked) => looked,
        Err(failure) => {
            let all = delivered.into_iter();
            return all.map(|(n, ride, _)| (n, ride, Err(failure.clone()))).collect();
        }
    };
    let at = place.now();
    let (mut ends, mut records) = (Vec::new(), Vec::new());
    // The files of a task share its name.
    let mut task = Name::from("");
    for ((n, ride, task_id), (from, to)) in delivered.into_iter().zip(from.into_iter().zip(to)) {
        let (source, destination) = hop.both(items[n]);
        let sides = from.and_then(|from| Ok((from, to?)));
        let end = sides
            .and_then(|(from, to)| {
                let submitted = ride.source(items[n].path);
                confirmed((source, from), (destination, to), &submitted, STEP)
            })
            .map_err(|failure| failure.task(&task_id, "SUCCEEDED"));
        let end = end.map(|(from, to)| {
            records.push(delivery::of((&from, &to), (run.run_id(), task_id.as_ref()), at));
            if *task != *task_id.as_ref() {
                task = task_id.as_ref().into();
            }
            VerifiedCopy::new(from, to, (Verify::Delivery, Some(task.clone())), at)
        });
        ends.push((n, ride, end));
    }
    if let Err(error) = place.store().record_deliveries(records).await {
        let failure = Failure::store(STEP, &error).of("run_store");
        for (_, _, end) in &mut ends {
            *end = Err(failure.clone());
        }
    }
    ends
}
