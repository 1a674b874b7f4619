//! The end of a prune, believed when the listings show it, and recorded.

use globus_transfer::TaskId;
use run_store::{DeletionRecord, Slot};
use serde_json::{Value, json};

use super::carry_out::{Attempt, undo};
use super::{AuditLine, Pruned, STEP, audit};
use crate::copy::{
    Extent, FolderFile, Located, Manifest, Seen, Warrant, list, observe, path_on, record_moved, shrink,
};
use crate::failure::Failure;

/// The task ended well: believes it when nothing of what it was to delete stands any more.
pub(super) async fn deleted(
    attempt: Attempt<'_>,
    slot: Slot,
    task_id: Option<&TaskId>,
) -> Result<Pruned, Failure> {
    let subject = attempt.proved.subject();
    if left(attempt)
        .await?
        .is_some_and(|left| left.count() > 0 || !attempt.itemwise)
    {
        let failure = Failure::new(
            STEP,
            "not_deleted",
            "the task ended SUCCEEDED but what it was to delete still stands",
        );
        let failure = match task_id {
            Some(task_id) => failure.task(task_id, "SUCCEEDED"),
            None => failure,
        };
        return Err(undo(attempt, slot, failure).await);
    }
    let evidence = json!({ "proof": attempt.proved, "delete_task_id": task_id });
    record(attempt, evidence).await?;
    settle(
        slot,
        Pruned::Deleted {
            bytes: subject.size(),
            files: subject.count(),
        },
    )
    .await
}

/// It lies in the trash and was proved there: records where, so that the same witness proves it when its time comes.
pub(super) async fn quarantined(
    attempt: Attempt<'_>,
    slot: Slot,
    warrant: &Warrant,
) -> Result<Pruned, Failure> {
    let standing = attempt.standing();
    let run = attempt.run;
    if let Warrant::Copy(proof) = warrant {
        let path = path_on(standing.endpoint, standing.path, STEP)?;
        record_moved(run.workplace(), proof, &path, run.run_id(), STEP).await?;
    }
    record(
        attempt,
        json!({ "proof": attempt.proved, "trash": standing.path }),
    )
    .await?;
    settle(
        slot,
        Pruned::Quarantined {
            bytes: warrant.subject().size(),
            files: warrant.subject().count(),
            trash: standing.path.to_owned(),
        },
    )
    .await
}

/// A deletion that failed for good may have taken some of the files, each of them proved. What is left is what
/// the next proof is about.
pub(super) async fn half_done(attempt: Attempt<'_>) -> Result<(), Failure> {
    let Some(left) = left(attempt).await? else {
        return Ok(());
    };
    if !left.is_folder() || left.count() == attempt.proved.subject().count() {
        return Ok(());
    }
    let run = attempt.run;
    let entry = AuditLine {
        action: "partly_deleted",
        ..AuditLine::default()
    };
    audit(run, &entry, attempt.proved).await?;
    if let Warrant::Copy(proof) = attempt.proved {
        shrink(run.workplace(), proof, &left, run.run_id(), STEP).await?;
    }
    Ok(())
}

/// Of what was to go, what still stands; nothing if not even the folder does.
async fn left(attempt: Attempt<'_>) -> Result<Option<Extent>, Failure> {
    let at: Located<'_> = attempt.standing();
    let place = attempt.run.workplace();
    Ok(match observe(place, at.endpoint, at.path, STEP).await? {
        Seen::Missing => None,
        Seen::Folder => {
            let listed = list(place, at, STEP).await?.manifest;
            let proved = attempt.proved.subject().contents();
            let ours = listed
                .files
                .iter()
                .filter(|file| proved.contains_key(file.path()));
            let files: Vec<_> = ours.cloned().collect();
            let size = files.iter().map(FolderFile::size).sum();
            Some(Extent::Folder(Manifest {
                size,
                files,
                ..listed.clone()
            }))
        }
        Seen::File(file) | Seen::Link(file) => Some(Extent::File(file)),
        Seen::Other(_) => Some(attempt.proved.subject().clone()),
    })
}

async fn record(attempt: Attempt<'_>, evidence: Value) -> Result<(), Failure> {
    let run = attempt.run;
    let subject = attempt.proved.subject();
    let record = DeletionRecord {
        endpoint: subject.collection().to_owned(),
        path: subject.path().to_owned(),
        run_id: run.run_id().to_owned(),
        deleted_at: run.workplace().now(),
        evidence,
    };
    run.workplace()
        .store
        .record_deletion(&record)
        .await
        .map_err(|error| Failure::store(STEP, &error))
}

async fn settle(slot: Slot, outcome: Pruned) -> Result<Pruned, Failure> {
    slot.done(&json!(outcome))
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    Ok(outcome)
}
