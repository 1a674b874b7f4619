//! Carrying out a plan, from wherever an earlier session of the run left it.

use run_store::{Intent, Slot};
use serde_json::json;

use super::aside::{self, Renamed};
use super::plan::Plan;
use super::task::{self, Deletion, Sent, Unfinished};
use super::{AuditLine, Mode, Pruned, Request, STEP, audit, finish, give_up, key, recalled};
use crate::copy::{Extent, Located, Warrant, path_on, prove};
use crate::failure::Failure;
use crate::session::Session;

/// One attempt at one plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) run: &'a Session,
    pub(super) request: Request<'a>,
    pub(super) plan: &'a Plan,
    /// What was proved when the intent was recorded: what is to go, no more and no less.
    pub(super) proved: &'a Warrant,
    pub(super) number: u32,
    /// Whether its files are deleted one by one because nothing can be renamed there.
    pub(super) itemwise: bool,
}

impl<'a> Attempt<'a> {
    /// Where the subject stands once it is renamed: aside, or where it was.
    pub(super) fn standing(self) -> Located<'a> {
        let path = match &self.plan.aside {
            Some(aside) if !self.itemwise => aside,
            _ => self.request.subject.path,
        };
        Located {
            path,
            ..self.request.subject
        }
    }

    fn is_renamed(self) -> bool {
        self.plan.aside.is_some() && !self.itemwise
    }
}

/// Goes on with an attempt whose intent an earlier session recorded.
pub(super) async fn resume(
    run: &Session,
    request: Request<'_>,
    slot: Slot,
    intent: &Intent,
) -> Result<Pruned, Failure> {
    let (plan, proved) = recorded(intent)?;
    carry_out(run, request, slot, &plan, &proved).await
}

fn recorded(intent: &Intent) -> Result<(Plan, Warrant), Failure> {
    let (mut plan, proved) = recalled(&intent.facts)?;
    // Noted when the storage turned out to be unable to rename.
    plan.itemwise |= intent
        .receipt
        .as_ref()
        .is_some_and(|receipt| receipt["itemwise"] == true);
    Ok((plan, proved))
}

/// Whether the mode lets less happen by now than when the intent was recorded.
pub(super) fn is_turned_down(mode: Mode, intent: &Intent) -> Result<bool, Failure> {
    Ok(match mode {
        Mode::Report => true,
        Mode::Quarantine => recorded(intent)?.0.delete,
        Mode::Delete => false,
    })
}

/// Puts back what is aside, unless its deletion was asked for already, and ends the attempt. Answers the next one; fails
/// when something is still open.
pub(super) async fn put_back(
    run: &Session,
    subject: Located<'_>,
    (slot, intent): (Slot, &Intent),
    why: &Failure,
) -> Result<Slot, Failure> {
    let (plan, proved) = recorded(intent)?;
    if let Sent::Task(..) | Sent::Done = task::sent(run, &key(subject), slot.attempt()).await? {
        let text = "its deletion was asked for already and cannot be stopped here";
        return Err(Failure::new(STEP, "deletion_sent", text).remedy(
            "run again with the same --run-id once deletions may go on: it waits for the task's end",
        ));
    }
    if let Some(aside) = plan.aside.as_deref().filter(|_| !plan.itemwise) {
        aside::back(run, subject, aside, (&proved, &why.message)).await?;
    }
    let end = slot.settlement(false, json!({ "error": why }));
    let ended = run.record().settle_all(vec![end]).await;
    ended.map_err(|error| Failure::store(STEP, &error))?;
    Ok(slot.following())
}

/// Renames if the plan says so, proves again, deletes if the plan says so.
pub(super) async fn carry_out(
    run: &Session,
    request: Request<'_>,
    slot: Slot,
    plan: &Plan,
    proved: &Warrant,
) -> Result<Pruned, Failure> {
    let number = slot.attempt();
    let sent = if plan.delete {
        task::sent(run, &key(request.subject), number).await?
    } else {
        Sent::Done
    };
    let mut attempt = Attempt {
        run,
        request,
        plan,
        proved,
        number,
        itemwise: plan.itemwise,
    };
    let (task_slot, task_intent) = match sent {
        Sent::Done if plan.delete => return finish::deleted(attempt, slot, None).await,
        Sent::Task(task_slot, task_id) => {
            let endpoint = proved.subject().endpoint();
            let ended = task::wait(run, task_slot, task_id, endpoint).await;
            return after_task(attempt, slot, ended).await;
        }
        Sent::Done => (None, None),
        Sent::Not(task_slot, intent) => (Some(task_slot), intent),
    };
    if attempt.is_renamed() {
        match set_aside(attempt).await {
            Ok(Renamed::Done) => {}
            Ok(Renamed::Unsupported) if plan.delete && proved.subject().is_folder() => {
                slot.note(&json!({ "itemwise": true }))
                    .await
                    .map_err(|error| Failure::store(STEP, &error))?;
                attempt.itemwise = true;
            }
            Ok(Renamed::Unsupported) => {
                let text = "the storage cannot rename, so nothing can be moved into the trash";
                let failure = Failure::new(STEP, "rename_unsupported", text)
                    .remedy("set `deletion: on` for deletions without a trash");
                return Err(give_up(slot, failure).await);
            }
            Err(failure) => return Err(undo(attempt, slot, failure).await),
        }
    }
    let warrant = match proved_again(attempt).await {
        Ok(warrant) => warrant,
        Err(failure) => return Err(undo(attempt, slot, failure).await),
    };
    let Some(task_slot) = task_slot else {
        return finish::quarantined(attempt, slot, &warrant).await;
    };
    let deletion = match deletion(attempt, &warrant) {
        Ok(deletion) => deletion,
        Err(failure) => return Err(undo(attempt, slot, failure).await),
    };
    let ended = task::delete(run, (task_slot, task_intent), deletion, &warrant).await;
    after_task(attempt, slot, ended).await
}

/// Renames the subject. Before anything goes into the trash the audit log has the evidence.
async fn set_aside(attempt: Attempt<'_>) -> Result<Renamed, Failure> {
    let Attempt {
        run, request, plan, ..
    } = attempt;
    let Some(aside) = plan.aside.as_deref() else {
        return Ok(Renamed::Done);
    };
    if !plan.delete {
        let entry = AuditLine {
            action: "quarantine",
            moved_to: Some(aside),
            reason: None,
        };
        audit(run, &entry, attempt.proved).await?;
        aside::folders_above(run, request.subject, aside).await?;
    }
    aside::rename(run, request.subject, aside).await
}

/// The second look: the claim holds still, and what stands there is what was proved at first, no more and no
/// less. What a single listing made up, or what appeared meanwhile, is found here.
async fn proved_again(attempt: Attempt<'_>) -> Result<Warrant, Failure> {
    let Attempt { run, request, .. } = attempt;
    let Request { subject, claim, .. } = request;
    let standing = attempt.standing().path;
    let again = prove(run.workplace(), subject, standing, claim, STEP).await?;
    let (then, now) = (attempt.proved.subject(), again.warrant.subject());
    if !now.same_content(then) {
        crate::copy::unchanged(now, &[], then, "it was proved a moment ago", STEP)?;
    }
    Ok(again.warrant)
}

fn deletion<'a>(attempt: Attempt<'a>, warrant: &Warrant) -> Result<Deletion<'a>, Failure> {
    let standing = attempt.standing();
    let path = path_on(standing.endpoint, standing.path, STEP)?;
    let (paths, recursive) = match warrant.subject() {
        Extent::Folder(folder) if attempt.itemwise => {
            let files = folder
                .files()
                .iter()
                .map(|file| format!("{path}/{}", file.path()));
            (files.collect(), false)
        }
        Extent::Folder(_) => (vec![path], true),
        Extent::File(_) => (vec![path], false),
    };
    Ok(Deletion {
        endpoint: standing.endpoint,
        paths,
        recursive,
        attempt: attempt.number,
    })
}

/// Believes the end of the task, or undoes what it left.
async fn after_task(
    attempt: Attempt<'_>,
    slot: Slot,
    ended: Result<globus_transfer::TaskId, Unfinished>,
) -> Result<Pruned, Failure> {
    match ended {
        Ok(task_id) => finish::deleted(attempt, slot, Some(&task_id)).await,
        // The service may still work on it: a rerun waits for the same task.
        Err(unfinished) if !unfinished.is_final => Err(unfinished.failure),
        Err(unfinished) => {
            finish::half_done(attempt).await?;
            Err(undo(attempt, slot, unfinished.failure).await)
        }
    }
}

/// Puts back what is aside and ends the attempt. If it cannot be put back now, the attempt stays open for a rerun.
pub(super) async fn undo(attempt: Attempt<'_>, slot: Slot, failure: Failure) -> Failure {
    let Attempt { run, request, .. } = attempt;
    if let Some(aside) = attempt.plan.aside.as_deref()
        && attempt.is_renamed()
    {
        let why = (attempt.proved, failure.message.as_str());
        if let Err(stuck) = aside::back(run, request.subject, aside, why).await {
            tracing::warn!(run_id = run.run_id(), %failure, aside, "left aside");
            return if stuck.code == "left_aside" {
                stuck
            } else {
                failure.remedy(LEFT)
            };
        }
    }
    give_up(slot, failure).await
}

const LEFT: &str = "run again with the same --run-id: what was renamed aside is put back or deleted then";
