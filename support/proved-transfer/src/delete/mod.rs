//! The only place that deletes data, or renames it into the trash. ([`probe`](crate::probe) removes what it made itself.)
//!
//! Every way to do either needs a [`Warrant`]: a [`VerifiedCopy`](crate::copy::VerifiedCopy) or a
//! [`Lapsed`](crate::copy::Lapsed), both of which only the verifier makes and which expire. [`prune`] asks the
//! verifier twice, the second time after the intent is on record and, for what was renamed, at its new place.
//!
//! | what | how |
//! | --- | --- |
//! | a file | deleted as an item, never recursively |
//! | a folder | renamed aside, listed again, deleted recursively if it still equals the proof; else renamed back |
//! | a folder where nothing can be renamed | its files as items; the empty folders stay |
//! | anything, under quarantine | renamed into `.trash/<date>/`, listed again, renamed back if it differs |

mod aside;
mod carry_out;
mod finish;
mod plan;
mod task;

use chrono::{DateTime, TimeDelta, Utc};
use run_store::{Effect, Slot};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit;
use crate::copy::{
    Claim, Extent, Located, Proved, Seen, Warrant, collection, list, observe, old_enough, path_on, prove,
};
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;
use carry_out::{carry_out, resume};
use plan::Plan;

pub use plan::{TRASH, in_trash};

/// The step's name in failures and in the record of a run.
const STEP: &str = "prune";

/// What is done with what is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Nothing: the check runs, and the answer says what would be deleted.
    Report,
    /// It is renamed into the trash of its endpoint.
    Quarantine,
    /// It is deleted.
    Delete,
}

/// What a single prune may take, however well it is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// How long ago the youngest of its files must have been written, by the endpoint's clock.
    pub minimum_age: TimeDelta,
    /// The most files; no limit if there is none.
    pub maximum_files: Option<u64>,
    /// The most bytes; no limit if there is none.
    pub maximum_bytes: Option<u64>,
}

/// A prune: what goes, why it may, and how.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The file or folder.
    pub subject: Located<'a>,
    /// Why it may go.
    pub claim: Claim<'a>,
    /// What is done with it.
    pub mode: Mode,
    /// What is too much for one prune.
    pub limits: Limits,
}

/// How a prune ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pruned {
    /// It is proved, and stays under [`Mode::Report`].
    WouldDelete {
        /// Its bytes.
        bytes: u64,
        /// Its files.
        files: u64,
    },
    /// It is gone; the audit log has the evidence.
    Deleted {
        /// Its bytes.
        bytes: u64,
        /// Its files.
        files: u64,
    },
    /// It lies in the trash.
    Quarantined {
        /// Its bytes.
        bytes: u64,
        /// Its files.
        files: u64,
        /// Where it lies now, relative to the endpoint's root.
        trash: String,
    },
    /// It is gone, and our own record says that we deleted it or moved it into the trash.
    AlreadyPruned,
}

/// Proves the claim and does with the subject what the mode says; once in effect for a run.
///
/// A rerun goes on where the session before it ended. Where the mode is a milder one by now (report, or the trash instead
/// of a deletion) what was renamed is put back, if its deletion was not asked for yet, and the prune begins anew.
///
/// # Errors
/// Every doubt of [`verify`](crate::copy::verify), `too_many_files`, `too_many_bytes`, `trash_taken`,
/// `rename_unsupported`; a task that did not succeed. Nothing is left renamed aside, unless the service could not
/// be asked (a rerun with the same id finishes) or something new stands at the old path (`left_aside`).
pub async fn prune(run: &Session, request: Request<'_>) -> Result<Pruned, Failure> {
    match run.effect(STEP, &key(request.subject)).await? {
        Effect::Done(outcome) => serde_json::from_value(outcome)
            .map_err(|error| Failure::new(STEP, "run_store", error.to_string())),
        Effect::New(slot) | Effect::Failed { slot, .. } => begin(run, request, Some(slot)).await,
        Effect::Pending(slot, intent) if carry_out::is_turned_down(request.mode, &intent)? => {
            let text = "deletion was turned off before it was asked for";
            let off = Failure::new(STEP, "deletion_off", text);
            let next = carry_out::put_back(run, request.subject, (slot, &intent), &off).await?;
            begin(run, request, Some(next)).await
        }
        Effect::Pending(slot, intent) => resume(run, request, slot, &intent).await,
    }
}

/// Puts back what an earlier session of this run renamed, for a deletion that may not go on now. Answers `why`,
/// or what went wrong with putting it back.
pub async fn put_back(run: &Session, subject: Located<'_>, why: Failure) -> Failure {
    match run.effect(STEP, &key(subject)).await {
        Ok(Effect::Pending(slot, intent)) => {
            match carry_out::put_back(run, subject, (slot, &intent), &why).await {
                Ok(_) => why,
                Err(stuck) => stuck,
            }
        }
        Ok(_) => why,
        Err(failure) => failure,
    }
}

fn key(subject: Located<'_>) -> String {
    format!("{}:{}", subject.endpoint.key(), subject.path)
}

/// A first session, or one after a failed attempt. Without a slot nothing is done: the answer is a report.
async fn begin(run: &Session, request: Request<'_>, slot: Option<Slot>) -> Result<Pruned, Failure> {
    if already_pruned(run, request.subject).await? {
        return Ok(Pruned::AlreadyPruned);
    }
    let Request { subject, claim, .. } = request;
    let Proved { warrant, can_rename } =
        match prove(run.workplace(), subject, subject.path, claim, STEP).await {
            Ok(proved) => proved,
            Err(failure) => return Err(aside::named(run, subject, failure).await),
        };
    let extent = warrant.subject();
    within(run, extent, request.limits)?;
    let (Some(slot), Mode::Quarantine | Mode::Delete) = (slot, request.mode) else {
        return Ok(would_delete(run, extent));
    };
    let plan = Plan::new(run, &request, extent, can_rename);
    if request.mode == Mode::Quarantine {
        aside::is_free(run, subject, &plan).await?;
    }
    let slot = slot
        .intend(
            plan.document(subject)?.as_bytes(),
            &json!({ "plan": plan, "proof": warrant }),
        )
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    carry_out(run, request, slot, &plan, &warrant).await
}

fn would_delete(run: &Session, extent: &Extent) -> Pruned {
    let (bytes, files) = (extent.size(), extent.count());
    run.say(&Event::Notice {
        text: format!(
            "{:?} on {} is proved and would be deleted ({files} files, {bytes} bytes); deletion is off",
            extent.path(),
            extent.endpoint()
        ),
    });
    Pruned::WouldDelete { bytes, files }
}

/// Refuses more than one prune may take.
fn within(run: &Session, extent: &Extent, limits: Limits) -> Result<(), Failure> {
    old_enough(extent, limits.minimum_age, run.workplace(), STEP)?;
    for (code, what, has, most) in [
        ("too_many_files", "files", extent.count(), limits.maximum_files),
        ("too_many_bytes", "bytes", extent.size(), limits.maximum_bytes),
    ] {
        if let Some(most) = most
            && has > most
        {
            let text = format!("{:?} is {has} {what}; one prune may take {most}", extent.path());
            return Err(Failure::new(STEP, code, text).remedy("prune parts of it, or raise the limit"));
        }
    }
    Ok(())
}

/// It is gone, or a folder without a file, and our own record says that we deleted it.
async fn already_pruned(run: &Session, subject: Located<'_>) -> Result<bool, Failure> {
    let place = run.workplace();
    let id = collection(subject.endpoint, STEP)?.to_string();
    let path = path_on(subject.endpoint, subject.path, STEP)?;
    let record = place
        .store
        .deletion(&id, &path)
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    if record.is_none() {
        return Ok(false);
    }
    Ok(
        match observe(place, subject.endpoint, subject.path, STEP).await? {
            Seen::Missing => true,
            Seen::Folder => {
                let listed = list(place, subject, STEP).await?;
                listed.manifest.files().is_empty() && listed.others.is_empty()
            }
            _ => false,
        },
    )
}

/// A line of the audit log about a deletion.
#[derive(Debug, Default, Serialize)]
struct AuditLine<'a> {
    /// `delete`, `quarantine`, `restore`, `partly_deleted`.
    action: &'a str,
    /// Where it lies instead, if it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<&'a str>,
    /// Why it was put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Audited<'a> {
    at: DateTime<Utc>,
    run_id: &'a str,
    #[serde(flatten)]
    line: &'a AuditLine<'a>,
    evidence: &'a Warrant,
}

/// Puts a line and its evidence into the audit log; nothing goes on before the disk has it.
async fn audit(run: &Session, line: &AuditLine<'_>, evidence: &Warrant) -> Result<(), Failure> {
    let place = run.workplace();
    let audited = Audited {
        at: place.now(),
        run_id: run.run_id(),
        line,
        evidence,
    };
    audit::append(place.state_dir(), &audited).await
}

/// Ends the attempt; a rerun opens a new one. Answers the failure to report.
async fn give_up(slot: Slot, failure: Failure) -> Failure {
    match slot.failed(&json!({ "error": failure })).await {
        Ok(()) => failure,
        Err(error) => Failure::store(STEP, &error),
    }
}

/// The warrant that an intent holds.
fn recalled(facts: &serde_json::Value) -> Result<(Plan, Warrant), Failure> {
    let unreadable = || Failure::new(STEP, "run_store", "the recorded intent cannot be read");
    let plan = serde_json::from_value(facts["plan"].clone()).map_err(|_| unreadable())?;
    let warrant = Warrant::recall(&facts["proof"]).ok_or_else(unreadable)?;
    Ok((plan, warrant))
}
