//! What a run makes itself, under a name that nothing else bears, and removes again.

use std::fmt;
use std::future::IntoFuture;

use chrono::{DateTime, Utc};
use globus_transfer::{Label, SyncLevel, TaskId, TransferItem};
use serde::Serialize;

use super::{SERVICE, STEP};
use crate::audit;
use crate::copy::{Located, Seen, collection, list, observe, path_on};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::session::Session;
use crate::task::task_failure;

/// A name with a random uuid in it: whatever bears it was made by whoever made the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnName(String);

impl OwnName {
    /// A name that nothing bears yet: `before`, a uuid, `after`.
    pub fn new(before: &str, after: &str) -> Self {
        Self(format!("{before}{}{after}", uuid::Uuid::new_v4()))
    }

    /// A name from the run's record; `None` if no [`new`](Self::new) with these made it.
    pub fn recall(text: &str, before: &str, after: &str) -> Option<Self> {
        let id = text.strip_prefix(before)?.strip_suffix(after)?;
        let is_ours = id.len() == 36 && uuid::Uuid::try_parse(id).is_ok_and(|id| id.get_version_num() == 4);
        is_ours.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for OwnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something of our own on an endpoint: itself bears an [`OwnName`], or lies in a folder that does.
#[derive(Debug, Clone)]
pub struct Own<'a> {
    endpoint: &'a StorageEndpoint,
    path: String,
}

impl<'a> Own<'a> {
    /// At `name` in the folder `folder` below the endpoint's root; in the root itself if that is empty.
    pub fn new(endpoint: &'a StorageEndpoint, folder: &str, name: &OwnName) -> Self {
        let folder = folder.trim_end_matches('/');
        let path = format!("{folder}/{name}");
        Self { endpoint, path }
    }

    /// In this folder of our own.
    #[must_use]
    pub fn within(&self, name: &str) -> Self {
        let path = format!("{}/{name}", self.path);
        Self { path, ..self.clone() }
    }

    /// The path below the endpoint's root.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn located(&self) -> Located<'_> {
        Located {
            endpoint: self.endpoint,
            path: &self.path,
        }
    }

    fn named(&self, failure: Failure) -> Failure {
        let failure = failure.hop(self.endpoint.key());
        match failure.context.file {
            Some(_) => failure,
            None => failure.file(&self.path),
        }
    }
}

/// Makes a folder of our own. Not retried once the service may have acted.
///
/// # Errors
/// The service refuses it or does not answer.
pub async fn make_folder(run: &Session, folder: &Own<'_>) -> Result<(), Failure> {
    let id = collection(folder.endpoint, STEP)?;
    let path = path_on(folder.endpoint, &folder.path, STEP)?;
    let mkdir = run.workplace().service.transfer.endpoint(id).mkdir(path);
    let made = run.holding(STEP, mkdir.send()).await?;
    made.map(drop)
        .map_err(|error| folder.named(Failure::service(STEP, SERVICE, &error)))
}

/// Copies the file at `from`, a path on the same endpoint, to a name of our own, with checksums, and looks at what
/// arrived; its size in bytes. Done again, it transfers nothing.
///
/// # Errors
/// `from` is no file, the task did not succeed (it is cancelled then), or what arrived has another size.
pub async fn copy(run: &Session, from: &str, to: &Own<'_>) -> Result<u64, Failure> {
    let copied = async {
        let size = file_size(run, to.endpoint, from).await?;
        let task_id = transfer(run, from, to).await?;
        ended(run, &task_id).await?;
        let arrived = file_size(run, to.endpoint, &to.path).await?;
        if arrived == size {
            return Ok(size);
        }
        let text = format!("{arrived} bytes arrived of {size}");
        Err(Failure::new(STEP, "not_delivered", text).task(task_id, "SUCCEEDED"))
    };
    copied.await.map_err(|failure| to.named(failure))
}

async fn file_size(run: &Session, endpoint: &StorageEndpoint, path: &str) -> Result<u64, Failure> {
    match observe(run.workplace(), endpoint, path, STEP).await? {
        Seen::File(file) | Seen::Link(file) => Ok(file.size()),
        Seen::Missing => Err(Failure::new(STEP, "missing", "there is no such file").file(path)),
        _ => Err(Failure::new(STEP, "not_a_file", format!("{path:?} is no file"))),
    }
}

async fn transfer(run: &Session, from: &str, to: &Own<'_>) -> Result<TaskId, Failure> {
    let client = &run.workplace().service.transfer;
    let collection = collection(to.endpoint, STEP)?;
    let item = TransferItem::new(
        path_on(to.endpoint, from, STEP)?,
        path_on(to.endpoint, &to.path, STEP)?,
    );
    let submitted = async {
        let id = client.submission_id().send().await?;
        let document = client
            .submit_transfer(collection.clone(), collection)
            .items([item])
            .label(Label::with_suffix(STEP, run.run_id()))
            .sync_level(SyncLevel::Checksum)
            .verify_checksum(true)
            .notifications(false)
            .document(&id)?;
        client.submit(&document).send_when_room().await
    };
    let submitted = run.holding(STEP, submitted).await?;
    submitted
        .map(|result| result.task_id)
        .map_err(|error| Failure::service(STEP, SERVICE, &error))
}

/// Waits for a task; one that may go on although nobody waits for it any more is cancelled.
async fn ended(run: &Session, task_id: &TaskId) -> Result<(), Failure> {
    let service = &run.workplace().service;
    let waiting = service.watcher.wait(task_id.clone()).into_future();
    let Err(error) = run.holding(STEP, waiting).await? else {
        return Ok(());
    };
    if error.may_still_run()
        && let Err(error) = service.transfer.task(task_id.clone()).cancel().send().await
    {
        tracing::warn!(%error, %task_id, "not cancelled");
    }
    Err(task_failure(STEP, task_id, &error))
}

/// A line of the audit log.
#[derive(Serialize)]
struct Removed<'a> {
    at: DateTime<Utc>,
    run_id: &'a str,
    action: &'static str,
    endpoint: &'a str,
    collection: &'a str,
    path: &'a str,
    reason: &'static str,
}

/// Removes what this run made: a file, or a folder in which there is nothing but `files`. Answers whether there was
/// anything.
///
/// # Errors
/// Something else is in the folder (`not_ours`: all of it stays), the audit log cannot be written, or the task did not
/// succeed.
pub async fn remove(run: &Session, own: &Own<'_>, files: &[&str]) -> Result<bool, Failure> {
    let removed = async {
        let is_folder = match observe(run.workplace(), own.endpoint, &own.path, STEP).await? {
            Seen::Missing => return Ok(false),
            Seen::File(_) => false,
            Seen::Folder => true,
            _ => return Err(not_ours(&own.path)),
        };
        if is_folder {
            let listed = list(run.workplace(), own.located(), STEP).await?;
            let found = listed.manifest.files().iter().map(crate::copy::FolderFile::path);
            let mut all = found.chain(listed.others.iter().map(String::as_str));
            if let Some(other) = all.find(|path| !files.contains(path)) {
                return Err(not_ours(other));
            }
        }
        delete(run, own, is_folder).await?;
        match observe(run.workplace(), own.endpoint, &own.path, STEP).await? {
            Seen::Missing => Ok(true),
            _ => Err(Failure::new(
                STEP,
                "not_deleted",
                "the task succeeded and it still stands",
            )),
        }
    };
    removed.await.map_err(|failure: Failure| {
        own.named(failure)
            .remedy("remove it by hand: nothing else bears that name")
    })
}

fn not_ours(what: &str) -> Failure {
    Failure::new(
        STEP,
        "not_ours",
        format!("{what:?} was not made by this run: nothing is removed"),
    )
}

async fn delete(run: &Session, own: &Own<'_>, recursive: bool) -> Result<(), Failure> {
    let place = run.workplace();
    let id = collection(own.endpoint, STEP)?;
    let path = path_on(own.endpoint, &own.path, STEP)?;
    let line = Removed {
        at: place.now(),
        run_id: run.run_id(),
        action: "remove_own",
        endpoint: own.endpoint.key().as_str(),
        collection: id.as_str(),
        path: &path,
        reason: "made by this run to try the endpoint out",
    };
    audit::append(place.state_dir(), &line).await?;
    let deletion = place
        .service
        .transfer
        .submit_delete(id.clone())
        .path(path.clone())
        .recursive(recursive)
        .label(Label::with_suffix(STEP, run.run_id()))
        .notifications(false);
    let submitted = run.holding(STEP, deletion.send()).await?;
    let submitted = submitted.map_err(|error| Failure::service(STEP, SERVICE, &error))?;
    ended(run, &submitted.task_id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_our_own_is_known_again_and_no_other_is() {
        let name = OwnName::new("test_", ".txt");
        assert_eq!(OwnName::recall(&name.to_string(), "test_", ".txt"), Some(name));
        for other in [
            "test_.txt",
            "test_scan.txt",
            "test_a1b2c3d4e5f64a7b8c9d0e1f2a3b4c5d.txt",
            "test_6ba7b810-9dad-11d1-80b4-00c04fd430c8.txt",
            "../test_9f1c7a2e-3b4d-4c5e-8f60-718293a4b5c6.txt",
        ] {
            assert_eq!(OwnName::recall(other, "test_", ".txt"), None, "{other}");
        }
        assert_ne!(OwnName::new("", ""), OwnName::new("", ""));
    }

    #[test]
    fn what_is_within_stays_within() {
        let endpoint = StorageEndpoint::new("disk", "u", "host", "/data");
        let name = OwnName::new(".check-", "");
        for (folder, expected) in [("", format!("/{name}")), ("/raw/", format!("/raw/{name}"))] {
            let own = Own::new(&endpoint, folder, &name);
            assert_eq!(own.path(), expected);
            assert_eq!(own.within("a").path(), format!("{expected}/a"));
        }
    }
}
