//! The life of one task of the mover: submitted, waited for, proved, recorded.

use std::future::IntoFuture;

use globus_transfer::{Label, SubmissionDocument, SyncLevel, Task, TaskId, TransferItem};
use run_store::Slot;
use serde_json::json;

use super::extent::Extent;
use super::hop::{Hop, Item, Kind};
use super::mover::{SERVICE, STEP};
use super::observe::{collection, path_on};
use super::source::Order;
use super::told::{delivered, moving};
use super::verified::VerifiedCopy;
use super::verify::confirm_delivery;
use crate::control::off_site;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;
use crate::task::task_failure;

/// The complete request, with a submission id of its own: what is recorded and, word for word, sent.
pub(super) async fn document(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    order: &Order,
) -> Result<SubmissionDocument, Failure> {
    let failed = |error: rest_core::Error| Failure::service(STEP, SERVICE, &error);
    let client = &run.workplace().service.transfer;
    let id = client.submission_id().send().await.map_err(failed)?;
    let from = path_on(hop.source, item.path, STEP)?;
    let to = path_on(hop.destination, item.path, STEP)?;
    let items: Vec<TransferItem> = match (&order.only, item.kind) {
        (Some(only), _) => only
            .iter()
            .map(|path| TransferItem::new(format!("{from}/{path}"), format!("{to}/{path}")))
            .collect(),
        (None, Kind::File) => vec![TransferItem::new(from, to)],
        (None, Kind::Folder) => vec![TransferItem::new(from, to).recursive(true)],
    };
    client
        .submit_transfer(collection(hop.source, STEP)?, collection(hop.destination, STEP)?)
        .items(items)
        .label(Label::with_suffix(item.label, run.run_id()))
        .sync_level(SyncLevel::Checksum)
        .verify_checksum(true)
        .notifications(false)
        .document(&id)
        .map_err(failed)
}

/// The same for every file of a folder.
async fn all_stay_on_site(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    source: &Extent,
) -> Result<(), Failure> {
    if hop.destination.on_site() || !source.is_folder() {
        return Ok(());
    }
    let contents = source.contents();
    let files = contents.keys().copied();
    let controlled = run
        .workplace()
        .controlled_among(hop.source, item.path, files, Some(run.run_id()))
        .await?;
    controlled.map_or(Ok(()), |record| Err(off_site(STEP, &record, hop.destination)))
}

/// Sends what is recorded, and waits for its task.
pub(super) async fn submit_and_wait(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    slot: Slot,
    document: &SubmissionDocument,
    order: &Order,
) -> Result<VerifiedCopy, Failure> {
    all_stay_on_site(run, item, hop, &order.source).await?;
    let submitted = run
        .holding(
            STEP,
            run.workplace().service.transfer.submit(document).send_when_room(),
        )
        .await?;
    let task_id = match submitted {
        Ok(result) => result.task_id,
        Err(error) => {
            let failure = Failure::service(STEP, SERVICE, &error);
            // A refusal is final and opens a new attempt; a doubtful reply leaves the intent standing,
            // so that a rerun sends the same submission id again and cannot make a second task.
            if error.was_sent() == rest_core::Sent::Yes && !error.is_transient() {
                give_up(slot, &failure).await?;
            }
            return Err(failure);
        }
    };
    slot.note(&json!({ "task_id": task_id }))
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    wait(run, item, hop, slot, &task_id, order).await
}

/// Waits for the task, and proves what it delivered.
pub(super) async fn wait(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    slot: Slot,
    task_id: &TaskId,
    order: &Order,
) -> Result<VerifiedCopy, Failure> {
    run.say(&Event::Submitted {
        hop: hop.to_string(),
        task_id: task_id.to_string(),
    });
    let waiting = run
        .workplace()
        .service
        .watcher
        .wait(task_id.clone())
        .on_update(|task| run.say(&moving(&hop.to_string(), order.source.size(), task)))
        .into_future();
    let (outcome, is_final) = match run.holding(STEP, waiting).await? {
        Ok(task) => {
            let outcome = settle(run, item, hop, order, &task).await;
            // A listing that could not be had says nothing about the copy: a rerun looks again.
            let is_final = outcome
                .as_ref()
                .is_err_and(|failure| failure.context.service.is_none());
            (outcome.map(|proof| (proof, task)), is_final)
        }
        Err(error) => (Err(task_failure(STEP, task_id, &error)), !error.may_still_run()),
    };
    match outcome {
        Ok((proof, task)) => {
            finish(slot, &proof).await?;
            run.say(&delivered(hop, &task));
            Ok(proof)
        }
        Err(failure) => {
            if is_final {
                give_up(slot, &failure).await?;
            }
            Err(failure)
        }
    }
}

/// The service says SUCCEEDED: believe it only if it delivered every file and the listings agree.
async fn settle(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    order: &Order,
    task: &Task,
) -> Result<VerifiedCopy, Failure> {
    let delivered = task.files_transferred.unwrap_or(0) + task.files_skipped.unwrap_or(0);
    let wanted = order.count();
    if delivered < wanted {
        let text = format!("the task ended SUCCEEDED but delivered {delivered} of {wanted} files");
        return Err(Failure::new(STEP, "not_delivered", text).task(&task.task_id, &task.status));
    }
    let about = (task.task_id.as_ref(), STEP);
    confirm_delivery(run, hop.both(item), &order.source, order.kept.as_ref(), about)
        .await
        .map_err(|failure| failure.task(&task.task_id, &task.status))
}

pub(super) async fn finish(slot: Slot, proof: &VerifiedCopy) -> Result<(), Failure> {
    slot.done(&json!({ "copy": proof }))
        .await
        .map_err(|error| Failure::store(STEP, &error))
}

pub(super) async fn give_up(slot: Slot, failure: &Failure) -> Result<(), Failure> {
    slot.failed(&json!({ "error": failure }))
        .await
        .map_err(|error| Failure::store(STEP, &error))
}
