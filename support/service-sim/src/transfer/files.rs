//! Single files and folders of an endpoint: stat, rename, mkdir.

use std::io;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::Transfer;
use super::caller::{Caller, Reply};
use super::changes::Before;
use super::entry::{Entry, Times};
use super::refusal::Refusal;
use super::submission::read;
use super::tree::PathError;

/// What an operation says when the file system refuses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refuses {
    pub(crate) not_found: &'static str,
    pub(crate) exists: &'static str,
    pub(crate) failed: &'static str,
}

const STAT: Refuses = Refuses {
    not_found: "NotFound",
    exists: "ExternalError",
    failed: "ExternalError",
};
const RENAME: Refuses = Refuses {
    not_found: "ClientError.NotFound",
    exists: "ExternalError.RenameFailed.Exists",
    failed: "ExternalError.RenameFailed",
};
const MKDIR: Refuses = Refuses {
    not_found: "ClientError.NotFound",
    exists: "ExternalError.MkdirFailed.Exists",
    failed: "ExternalError.MkdirFailed",
};

impl Refuses {
    pub(crate) fn path(self, path: &str, error: PathError) -> Refusal {
        match error {
            PathError::Escapes => Refusal::new(
                403,
                "EndpointPermissionDenied",
                format!("Denied by endpoint: path not allowed: {path}"),
            ),
            PathError::Invalid(why) => Refusal::bad_request(why),
            PathError::Io(e) => self.io(path, &e),
        }
    }

    pub(crate) fn io(self, path: &str, error: &io::Error) -> Refusal {
        match error.kind() {
            io::ErrorKind::NotFound => Refusal::new(404, self.not_found, format!("Path not found: {path}")),
            io::ErrorKind::PermissionDenied => Refusal::new(
                403,
                "EndpointPermissionDenied",
                format!("Denied by endpoint: {path}"),
            ),
            io::ErrorKind::AlreadyExists => {
                Refusal::new(502, self.exists, format!("Path already exists: {path}"))
            }
            _ => Refusal::new(502, self.failed, format!("{path}: {error}")),
        }
    }
}

/// `GET …/stat`
pub(crate) async fn stat(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let stat = || {
        let tree = transfer.opened(&caller, &id)?;
        let path = caller.query("path").unwrap_or("/~/");
        let file = tree.entry(path).map_err(|e| STAT.path(path, e))?;
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|_| !tree.is_root(&file))
            .unwrap_or("/");
        let entry = match transfer.before(&caller, &file) {
            Before::Was(entry) => Ok(entry),
            Before::Absent => Err(io::ErrorKind::NotFound.into()),
            Before::Unknown => Entry::read(&tree, name.to_owned(), &file),
        };
        let entry = entry.map_err(|e| STAT.io(path, &e))?;
        let mut document = String::new();
        entry.write(&mut document, &mut Times::default());
        Ok(Reply::from(document))
    };
    caller.answer(stat())
}

#[derive(Deserialize)]
struct Rename {
    old_path: String,
    new_path: String,
}

/// `POST …/rename`
pub(crate) async fn rename(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Response {
    let rename = || {
        let tree = transfer.opened(&caller, &id)?;
        if !transfer.can_rename(&id) {
            let message = format!("Rename is not supported by endpoint '{id}'");
            return Err(Refusal::new(409, "NotSupported", message));
        }
        let Rename { old_path, new_path } = read(&body)?;
        let old = tree.entry(&old_path).map_err(|e| RENAME.path(&old_path, e))?;
        let new = tree.entry(&new_path).map_err(|e| RENAME.path(&new_path, e))?;
        if tree.is_root(&old) || tree.is_root(&new) {
            return Err(RENAME.path("/", PathError::Escapes));
        }
        old.symlink_metadata().map_err(|e| RENAME.io(&old_path, &e))?;
        if new.symlink_metadata().is_ok() {
            return Err(RENAME.io(&new_path, &io::ErrorKind::AlreadyExists.into()));
        }
        transfer.changes.note(&tree, &[&old, &new]);
        std::fs::rename(&old, &new).map_err(|e| RENAME.io(&new_path, &e))
    };
    let message = "File or directory renamed successfully";
    caller.answer(rename().map(|()| caller.result("result", "FileRenamed", message)))
}

#[derive(Deserialize)]
struct Mkdir {
    path: String,
}

/// `POST …/mkdir`. The parent must exist.
pub(crate) async fn mkdir(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Response {
    let make = || {
        let tree = transfer.opened(&caller, &id)?;
        let Mkdir { path } = read(&body)?;
        let folder = tree.entry(&path).map_err(|e| MKDIR.path(&path, e))?;
        transfer.changes.note(&tree, &[&folder]);
        std::fs::create_dir(&folder).map_err(|e| MKDIR.io(&path, &e))
    };
    let message = "The directory was created successfully";
    caller.answer(make().map(|()| caller.result("mkdir_result", "DirectoryCreated", message)))
}
