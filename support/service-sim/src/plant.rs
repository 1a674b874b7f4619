//! Changes to a collection's files from outside: what another process wants to find there.

use std::fs::File;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::collection::Collection;

/// What is to be done to one path. The fields are those of `POST /sim/plant`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plant {
    /// The collection's key.
    pub(crate) collection: String,
    /// Relative to the collection's `root_path`.
    path: String,
    /// A file with these bytes, in place of what is there; folders are made.
    bytes_base64: Option<String>,
    /// The file is cut, or filled up with zeros, to this length.
    truncate: Option<u64>,
    /// The file, or the folder with all that is in it, is removed.
    #[serde(default)]
    delete: bool,
    /// The modification time, last of all.
    mtime: Option<DateTime<Utc>>,
}

impl Plant {
    /// Does it, and gives the size of the file that is there now; `None` if nothing is.
    pub(crate) fn carry_out(&self, collection: &Collection) -> Result<Option<u64>, String> {
        let rel = self.path.trim_start_matches('/');
        if rel.is_empty() || rel.contains('\0') || rel.split('/').any(|part| part == "..") {
            return Err("path must name something below the collection's root_path, without `..`".to_owned());
        }
        let asked = [self.bytes_base64.is_some(), self.truncate.is_some(), self.delete];
        let actions = asked.into_iter().filter(|asked| *asked).count();
        if actions > 1 || (actions == 0 && self.mtime.is_none()) || (self.delete && self.mtime.is_some()) {
            return Err(
                "expected one of bytes_base64, truncate and delete; mtime alone or beside the first two"
                    .to_owned(),
            );
        }
        let bytes = self.bytes_base64.as_ref().map(|text| STANDARD.decode(text));
        let bytes = bytes.transpose().map_err(|e| format!("bytes_base64: {e}"))?;
        let path = collection.path(rel);
        self.apply(collection, rel, bytes.as_deref())
            .map_err(|e| format!("{}: {e}", self.path))?;
        Ok(path.metadata().ok().map(|found| found.len()))
    }

    fn apply(&self, collection: &Collection, rel: &str, bytes: Option<&[u8]>) -> io::Result<()> {
        let path = collection.path(rel);
        if let Some(bytes) = bytes {
            collection.place(rel, bytes)?;
        }
        if let Some(length) = self.truncate {
            File::options().write(true).open(&path)?.set_len(length)?;
        }
        if self.delete {
            remove(&path)?;
        }
        if let Some(at) = self.mtime {
            // Opened for reading, which a folder can be too.
            File::open(&path)?.set_modified(at.into())?;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    }
}
