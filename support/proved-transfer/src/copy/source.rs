//! What the mover finds at the source before it copies, and what of it there is to do.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::delivery::delivered;
use super::extent::{Extent, FolderFile, Located, Manifest};
use super::hop::{Hop, Item, Kind};
use super::listing::list;
use super::mover::STEP;
use super::observe::{Seen, observe};
use super::verified::VerifiedCopy;
use super::verify::verify_delivery;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;

/// The code of a source that is not what was delivered, and has not grown.
pub(super) const CHANGED: &str = "source_changed";

/// What one task is to copy, as it was when it was submitted. Kept with the intent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    /// The source, whole.
    pub(super) source: Extent,
    /// Of a folder that was delivered before: the files to copy. All of it, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) only: Option<Vec<String>>,
    /// The copies that stand already, as they were delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<Extent>,
}

impl Order {
    pub(super) fn all(source: Extent) -> Self {
        Self {
            source,
            only: None,
            kept: None,
        }
    }

    /// How many files the task must deliver.
    pub(super) fn count(&self) -> u64 {
        self.only
            .as_ref()
            .map_or(self.source.count(), |only| only.len() as u64)
    }
}

/// What there is to do.
pub(super) enum Task {
    /// Nothing: an earlier delivery still stands.
    Stands(VerifiedCopy),
    /// A transfer.
    Copy(Order),
}

/// Compares the source with what was delivered before over this hop.
///
/// A source that is not what was delivered is copied again only if it has grown since: a file that was moved
/// before it was complete, a folder that got more files. Any other change may be rot, and rot must not overwrite a
/// good copy; for the same reason the files of a folder that are delivered already are not submitted again.
pub(super) async fn task(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
) -> Result<Task, Failure> {
    let (from, to) = hop.both(item);
    let source = match known {
        Some(known) => known.clone(),
        None => source(run, item, from).await?,
    };
    let place = run.workplace();
    let Some((earlier, copy)) = delivered(place, from, to, STEP).await? else {
        return Ok(Task::Copy(Order::all(source)));
    };
    if matches!(observe(place, to.endpoint, to.path, STEP).await?, Seen::Missing) {
        return Ok(Task::Copy(Order::all(source)));
    }
    may_follow(&source, &earlier, hop)?;
    let doubt = match verify_delivery(place, from, to, STEP).await {
        Err(doubt) => doubt,
        Ok(proof) => {
            run.say(&Event::Notice {
                text: format!("{hop}: an earlier delivery still stands, nothing to copy"),
            });
            return Ok(Task::Stands(proof));
        }
    };
    // What the copy lacks now, the transfer mends: the source is the one that was delivered.
    let order = match (&source, &copy) {
        (Extent::Folder(folder), Extent::Folder(copied)) => {
            let standing = list(place, to, STEP).await?.manifest;
            rest(folder, &earlier, copied, &standing)
        }
        _ => Order::all(source),
    };
    // Nothing to copy and no proof: only what is wrong helps.
    if order.only.as_ref().is_some_and(Vec::is_empty) {
        return Err(doubt);
    }
    Ok(Task::Copy(order))
}

/// Of a folder: what changed, and what its copy lacks or holds otherwise than it was delivered.
fn rest(folder: &Manifest, earlier: &Extent, copied: &Manifest, standing: &Manifest) -> Order {
    let by_path = |files: &[FolderFile]| -> BTreeMap<String, (u64, DateTime<Utc>)> {
        let facts = |file: &FolderFile| (file.path.clone(), (file.size, file.modified));
        files.iter().map(facts).collect()
    };
    let (copied_by, standing_by, earlier_by) = (
        by_path(&copied.files),
        by_path(&standing.files),
        earlier.contents(),
    );
    let is_kept = |file: &&FolderFile| {
        let path = file.path.as_str();
        earlier_by.get(path) == Some(&(file.size, file.modified))
            && copied_by.contains_key(path)
            && copied_by.get(path) == standing_by.get(path)
    };
    let kept: BTreeSet<&str> = folder
        .files
        .iter()
        .filter(is_kept)
        .map(FolderFile::path)
        .collect();
    let stay = copied.files.iter().filter(|file| kept.contains(file.path()));
    let files: Vec<FolderFile> = stay.cloned().collect();
    let kept_copy = Manifest {
        size: files.iter().map(FolderFile::size).sum(),
        files,
        ..copied.clone()
    };
    let only = folder.files.iter().filter(|file| !is_kept(file));
    Order {
        only: Some(only.map(|file| file.path.clone()).collect()),
        source: Extent::Folder(folder.clone()),
        kept: Some(Extent::Folder(kept_copy)),
    }
}

/// Whether a submission that an earlier session recorded, and perhaps never sent, may be sent now: another run may have
/// delivered the same since, and what the source became after that must not overwrite it.
pub(super) async fn may_still_be_sent(run: &Session, item: Item<'_>, hop: Hop<'_>) -> Result<(), Failure> {
    let (from, to) = hop.both(item);
    match delivered(run.workplace(), from, to, STEP).await? {
        Some((earlier, _)) => may_follow(&source(run, item, from).await?, &earlier, hop),
        None => Ok(()),
    }
}

/// Refuses a source that is neither what was delivered nor has grown since.
pub(super) fn may_follow(source: &Extent, earlier: &Extent, hop: Hop<'_>) -> Result<(), Failure> {
    if source.same_content(earlier) {
        return Ok(());
    }
    has_grown(source, earlier, hop)
}

/// The file that was seen, or why it is none.
pub(super) fn file(seen: Seen, key: &str) -> Result<Extent, Failure> {
    let refused = |code: &str, text: String| Err(Failure::new(STEP, code, text));
    match seen {
        Seen::File(file) | Seen::Link(file) => Ok(Extent::File(file)),
        Seen::Missing => refused("FILE_NOT_FOUND", format!("there is no such path on {key}")),
        Seen::Folder => refused("NOT_A_FILE", format!("on {key} the path is a folder, not a file")),
        Seen::Other(kind) => refused("NOT_A_FILE", format!("on {key} the path is a {kind}")),
    }
}

async fn source(run: &Session, item: Item<'_>, from: Located<'_>) -> Result<Extent, Failure> {
    let key = from.endpoint.key();
    let seen = observe(run.workplace(), from.endpoint, from.path, STEP).await?;
    match (seen, item.kind) {
        (Seen::Folder, Kind::Folder) => {
            let listed = list(run.workplace(), from, STEP).await?;
            if !listed.others.is_empty() {
                run.say(&Event::Notice {
                    text: format!(
                        "{} links or devices in {:?} are not copied",
                        listed.others.len(),
                        item.path
                    ),
                });
            }
            Ok(Extent::Folder(listed.manifest))
        }
        (Seen::File(_) | Seen::Link(_), Kind::Folder) => Err(Failure::new(
            STEP,
            "NOT_A_FOLDER",
            format!("on {key} the path is a file, not a folder"),
        )),
        (seen, _) => file(seen, key.as_str()),
    }
}

/// Refuses a source of which some file is neither as it was delivered nor longer and newer.
fn has_grown(source: &Extent, earlier: &Extent, hop: Hop<'_>) -> Result<(), Failure> {
    let now = source.contents();
    for (path, then) in earlier.contents() {
        let Some(now) = now.get(path).filter(|now| **now != then) else {
            continue;
        };
        if now.0 > then.0 && now.1 >= then.1 {
            continue;
        }
        let name = if path.is_empty() { source.path() } else { path };
        return Err(Failure::new(
            STEP,
            CHANGED,
            format!(
                "the file {name:?} on {} is not the one that was delivered ({} bytes of {}, then {} bytes of {}); the copy on {} is kept",
                hop.source.key(), now.0, now.1, then.0, then.1, hop.destination.key()
            ),
        )
        .remedy("compare the two; if the new content is meant, move the old copy away and run again with a new run id"));
    }
    Ok(())
}
