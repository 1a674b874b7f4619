//! Renaming within an endpoint, so that a lost reply or a kill leaves no doubt about what happened.

use futures_util::future::try_join;
use globus_transfer::{ErrorExt, Sent};

use super::plan::Plan;
use super::{AuditLine, STEP, audit};
use crate::copy::{Located, Seen, Warrant, collection, observe, path_on};
use crate::failure::Failure;
use crate::session::Session;

/// What every name made here begins with.
pub(super) const PREFIX: &str = ".prune-";
/// How often a rename is sent before its failure counts.
const TRIES: u32 = 3;

/// How a rename ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renamed {
    /// The new name stands; the old one is free, or something new has appeared there since.
    Done,
    /// The storage cannot rename.
    Unsupported,
}

async fn stands(run: &Session, at: Located<'_>) -> Result<bool, Failure> {
    let seen = observe(run.workplace(), at.endpoint, at.path, STEP).await?;
    Ok(!matches!(seen, Seen::Missing))
}

/// Renames `from` to `to`, which is looked at before each try: a rename may overwrite what stands there.
///
/// If `to` stands already, a session before this one renamed it, or a reply was lost.
pub(super) async fn rename(run: &Session, from: Located<'_>, to: &str) -> Result<Renamed, Failure> {
    let new = Located { path: to, ..from };
    let client = &run.workplace().service.transfer;
    let endpoint = client.endpoint(collection(from.endpoint, STEP)?);
    let old_path = path_on(from.endpoint, from.path, STEP)?;
    let new_path = path_on(from.endpoint, to, STEP)?;
    let mut tries = 0;
    loop {
        if stands(run, new).await? {
            return Ok(Renamed::Done);
        }
        let request = endpoint.rename(&old_path, &new_path);
        let Err(error) = run.holding(STEP, request.send()).await? else {
            return Ok(Renamed::Done);
        };
        tries += 1;
        if error.has_code("NotSupported") {
            return Ok(Renamed::Unsupported);
        }
        if error.is_not_found() && error.has_code("NotFound") {
            if stands(run, new).await? {
                return Ok(Renamed::Done);
            }
            let text = format!("{old_path:?} is gone from {}", from.endpoint.key());
            return Err(Failure::new(STEP, "source_missing", text));
        }
        let refused = error.was_sent() == Sent::Yes && !error.is_transient();
        if refused || tries >= TRIES {
            return Err(Failure::service(STEP, "globus_transfer", &error));
        }
    }
}

/// Renames back what may stand aside. Nothing to do if nothing does.
pub(super) async fn back(
    run: &Session,
    subject: Located<'_>,
    aside: &str,
    (warrant, reason): (&Warrant, &str),
) -> Result<(), Failure> {
    let there = Located {
        path: aside,
        ..subject
    };
    let both = || async { try_join(stands(run, subject), stands(run, there)).await };
    let mut seen = both().await?;
    if seen == (true, false) {
        // A listing may be old: that nothing stands aside is believed when it is seen twice.
        seen = both().await?;
    }
    match seen {
        (true, false) => return Ok(()),
        (true, true) => return Err(left_aside(aside, reason)),
        (false, _) => {}
    }
    rename(run, there, subject.path).await?;
    // Something new that took the old place a moment ago looks like a rename that was done.
    if stands(run, there).await? {
        return Err(left_aside(aside, reason));
    }
    let entry = AuditLine {
        action: "restore",
        moved_to: None,
        reason: Some(reason),
    };
    audit(run, &entry, warrant).await
}

fn left_aside(aside: &str, reason: &str) -> Failure {
    let text = format!(
        "what was to be pruned lies at {aside:?} and cannot be put back: something new stands at its old path ({reason})"
    );
    Failure::new(STEP, "left_aside", text).remedy("compare the two and merge them by hand")
}

/// Refuses a place in the trash that is taken.
pub(super) async fn is_free(run: &Session, subject: Located<'_>, plan: &Plan) -> Result<(), Failure> {
    let Some(path) = plan.aside.as_deref() else {
        return Ok(());
    };
    if !stands(run, Located { path, ..subject }).await? {
        return Ok(());
    }
    let text = format!("{path:?} is taken: something of this name went there today");
    Err(Failure::new(STEP, "trash_taken", text).remedy("the next day's trash has room for it"))
}

/// Makes the folders above a place in the trash. One that is there already, also by a lost reply, is none too few.
pub(super) async fn folders_above(run: &Session, subject: Located<'_>, aside: &str) -> Result<(), Failure> {
    let endpoint = run
        .workplace()
        .service
        .transfer
        .endpoint(collection(subject.endpoint, STEP)?);
    let ends = aside.match_indices('/').map(|(at, _)| &aside[..at]);
    for folder in ends.filter(|folder| !folder.is_empty()) {
        let path = path_on(subject.endpoint, folder, STEP)?;
        let Err(error) = endpoint.mkdir(&path).send().await else {
            continue;
        };
        let at = Located {
            path: folder,
            ..subject
        };
        if !error.is_already_exists() && !stands(run, at).await? {
            return Err(Failure::service(STEP, "globus_transfer", &error));
        }
    }
    Ok(())
}

/// A missing subject may lie aside, left there by another run that ended half-way: says so.
pub(super) async fn named(run: &Session, subject: Located<'_>, failure: Failure) -> Failure {
    if failure.code != "source_missing" {
        return failure;
    }
    let (folder, name) = subject
        .path
        .trim_end_matches('/')
        .rsplit_once('/')
        .unwrap_or(("", subject.path));
    let Ok(path) = subject.endpoint.join(folder).or_else(|_| subject.endpoint.root()) else {
        return failure;
    };
    let Ok(id) = collection(subject.endpoint, STEP) else {
        return failure;
    };
    let path = if path.is_empty() { "/".to_owned() } else { path };
    let Ok(Some(listing)) = run
        .workplace()
        .service
        .transfer
        .endpoint(id)
        .ls(path)
        .send_opt()
        .await
    else {
        return failure;
    };
    let ours = |entry: &str| entry.starts_with(PREFIX) && entry.ends_with(&format!("-{name}"));
    match listing.entries.iter().find(|entry| ours(&entry.name)) {
        None => failure,
        Some(entry) => failure.remedy(format!(
            "it lies beside its place as {:?}: run again with the run id in that name, which finishes or puts it back",
            entry.name
        )),
    }
}
