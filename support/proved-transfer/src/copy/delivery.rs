//! Deliveries on record: what was seen on both sides when a task was found to have ended well.

use chrono::{DateTime, Utc};
use run_store::{DeliveredFile, Delivery, DeliveryKey};

use super::extent::{Extent, FolderFile, Located, Manifest};
use super::observe::{Observation, collection, path_on};
use super::verified::{VerifiedCopy, Verify};
use crate::failure::Failure;
use crate::session::Workplace;

/// A delivery as it concerns the pair that is being verified, whichever way it went.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) subject: Extent,
    pub(super) witness: Extent,
    pub(super) task_id: String,
}

/// The deliveries between the two, this way and back.
pub(super) async fn recorded(
    place: &Workplace,
    subject: Located<'_>,
    witness: Located<'_>,
    step: &str,
) -> Result<Vec<Recorded>, Failure> {
    let mut found = Vec::new();
    if let Some(there) = lookup(place, &key(subject, witness, step)?, step).await? {
        found.extend(extents(&there, subject, witness).map(|(source, copy)| Recorded {
            subject: source,
            witness: copy,
            task_id: there.task_id,
        }));
    }
    if let Some(back) = lookup(place, &key(witness, subject, step)?, step).await? {
        found.extend(extents(&back, witness, subject).map(|(source, copy)| Recorded {
            subject: copy,
            witness: source,
            task_id: back.task_id,
        }));
    }
    Ok(found)
}

/// The run that delivered `source` to `destination` last, as far as it is on record, and when. Asks no service.
///
/// # Errors
/// A path that cannot be one, or the run store cannot be read.
pub async fn last_delivery(
    place: &Workplace,
    source: Located<'_>,
    destination: Located<'_>,
    step: &str,
) -> Result<Option<(String, DateTime<Utc>)>, Failure> {
    let found = lookup(place, &key(source, destination, step)?, step).await?;
    Ok(found.map(|delivery| (delivery.run_id, delivery.delivered_at)))
}

/// The delivery of `source` to `destination`: both sides as they were then.
pub(super) async fn delivered(
    place: &Workplace,
    source: Located<'_>,
    destination: Located<'_>,
    step: &str,
) -> Result<Option<(Extent, Extent)>, Failure> {
    let found = lookup(place, &key(source, destination, step)?, step).await?;
    Ok(found.and_then(|delivery| extents(&delivery, source, destination)))
}

async fn lookup(place: &Workplace, key: &DeliveryKey, step: &str) -> Result<Option<Delivery>, Failure> {
    place
        .store
        .delivery(key)
        .await
        .map_err(|error| Failure::store(step, &error))
}

/// The key under which a delivery is recorded: collections and full paths, so that two keys of the
/// configuration that mean the same place mean the same delivery.
pub(super) fn key(source: Located<'_>, destination: Located<'_>, step: &str) -> Result<DeliveryKey, Failure> {
    Ok(DeliveryKey {
        source_endpoint: collection(source.endpoint, step)?.to_string(),
        source_path: path_on(source.endpoint, source.path, step)?,
        destination_endpoint: collection(destination.endpoint, step)?.to_string(),
        destination_path: path_on(destination.endpoint, destination.path, step)?,
    })
}

/// The record that `copy` was delivered from `source`.
pub(super) fn of(
    (source, copy): (&Extent, &Extent),
    (run_id, task_id): (&str, &str),
    at: DateTime<Utc>,
) -> Delivery {
    let copied = copy.contents();
    let files = source
        .contents()
        .into_iter()
        .map(|(path, (size, modified))| DeliveredFile {
            path: path.to_owned(),
            size,
            source_mtime: modified,
            copy_mtime: copied.get(path).map(|(_, modified)| *modified),
        })
        .collect();
    Delivery {
        key: DeliveryKey {
            source_endpoint: source.collection().to_owned(),
            source_path: source.path().to_owned(),
            destination_endpoint: copy.collection().to_owned(),
            destination_path: copy.path().to_owned(),
        },
        run_id: run_id.to_owned(),
        task_id: task_id.to_owned(),
        delivered_at: at,
        files,
    }
}

/// Records that `copy` was delivered from `source`.
pub(super) async fn record(
    place: &Workplace,
    sides: (&Extent, &Extent),
    (run_id, task_id): (&str, &str),
    at: DateTime<Utc>,
    step: &str,
) -> Result<(), Failure> {
    let delivery = of(sides, (run_id, task_id), at);
    place
        .store
        .record_delivery(&delivery)
        .await
        .map_err(|error| Failure::store(step, &error))
}

/// Records that what `proof` is about lies at `path` now, so that the same witness proves it there.
pub(crate) async fn record_moved(
    place: &Workplace,
    proof: &VerifiedCopy,
    path: &str,
    run_id: &str,
    step: &str,
) -> Result<(), Failure> {
    let (Verify::Delivery, Some(task_id)) = (proof.verified_by(), proof.task_id()) else {
        return Ok(());
    };
    let subject = at_path(proof.subject(), path);
    let sides = (&subject, proof.witness());
    record(place, sides, (run_id, task_id), place.now(), step).await
}

/// Records that of what `proof` is about only `standing` is left: a deletion stopped half-way.
pub(crate) async fn shrink(
    place: &Workplace,
    proof: &VerifiedCopy,
    standing: &Extent,
    run_id: &str,
    step: &str,
) -> Result<(), Failure> {
    let (Verify::Delivery, Some(task_id)) = (proof.verified_by(), proof.task_id()) else {
        return Ok(());
    };
    let left = at_path(standing, proof.subject().path());
    let sides = (&left, proof.witness());
    record(place, sides, (run_id, task_id), place.now(), step).await
}

fn at_path(extent: &Extent, path: &str) -> Extent {
    let mut moved = extent.clone();
    match &mut moved {
        Extent::Folder(folder) => path.clone_into(&mut folder.path),
        Extent::File(file) => path.clone_into(&mut file.path),
    }
    moved
}

/// Both sides as they were when the delivery was confirmed; nothing if the copy's times were not seen.
pub(super) fn extents(
    delivery: &Delivery,
    source: Located<'_>,
    destination: Located<'_>,
) -> Option<(Extent, Extent)> {
    let copy_times: Vec<_> = delivery.files.iter().map(|file| file.copy_mtime).collect();
    let source_times = delivery
        .files
        .iter()
        .map(|file| Some(file.source_mtime))
        .collect();
    let key = &delivery.key;
    let from = (source, key.source_endpoint.as_str(), key.source_path.as_str());
    let to = (
        destination,
        key.destination_endpoint.as_str(),
        key.destination_path.as_str(),
    );
    Some((
        extent(delivery, from, source_times)?,
        extent(delivery, to, copy_times)?,
    ))
}

fn extent(
    delivery: &Delivery,
    (located, collection, path): (Located<'_>, &str, &str),
    times: Vec<Option<DateTime<Utc>>>,
) -> Option<Extent> {
    let endpoint = located.endpoint.key().to_string();
    let (collection, path) = (collection.to_owned(), path.to_owned());
    if let ([file], [time]) = (delivery.files.as_slice(), times.as_slice())
        && file.path.is_empty()
    {
        return Some(Extent::File(Observation {
            endpoint: endpoint.into(),
            collection: collection.into(),
            path,
            size: file.size,
            modified: (*time)?,
        }));
    }
    let files: Option<Vec<FolderFile>> = delivery
        .files
        .iter()
        .zip(times)
        .map(|(file, time)| {
            Some(FolderFile {
                path: file.path.clone(),
                size: file.size,
                modified: time?,
            })
        })
        .collect();
    Some(Extent::Folder(Manifest {
        endpoint,
        collection,
        path,
        size: delivery.files.iter().map(|file| file.size).sum(),
        files: files?,
    }))
}
