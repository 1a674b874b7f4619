//! The mover: one file or folder, one hop, one task, whatever happens to this process.

use std::fmt;
use std::future::IntoFuture;

use globus_transfer::{Label, SubmissionDocument, SyncLevel, Task, TaskId, TransferItem};
use run_store::{Claim, Effect, Intent, Slot};
use serde_json::{Value, json};

use super::delivery;
use super::extent::{Extent, Located};
use super::many::copy_shared;
use super::observe::{collection, path_on};
use super::source::{self, Order};
use super::verified::VerifiedCopy;
use super::verify::confirm_delivery;
use crate::control::off_site;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;
use crate::task::task_failure;

pub(crate) const STEP: &str = "copy";
pub(super) const SERVICE: &str = "globus_transfer";

/// From one endpoint to another, at the same path below both roots.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'a> {
    /// Where the file stands.
    pub source: &'a StorageEndpoint,
    /// Where it goes.
    pub destination: &'a StorageEndpoint,
}

impl fmt::Display for Hop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.source.key(), self.destination.key())
    }
}

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The path below the roots of both endpoints.
    pub path: &'a str,
    /// What the task's label begins with; the run's id follows.
    pub label: &'a str,
    /// What must stand there: anything else is refused.
    pub kind: Kind,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder, copied with everything below it.
    Folder,
}

impl<'a> Hop<'a> {
    /// Where the item stands and where it goes.
    pub(super) fn both(self, item: Item<'a>) -> (Located<'a>, Located<'a>) {
        let at = |endpoint| Located {
            endpoint,
            path: item.path,
        };
        (at(self.source), at(self.destination))
    }
}

/// Copies a file or folder over one hop and proves the copy.
///
/// Happens once in effect for a run: a rerun finds the task of the run before. A copy that already
/// stands, delivered earlier and unchanged since, is proved and not copied again. `known` is what a
/// listing of the source showed a moment ago, if the caller has it; it saves a request.
///
/// # Errors
/// The file may not leave the site, is missing, changed while it was copied, or the task did not
/// succeed. The failure names the file, the hop, the task and its status.
pub async fn copy(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
) -> Result<VerifiedCopy, Failure> {
    copy_inner(run, item, hop, known)
        .await
        .map_err(|failure| failure.file(item.path).hop(hop))
}

async fn copy_inner(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
) -> Result<VerifiedCopy, Failure> {
    if run.workplace().service.shared.is_some() && item.kind == Kind::File {
        return copy_shared(run, item, hop, known).await;
    }
    stays_on_site(run, item, hop).await?;
    let proof = match run.effect(STEP, &key(hop, item)).await? {
        // A session before this one shared tasks.
        Effect::Pending(_, Intent { batch: Some(_), .. }) => return copy_shared(run, item, hop, known).await,
        effect => go_on(run, item, hop, known, effect).await?,
    };
    run.say(&Event::Verified {
        hop: hop.to_string(),
        bytes: proof.witness().size(),
    });
    Ok(proof)
}

/// The effect's key.
pub(super) fn key(hop: Hop<'_>, item: Item<'_>) -> String {
    format!("{hop}:{}", item.path)
}

/// A copy with a task of its own, from where it stands.
pub(super) async fn go_on(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
    effect: Effect,
) -> Result<VerifiedCopy, Failure> {
    match effect {
        Effect::Done(outcome) => recalled(&outcome),
        Effect::Pending(slot, intent) => resume(run, item, hop, slot, intent).await,
        Effect::New(slot) => start(run, item, hop, known, slot).await,
        // What the caller saw may be why the attempt before failed: this one looks for itself.
        Effect::Failed { slot, .. } => start(run, item, hop, None, slot).await,
    }
}

/// The proof of an earlier session.
pub(super) fn recalled(outcome: &Value) -> Result<VerifiedCopy, Failure> {
    VerifiedCopy::recall(&outcome["copy"])
        .ok_or_else(|| Failure::new(STEP, "run_store", "the recorded copy cannot be read"))
}

/// Export control is a fact about a path, kept for ever: the mover itself refuses, whoever asks.
pub(super) async fn stays_on_site(run: &Session, item: Item<'_>, hop: Hop<'_>) -> Result<(), Failure> {
    if hop.destination.on_site() {
        return Ok(());
    }
    let place = run.workplace();
    let controlled = place
        .controlled(hop.source, item.path, Some(run.run_id()))
        .await?;
    controlled.map_or(Ok(()), |record| Err(off_site(STEP, &record, hop.destination)))
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

/// First attempt, or one after a failed one. What another run is copying at this moment is not copied twice: when it
/// is done there, its delivery stands here.
async fn start(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
    mut slot: Slot,
) -> Result<VerifiedCopy, Failure> {
    let mut known = known;
    loop {
        let before = latest(run, item, hop).await?;
        let order = match source::task(run, item, hop, known).await? {
            source::Task::Copy(order) => order,
            source::Task::Stands(standing) => {
                finish(slot, &standing).await?;
                return Ok(standing);
            }
        };
        let document = document(run, item, hop, &order).await?;
        let claim = slot.intend_alone(document.as_bytes(), &json!(order)).await;
        slot = match claim.map_err(|error| Failure::store(STEP, &error))? {
            Claim::Elsewhere { slot, .. } => slot,
            // Another run may have been at it until a moment ago.
            Claim::Mine(slot) if latest(run, item, hop).await? != before => {
                let task = source::task(run, item, hop, None).await;
                if let Ok(source::Task::Stands(standing)) = task {
                    finish(slot, &standing).await?;
                    return Ok(standing);
                }
                return submit_and_wait(run, item, hop, slot, &document, &order).await;
            }
            Claim::Mine(slot) => return submit_and_wait(run, item, hop, slot, &document, &order).await,
        };
        run.wait_for_other(STEP, &key(hop, item)).await?;
        known = None;
    }
}

/// The task of the delivery on record.
async fn latest(run: &Session, item: Item<'_>, hop: Hop<'_>) -> Result<Option<String>, Failure> {
    let (from, to) = hop.both(item);
    let found = run
        .workplace()
        .store()
        .delivery(&delivery::key(from, to, STEP)?)
        .await;
    let found = found.map_err(|error| Failure::store(STEP, &error))?;
    Ok(found.map(|delivery| delivery.task_id))
}

/// The complete request, with a submission id of its own: what is recorded and, word for word, sent.
async fn document(
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

/// A session before this one recorded its intent and ended before it knew the outcome.
async fn resume(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    slot: Slot,
    intent: Intent,
) -> Result<VerifiedCopy, Failure> {
    let order = order(intent.facts)?;
    if let Some(task_id) = intent.receipt.as_ref().and_then(recorded_task) {
        return wait(run, item, hop, slot, &task_id, &order).await;
    }
    let document = SubmissionDocument::from_bytes(intent.document)
        .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
    submit_and_wait(run, item, hop, slot, &document, &order).await
}

/// What was recorded with an intent.
pub(super) fn order(facts: Value) -> Result<Order, Failure> {
    serde_json::from_value(facts).map_err(|error| {
        let text = format!("the recorded intent cannot be read: {error}");
        Failure::new(STEP, "run_store", text)
    })
}

pub(super) fn recorded_task(receipt: &Value) -> Option<TaskId> {
    receipt["task_id"].as_str().map(TaskId::new)
}

async fn submit_and_wait(
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

async fn wait(
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

pub(super) fn delivered(hop: Hop<'_>, task: &Task) -> Event {
    let time = task.completion_time.zip(task.request_time);
    Event::Delivered {
        hop: hop.to_string(),
        machine: hop.destination.name().to_owned(),
        bytes: task.bytes_transferred.unwrap_or(0),
        bytes_per_second: task.effective_bytes_per_second,
        seconds: time.map(|(end, begin)| (end - begin).as_seconds_f64()),
    }
}

pub(super) fn moving(hop: &str, total: u64, task: &Task) -> Event {
    Event::Moving {
        hop: hop.to_owned(),
        bytes: task.bytes_transferred.unwrap_or(0),
        total,
        status: task
            .nice_status
            .as_ref()
            .map_or_else(|| task.status.to_string(), ToString::to_string),
    }
}

pub(super) async fn finish(slot: Slot, proof: &VerifiedCopy) -> Result<(), Failure> {
    slot.done(&json!({ "copy": proof }))
        .await
        .map_err(|error| Failure::store(STEP, &error))
}

async fn give_up(slot: Slot, failure: &Failure) -> Result<(), Failure> {
    slot.failed(&json!({ "error": failure }))
        .await
        .map_err(|error| Failure::store(STEP, &error))
}
