//! One file or folder, as listings and `stat` show it.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::times::file_time;
use super::tree::Tree;

/// What is told of a file. A link shows what it leads to; one that leads nowhere, or out of the tree, is an
/// `invalid_symlink`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) size: u64,
    pub(crate) modified: Option<DateTime<Utc>>,
    mode: u32,
    link: Option<Link>,
}

#[derive(Clone, Debug)]
struct Link {
    target: Option<String>,
    size: u64,
    modified: Option<DateTime<Utc>>,
}

impl Entry {
    /// Whose every file is.
    pub(crate) const USER: &str = "sim";
    pub(crate) const GROUP: &str = "sim";

    pub(crate) fn read(tree: &Tree, name: String, path: &Path) -> io::Result<Self> {
        Ok(Self::of(tree, name, path, &path.symlink_metadata()?))
    }

    /// The entry of which the metadata, links not followed, are known already.
    pub(crate) fn of(tree: &Tree, name: String, path: &Path, own: &Metadata) -> Self {
        if !own.is_symlink() {
            return Self::plain(name, kind(own), own, None);
        }
        let target = std::fs::read_link(path).ok();
        let link = Link {
            target: target.map(|target| target.to_string_lossy().into_owned()),
            size: own.len(),
            modified: modified(own),
        };
        match tree.follow(path) {
            Some(found) => Self::plain(name, kind(&found), &found, Some(link)),
            None => Self::plain(name, "invalid_symlink", own, Some(link)),
        }
    }

    fn plain(name: String, kind: &'static str, seen: &Metadata, link: Option<Link>) -> Self {
        Self {
            name,
            kind,
            size: seen.len(),
            modified: modified(seen),
            mode: seen.permissions().mode() & 0o7777,
            link,
        }
    }

    pub(crate) fn permissions(&self) -> String {
        format!("{:04o}", self.mode)
    }

    /// Writes the document; `DATA_TYPE` is `file` for everything. By hand, because listings are long and the general
    /// way takes several times as long.
    pub(crate) fn write(&self, out: &mut String, times: &mut Times) {
        out.push_str("{\"DATA_TYPE\":\"file\",\"name\":");
        write_text(out, Some(&self.name));
        out.push_str(",\"type\":\"");
        out.push_str(self.kind);
        out.push_str("\",\"size\":");
        out.push_str(&self.size.to_string());
        out.push_str(",\"last_modified\":");
        times.write(out, self.modified);
        out.push_str(",\"permissions\":\"");
        out.push_str(&self.permissions());
        out.push_str("\",\"user\":\"sim\",\"group\":\"sim\",");
        let Some(link) = &self.link else {
            out.push_str(
                "\"link_target\":null,\"link_size\":null,\"link_last_modified\":null,\"link_user\":null,\"link_group\":null}",
            );
            return;
        };
        out.push_str("\"link_target\":");
        write_text(out, link.target.as_deref());
        out.push_str(",\"link_size\":");
        out.push_str(&link.size.to_string());
        out.push_str(",\"link_last_modified\":");
        times.write(out, link.modified);
        out.push_str(",\"link_user\":\"sim\",\"link_group\":\"sim\"}");
    }
}

/// Times as text. Files of one second follow each other in listings, and formatting is slow.
#[derive(Debug, Default)]
pub(crate) struct Times {
    last: Option<(i64, String)>,
}

impl Times {
    fn write(&mut self, out: &mut String, at: Option<DateTime<Utc>>) {
        let Some(at) = at else {
            out.push_str("null");
            return;
        };
        let second = at.timestamp();
        let known = self.last.take().filter(|(known, _)| *known == second);
        let (_, text) = self.last.insert(known.unwrap_or_else(|| (second, file_time(at))));
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

fn write_text(out: &mut String, text: Option<&str>) {
    let plain = |c: u8| (c.is_ascii_graphic() || c == b' ') && c != b'"' && c != b'\\';
    match text {
        None => out.push_str("null"),
        Some(text) if text.bytes().all(plain) => {
            out.push('"');
            out.push_str(text);
            out.push('"');
        }
        Some(text) => out.push_str(&Value::from(text).to_string()),
    }
}

fn kind(found: &Metadata) -> &'static str {
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

fn modified(found: &Metadata) -> Option<DateTime<Utc>> {
    found.modified().ok().map(DateTime::<Utc>::from)
}
