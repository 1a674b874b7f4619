//! Single files and folders of an endpoint: stat, rename, mkdir.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Transfer;
use super::caller::Caller;
use super::refusal::Refusal;
use super::submission::read;
use super::times::file_time;
use super::tree::{PathError, Tree};

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
        let tree = transfer.tree(&id)?;
        let path = caller.query("path").unwrap_or("/~/");
        let file = tree.entry(path).map_err(|e| STAT.path(path, e))?;
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|_| !tree.is_root(&file))
            .unwrap_or("/");
        entry(&tree, name, &file).map_err(|e| STAT.io(path, &e))
    };
    caller.answer(stat())
}

/// The document of one file, as `ls` and `stat` give it: `DATA_TYPE` is `file` for everything. A link shows what it
/// leads to; one that leads nowhere, or out of the tree, is an `invalid_symlink`.
pub(crate) fn entry(tree: &Tree, name: &str, path: &FilePath) -> io::Result<Value> {
    let own = path.symlink_metadata()?;
    let is_link = own.is_symlink();
    let target = if is_link {
        tree.follow(path)
    } else {
        Some(own.clone())
    };
    let seen = target.as_ref().unwrap_or(&own);
    let link_target = if is_link {
        std::fs::read_link(path).ok()
    } else {
        None
    };
    Ok(json!({
        "DATA_TYPE": "file",
        "name": name,
        "type": match &target { None => "invalid_symlink", Some(found) => kind(found) },
        "size": seen.len(),
        "last_modified": modified(seen),
        "permissions": format!("{:04o}", seen.permissions().mode() & 0o7777),
        "user": "sim",
        "group": "sim",
        "link_target": link_target.map(|target| target.to_string_lossy().into_owned()),
        "link_size": is_link.then_some(own.len()),
        "link_last_modified": if is_link { modified(&own) } else { Value::Null },
        "link_user": is_link.then_some("sim"),
        "link_group": is_link.then_some("sim"),
    }))
}

fn kind(found: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    if kind.is_dir() {
        "dir"
    } else if kind.is_file() {
        "file"
    } else if kind.is_char_device() {
        "chr"
    } else if kind.is_block_device() {
        "blk"
    } else if kind.is_fifo() {
        "pipe"
    } else {
        "other"
    }
}

fn modified(found: &Metadata) -> Value {
    found.modified().map_or(Value::Null, |at| {
        Value::from(file_time(DateTime::<Utc>::from(at)))
    })
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
        let tree = transfer.tree(&id)?;
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
        let tree = transfer.tree(&id)?;
        let Mkdir { path } = read(&body)?;
        let folder = tree.entry(&path).map_err(|e| MKDIR.path(&path, e))?;
        std::fs::create_dir(&folder).map_err(|e| MKDIR.io(&path, &e))
    };
    let message = "The directory was created successfully";
    caller.answer(make().map(|()| caller.result("mkdir_result", "DirectoryCreated", message)))
}
