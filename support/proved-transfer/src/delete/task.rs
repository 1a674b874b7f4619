//! The deletion's task at the service: submitted once in effect, waited for, believed only when it succeeded.

use std::future::IntoFuture;

use globus_transfer::api::SubmitDelete;
use globus_transfer::model::TaskKind;
use globus_transfer::{Label, SubmissionDocument, TaskId};
use run_store::{Effect, Intent, Slot};
use serde_json::json;

use super::{AuditLine, STEP, audit, give_up};
use crate::copy::{Warrant, collection};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;
use crate::task::task_failure;

const TASK: &str = "prune_task";
const SERVICE: &str = "globus_transfer";

/// How the deletion of one attempt stands.
pub(super) enum Sent {
    /// Nothing was acted on. The intent, if there is one, is to be sent as it is.
    Not(Slot, Option<Intent>),
    /// The service has it.
    Task(Slot, TaskId),
    /// It ended well.
    Done,
}

/// Why a deletion did not end well.
pub(super) struct Unfinished {
    pub(super) failure: Failure,
    /// Whether the service will do nothing more about it.
    pub(super) is_final: bool,
}

/// Looks up the deletion of an attempt. One whose reply was lost is looked for by its label.
pub(super) async fn sent(run: &Session, key: &str, attempt: u32) -> Result<Sent, Failure> {
    match run.effect(TASK, &format!("{key}#{attempt}")).await? {
        Effect::Done(_) => Ok(Sent::Done),
        Effect::New(slot) | Effect::Failed { slot, .. } => Ok(Sent::Not(slot, None)),
        Effect::Pending(slot, intent) => {
            let noted = intent
                .receipt
                .as_ref()
                .and_then(|receipt| receipt["task_id"].as_str());
            if let Some(task_id) = noted.map(TaskId::new) {
                return Ok(Sent::Task(slot, task_id));
            }
            Ok(match task_of_this_run(run, attempt).await? {
                Some(task_id) => Sent::Task(slot, task_id),
                None => Sent::Not(slot, Some(intent)),
            })
        }
    }
}

/// One label for each attempt of a run: what is found by it is this attempt's.
fn label(run: &Session, attempt: u32) -> Label {
    match attempt {
        1 => Label::with_suffix("prune", run.run_id()),
        later => Label::with_suffix(&format!("prune #{later}"), run.run_id()),
    }
}

async fn task_of_this_run(run: &Session, attempt: u32) -> Result<Option<TaskId>, Failure> {
    let label = label(run, attempt);
    let page = run
        .workplace()
        .service
        .transfer
        .tasks()
        .kind(TaskKind::Delete)
        .label(label.as_str())
        .send()
        .await
        .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
    let ours = page
        .items
        .into_iter()
        .find(|task| task.label.as_deref() == Some(label.as_str()));
    Ok(ours.map(|task| task.task_id))
}

/// What is to be deleted.
pub(super) struct Deletion<'a> {
    pub(super) endpoint: &'a StorageEndpoint,
    /// Paths on the collection, each taken literally.
    pub(super) paths: Vec<String>,
    /// Only for a folder that was renamed aside.
    pub(super) recursive: bool,
    pub(super) attempt: u32,
}

/// Sends the deletion of what `warrant` is about and waits for its end. The audit log has the evidence before the
/// service has the request.
pub(super) async fn delete(
    run: &Session,
    (slot, intent): (Slot, Option<Intent>),
    deletion: Deletion<'_>,
    warrant: &Warrant,
) -> Result<TaskId, Unfinished> {
    let (slot, task_id) = submit(run, (slot, intent), deletion, warrant).await?;
    wait(run, slot, task_id, warrant.subject().endpoint()).await
}

async fn submit(
    run: &Session,
    (slot, intent): (Slot, Option<Intent>),
    deletion: Deletion<'_>,
    warrant: &Warrant,
) -> Result<(Slot, TaskId), Unfinished> {
    if !warrant.is_fresh(run.workplace().now()) {
        let text = "the proof of the copy is too old to act on";
        return Err(ended(Failure::new(STEP, "stale_proof", text)));
    }
    let entry = AuditLine {
        action: "delete",
        ..AuditLine::default()
    };
    audit(run, &entry, warrant).await.map_err(ended)?;
    let (slot, document) = if let Some(intent) = intent {
        let document = SubmissionDocument::from_bytes(intent.document)
            .map_err(|error| ended(Failure::service(STEP, SERVICE, &error)))?;
        (slot, document)
    } else {
        let document = document(run, deletion).await.map_err(ended)?;
        let slot = slot
            .intend(document.as_bytes(), &json!({}))
            .await
            .map_err(|error| ended(Failure::store(STEP, &error)))?;
        (slot, document)
    };
    let submitted = run
        .holding(STEP, run.workplace().service.transfer.submit(&document).send())
        .await
        .map_err(open)?;
    match submitted {
        Ok(result) => {
            slot.note(&json!({ "task_id": result.task_id }))
                .await
                .map_err(|error| open(Failure::store(STEP, &error)))?;
            Ok((slot, result.task_id))
        }
        Err(error) => {
            let failure = Failure::service(STEP, SERVICE, &error);
            // A refusal is final; a doubtful reply leaves the intent standing for a rerun.
            if error.was_sent() == rest_core::Sent::Yes && !error.is_transient() {
                return Err(ended(give_up(slot, failure).await));
            }
            Err(open(failure))
        }
    }
}

/// Names are data: patterns are taken literally, and a folder is deleted only where the caller says so.
async fn document(run: &Session, deletion: Deletion<'_>) -> Result<SubmissionDocument, Failure> {
    let failed = |error: rest_core::Error| Failure::service(STEP, SERVICE, &error);
    let client = &run.workplace().service.transfer;
    let id = client.submission_id().send().await.map_err(failed)?;
    let request = client
        .submit_delete(collection(deletion.endpoint, STEP)?)
        .recursive(deletion.recursive)
        .interpret_globs(false)
        .label(label(run, deletion.attempt))
        .notifications(false);
    deletion
        .paths
        .into_iter()
        .fold(request, SubmitDelete::path)
        .document(&id)
        .map_err(failed)
}

/// Waits for the task's end.
pub(super) async fn wait(
    run: &Session,
    slot: Slot,
    task_id: TaskId,
    endpoint: &str,
) -> Result<TaskId, Unfinished> {
    run.say(&Event::Submitted {
        hop: format!("delete {endpoint}"),
        task_id: task_id.to_string(),
    });
    let waiting = run
        .workplace()
        .service
        .watcher
        .wait(task_id.clone())
        .into_future();
    match run.holding(STEP, waiting).await.map_err(open)? {
        Ok(_) => {
            slot.done(&json!({ "task_id": task_id }))
                .await
                .map_err(|error| open(Failure::store(STEP, &error)))?;
            Ok(task_id)
        }
        Err(error) => {
            let failure = task_failure(STEP, &task_id, &error);
            if error.may_still_run() {
                return Err(open(failure));
            }
            Err(ended(give_up(slot, failure).await))
        }
    }
}

fn ended(failure: Failure) -> Unfinished {
    Unfinished {
        failure,
        is_final: true,
    }
}

fn open(failure: Failure) -> Unfinished {
    Unfinished {
        failure,
        is_final: false,
    }
}
