//! The verifier: the only place that makes a [`VerifiedCopy`]. It reads, and never writes.

use chrono::{DateTime, Utc};
use futures_util::future::try_join;
use run_store::{DeliveredFile, Delivery, DeliveryKey};

use super::observe::{Observation, Seen, collection, observe, path_on};
use super::verified::VerifiedCopy;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::session::{Session, Workplace};

/// Proves, by delivery, that `witness` holds a copy of the file that `subject` holds.
///
/// The delivery may have gone either way. What the listings show now must equal what was recorded when
/// it was confirmed: the file unchanged, the copy unchanged and as long. Two requests.
///
/// # Errors
/// Every doubt is one, with a code of its own: `no_delivery`, `source_missing`, `source_not_a_file`,
/// `source_changed`, `check_missing`, `check_not_a_file`, `check_empty`, `check_shorter`, `check_changed`.
pub async fn verify_delivery(
    place: &Workplace,
    relative: &str,
    subject: &StorageEndpoint,
    witness: &StorageEndpoint,
    step: &str,
) -> Result<VerifiedCopy, Failure> {
    let hop = format!("{} <- {}", subject.key(), witness.key());
    let named = |failure: Failure| failure.file(relative).hop(&hop);
    let recorded = recorded(place, relative, subject, witness, step)
        .await
        .map_err(&named)?;
    let (file, copy) = try_join(
        observe(place, subject, relative, step),
        observe(place, witness, relative, step),
    )
    .await
    .map_err(&named)?;
    let file = subject_file(file, subject, step).map_err(&named)?;
    let copy = witness_file(copy, witness, &file, step).map_err(&named)?;
    let Some(recorded) = recorded else {
        return Err(named(
            Failure::new(
                step,
                "no_delivery",
                format!(
                    "no delivery between {} and {} is on record, so nothing proves the copy",
                    subject.key(),
                    witness.key()
                ),
            )
            .remedy("run the move again: it proves a copy that already stands without copying it again"),
        ));
    };
    unchanged(&file, &recorded.subject, "source", step).map_err(&named)?;
    unchanged(&copy, &recorded.witness, "check", step).map_err(&named)?;
    Ok(VerifiedCopy::new(file, copy, recorded.task_id, place.now()))
}

/// Confirms a delivery that has just ended: the source unchanged since submission, the copy as long.
/// Records it, so that later runs and prunes can prove it again. Two requests.
pub(crate) async fn confirm_delivery(
    run: &Session,
    relative: &str,
    at_submission: &Observation,
    (source, destination): (&StorageEndpoint, &StorageEndpoint),
    task_id: &str,
    step: &str,
) -> Result<VerifiedCopy, Failure> {
    let place = run.workplace();
    let (file, copy) = try_join(
        observe(place, source, relative, step),
        observe(place, destination, relative, step),
    )
    .await?;
    let file = subject_file(file, source, step)?;
    unchanged(&file, at_submission, "source", step)?;
    let copy = witness_file(copy, destination, &file, step)?;
    let at = place.now();
    let delivery = delivery_record(&file, &copy, (run.run_id(), task_id), at);
    place
        .store()
        .record_delivery(&delivery)
        .await
        .map_err(|error| Failure::store(step, &error))?;
    Ok(VerifiedCopy::new(file, copy, task_id.to_owned(), at))
}

/// The source as it was when its delivery over this hop was confirmed, if one is on record and its copy is
/// still there to be lost. At most one request.
pub(crate) async fn delivered_source(
    place: &Workplace,
    relative: &str,
    (source, destination): (&StorageEndpoint, &StorageEndpoint),
    step: &str,
) -> Result<Option<Observation>, Failure> {
    let key = delivery_key(relative, source, destination, step)?;
    let Some(delivery) = lookup(place, &key, step).await? else {
        return Ok(None);
    };
    if matches!(observe(place, destination, relative, step).await?, Seen::Missing) {
        return Ok(None);
    }
    Ok(observations(&delivery, source, destination).map(|(source, _)| source))
}

/// A delivery as it concerns the pair that is being verified, whichever way it went.
struct Recorded {
    subject: Observation,
    witness: Observation,
    task_id: String,
}

async fn recorded(
    place: &Workplace,
    relative: &str,
    subject: &StorageEndpoint,
    witness: &StorageEndpoint,
    step: &str,
) -> Result<Option<Recorded>, Failure> {
    let there = delivery_key(relative, subject, witness, step)?;
    if let Some(delivery) = lookup(place, &there, step).await? {
        return Ok(
            observations(&delivery, subject, witness).map(|(source, copy)| Recorded {
                subject: source,
                witness: copy,
                task_id: delivery.task_id,
            }),
        );
    }
    let back = delivery_key(relative, witness, subject, step)?;
    Ok(lookup(place, &back, step).await?.and_then(|delivery| {
        observations(&delivery, witness, subject).map(|(source, copy)| Recorded {
            subject: copy,
            witness: source,
            task_id: delivery.task_id,
        })
    }))
}

async fn lookup(place: &Workplace, key: &DeliveryKey, step: &str) -> Result<Option<Delivery>, Failure> {
    place
        .store()
        .delivery(key)
        .await
        .map_err(|error| Failure::store(step, &error))
}

/// The key under which a delivery is recorded: collections and full paths, so that two keys of the
/// configuration that mean the same place mean the same delivery.
fn delivery_key(
    relative: &str,
    source: &StorageEndpoint,
    destination: &StorageEndpoint,
    step: &str,
) -> Result<DeliveryKey, Failure> {
    Ok(DeliveryKey {
        source_endpoint: collection(source, step)?.to_string(),
        source_path: path_on(source, relative, step)?,
        destination_endpoint: collection(destination, step)?.to_string(),
        destination_path: path_on(destination, relative, step)?,
    })
}

fn delivery_record(
    source: &Observation,
    copy: &Observation,
    (run_id, task_id): (&str, &str),
    at: DateTime<Utc>,
) -> Delivery {
    Delivery {
        key: DeliveryKey {
            source_endpoint: source.collection.clone(),
            source_path: source.path.clone(),
            destination_endpoint: copy.collection.clone(),
            destination_path: copy.path.clone(),
        },
        run_id: run_id.to_owned(),
        task_id: task_id.to_owned(),
        delivered_at: at,
        files: vec![DeliveredFile {
            path: String::new(),
            size: source.size,
            source_mtime: source.modified,
            copy_mtime: Some(copy.modified),
        }],
    }
}

/// What was seen on both sides when the delivery was confirmed; nothing unless it is of one file.
fn observations(
    delivery: &Delivery,
    source: &StorageEndpoint,
    destination: &StorageEndpoint,
) -> Option<(Observation, Observation)> {
    let [file] = delivery.files.as_slice() else {
        return None;
    };
    let source = Observation {
        endpoint: source.key().to_string(),
        collection: delivery.key.source_endpoint.clone(),
        path: delivery.key.source_path.clone(),
        size: file.size,
        modified: file.source_mtime,
    };
    let copy = Observation {
        endpoint: destination.key().to_string(),
        collection: delivery.key.destination_endpoint.clone(),
        path: delivery.key.destination_path.clone(),
        size: file.size,
        modified: file.copy_mtime?,
    };
    Some((source, copy))
}

fn subject_file(seen: Seen, endpoint: &StorageEndpoint, step: &str) -> Result<Observation, Failure> {
    match seen {
        Seen::File(file) => Ok(file),
        Seen::Missing => Err(Failure::new(
            step,
            "source_missing",
            format!("there is no such file on {}", endpoint.key()),
        )),
        Seen::Other(kind) => Err(Failure::new(
            step,
            "source_not_a_file",
            format!("on {} the path is a {kind}, not a file", endpoint.key()),
        )),
    }
}

fn witness_file(
    seen: Seen,
    endpoint: &StorageEndpoint,
    file: &Observation,
    step: &str,
) -> Result<Observation, Failure> {
    let key = endpoint.key();
    let copy = match seen {
        Seen::File(copy) => copy,
        Seen::Missing => {
            return Err(Failure::new(
                step,
                "check_missing",
                format!("{key} holds no copy"),
            ));
        }
        Seen::Other(kind) => {
            return Err(Failure::new(
                step,
                "check_not_a_file",
                format!("on {key} the path is a {kind}, not a copy of the file"),
            ));
        }
    };
    if copy.size == file.size {
        return Ok(copy);
    }
    let code = match copy.size {
        0 => "check_empty",
        size if size < file.size => "check_shorter",
        _ => "check_longer",
    };
    Err(Failure::new(
        step,
        code,
        format!(
            "the copy on {key} has {} bytes, the file has {}",
            copy.size, file.size
        ),
    ))
}

/// Refuses a file that is not what was recorded; `role` is `source` or `check`.
fn unchanged(now: &Observation, then: &Observation, role: &str, step: &str) -> Result<(), Failure> {
    if now.unchanged_since(then) {
        return Ok(());
    }
    Err(Failure::new(
        step,
        format!("{role}_changed"),
        format!(
            "the file on {} changed since it was delivered: {} bytes of {}, then {} bytes of {}",
            now.endpoint, now.size, now.modified, then.size, then.modified
        ),
    ))
}
