//! The only place that deletes. It takes a proof, and the proof must be fresh.

use std::future::IntoFuture;

use globus_transfer::model::TaskKind;
use globus_transfer::{Label, SubmissionDocument, TaskId};
use run_store::{DeletionRecord, Effect, Intent, Slot};
use serde_json::json;

use crate::audit;
use crate::copy::{Seen, VerifiedCopy, collection, observe, verify_delivery};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;
use crate::task::task_failure;

/// The step's name in failures and in the record of a run.
const STEP: &str = "prune";
const SERVICE: &str = "globus_transfer";

/// Proves the copy and deletes the file, once in effect for a run; answers the bytes that went.
pub async fn delete(
    run: &Session,
    relative: &str,
    source: &StorageEndpoint,
    check: &StorageEndpoint,
) -> Result<u64, Failure> {
    let key = format!("{}:{relative}", source.key());
    match run.effect(STEP, &key).await? {
        Effect::Done(outcome) => Ok(outcome["bytes"].as_u64().unwrap_or(0)),
        Effect::New(slot) | Effect::Failed { slot, .. } => {
            let proof = verify_delivery(run.workplace(), relative, source, check, STEP).await?;
            let document = document(run, source, &proof).await?;
            let slot = slot
                .intend(document.as_bytes(), &json!({ "proof": proof }))
                .await
                .map_err(|error| Failure::store(STEP, &error))?;
            submit(run, source, relative, slot, &document, &proof).await
        }
        Effect::Pending(slot, intent) => resume(run, relative, (source, check), slot, intent).await,
    }
}

/// A file is deleted as an item: a folder of that name would make the task fail, not go.
async fn document(
    run: &Session,
    source: &StorageEndpoint,
    proof: &VerifiedCopy,
) -> Result<SubmissionDocument, Failure> {
    let failed = |error: rest_core::Error| Failure::service(STEP, SERVICE, &error);
    let client = &run.workplace().transfer;
    let id = client.submission_id().send().await.map_err(failed)?;
    client
        .submit_delete(collection(source, STEP)?)
        .path(proof.subject().path())
        .recursive(false)
        .label(label(run))
        .notifications(false)
        .document(&id)
        .map_err(failed)
}

/// A session before this one recorded its intent and ended before it knew the outcome.
///
/// With a task on record, that task is waited for. Without one, the request may or may not have been
/// sent. If the file still stands it is proved again before the same request goes out. If it is gone,
/// the earlier request's task is looked for by its label: nothing is sent for a file that is not there.
async fn resume(
    run: &Session,
    relative: &str,
    (source, check): (&StorageEndpoint, &StorageEndpoint),
    slot: Slot,
    intent: Intent,
) -> Result<u64, Failure> {
    let unreadable = || Failure::new(STEP, "run_store", "the recorded intent cannot be read");
    let recorded = VerifiedCopy::recall(&intent.facts["proof"]).ok_or_else(unreadable)?;
    let task = intent
        .receipt
        .as_ref()
        .and_then(|receipt| receipt["task_id"].as_str());
    if let Some(task_id) = task.map(TaskId::new) {
        return wait(run, source, relative, slot, &task_id, &recorded).await;
    }
    let proof = match observe(run.workplace(), source, relative, STEP).await? {
        Seen::Missing => {
            let Some(task_id) = task_of_this_run(run).await? else {
                let failure = Failure::new(
                    STEP,
                    "source_missing",
                    "the file is gone, and no task of ours deleted it",
                );
                return Err(give_up(slot, failure).await);
            };
            return wait(run, source, relative, slot, &task_id, &recorded).await;
        }
        Seen::File(_) | Seen::Other(_) => {
            match verify_delivery(run.workplace(), relative, source, check, STEP).await {
                Ok(proof) => proof,
                Err(failure) => return Err(give_up(slot, failure).await),
            }
        }
    };
    let document = SubmissionDocument::from_bytes(intent.document)
        .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
    submit(run, source, relative, slot, &document, &proof).await
}

fn label(run: &Session) -> Label {
    Label::clean(&format!("prune {}", run.run_id()))
}

async fn task_of_this_run(run: &Session) -> Result<Option<TaskId>, Failure> {
    let page = run
        .workplace()
        .transfer
        .tasks()
        .kind(TaskKind::Delete)
        .label(label(run).as_str())
        .send()
        .await
        .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
    Ok(page.items.into_iter().next().map(|task| task.task_id))
}

/// Sends the deletion. The audit log has the evidence before the service has the request.
async fn submit(
    run: &Session,
    source: &StorageEndpoint,
    relative: &str,
    slot: Slot,
    document: &SubmissionDocument,
    proof: &VerifiedCopy,
) -> Result<u64, Failure> {
    let place = run.workplace();
    let now = place.now();
    if !proof.is_fresh(now) {
        return Err(Failure::new(
            STEP,
            "stale_proof",
            "the proof of the copy is too old to act on",
        ));
    }
    audit::append(place.state_dir(), now, (run.run_id(), "delete"), proof).await?;
    let submitted = run.holding(STEP, place.transfer.submit(document).send()).await?;
    let result = match submitted {
        Ok(result) => result,
        Err(error) => {
            let failure = Failure::service(STEP, SERVICE, &error);
            if error.was_sent() == rest_core::Sent::Yes && !error.is_transient() {
                return Err(give_up(slot, failure).await);
            }
            return Err(failure);
        }
    };
    slot.note(&json!({ "task_id": result.task_id }))
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    wait(run, source, relative, slot, &result.task_id, proof).await
}

/// Waits for the deletion's task and believes it only when the file is gone from the listing.
async fn wait(
    run: &Session,
    source: &StorageEndpoint,
    relative: &str,
    slot: Slot,
    task_id: &TaskId,
    proof: &VerifiedCopy,
) -> Result<u64, Failure> {
    let place = run.workplace();
    run.say(&Event::Submitted {
        hop: format!("delete {}", source.key()),
        task_id: task_id.to_string(),
    });
    let task = match run
        .holding(STEP, place.watcher.wait(task_id.clone()).into_future())
        .await?
    {
        Ok(task) => task,
        Err(error) => {
            let failure = task_failure(STEP, task_id, &error);
            return Err(if error.may_still_run() {
                failure
            } else {
                give_up(slot, failure).await
            });
        }
    };
    if !matches!(observe(place, source, relative, STEP).await?, Seen::Missing) {
        let failure = Failure::new(
            STEP,
            "not_deleted",
            "the task ended SUCCEEDED but the file still stands",
        )
        .task(task_id, &task.status);
        return Err(give_up(slot, failure).await);
    }
    let record = DeletionRecord {
        endpoint: proof.subject().collection.clone(),
        path: proof.subject().path.clone(),
        run_id: run.run_id().to_owned(),
        deleted_at: place.now(),
        evidence: json!({ "proof": proof, "delete_task_id": task_id }),
    };
    let store = |error: run_store::Error| Failure::store(STEP, &error);
    place.store().record_deletion(&record).await.map_err(store)?;
    let bytes = proof.subject().size();
    slot.done(&json!({ "bytes": bytes, "delete_task_id": task_id }))
        .await
        .map_err(store)?;
    Ok(bytes)
}

/// Ends the attempt; a rerun opens a new one. Answers the failure to report.
async fn give_up(slot: Slot, failure: Failure) -> Failure {
    match slot.failed(&json!({ "error": failure })).await {
        Ok(()) => failure,
        Err(error) => Failure::store(STEP, &error),
    }
}
