//! The mover: one file or folder, one hop, one task, whatever happens to this process.

use globus_transfer::{SubmissionDocument, TaskId};
use run_store::{Claim, Effect, Intent, Slot};
use serde_json::{Value, json};

use super::delivery;
use super::extent::Extent;
use super::hop::{Hop, Item, Kind, key};
use super::many::copy_shared;
use super::source::{self, Order};
use super::submit::{document, finish, give_up, submit_and_wait, wait};
use super::verified::VerifiedCopy;
use crate::control::off_site;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;

pub(crate) const STEP: &str = "copy";
pub(super) const SERVICE: &str = "globus_transfer";

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
    if let Err(failure) = source::may_still_be_sent(run, item, hop).await {
        // A listing that could not be had says nothing; else the next attempt is about what stands there now.
        if failure.context.service.is_none() {
            give_up(slot, &failure).await?;
        }
        return Err(failure);
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
