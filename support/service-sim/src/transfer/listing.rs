//! Directory listings.

use std::ffi::OsString;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use chrono::Timelike;
use serde_json::{Value, json};

use super::caller::Caller;
use super::changes::Before;
use super::entry::{Entry, Times};
use super::files::Refuses;
use super::filter::{self, Filter};
use super::order::Page;
use super::refusal::Refusal;
use super::tree::Tree;
use super::{Transfer, order};

const LS: Refuses = Refuses {
    not_found: "ClientError.NotFound",
    exists: "ExternalError.DirListingFailed",
    failed: "ExternalError.DirListingFailed",
};

/// The service's greatest and default page.
const MOST: usize = 100_000;

/// `GET …/ls`
pub(crate) async fn ls(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    caller.answer(listed(&transfer, &id, &caller))
}

fn listed(transfer: &Transfer, id: &str, caller: &Caller) -> Result<String, Refusal> {
    let tree = transfer.opened(caller, id)?;
    let path = caller.query("path").unwrap_or("/~/");
    let place = tree.entry(path).map_err(|e| LS.path(path, e))?;
    if matches!(transfer.before(caller, &place), Before::Absent) {
        return Err(LS.io(path, &std::io::ErrorKind::NotFound.into()));
    }
    let folder = tree.existing(path).map_err(|e| LS.path(path, e))?;
    if !folder.is_dir() {
        let message = format!("Not a directory: {path}");
        return Err(Refusal::new(
            502,
            "ExternalError.DirListingFailed.NotDirectory",
            message,
        ));
    }
    let text = caller.query("orderby").unwrap_or("name");
    let plain = text == "name" && caller.query("filter").is_none() && !caller.wants_stale;
    if plain && caller.query("limit").or(caller.query("offset")).is_some() {
        let page = plain_page(&tree, &folder, path, caller)?;
        return Ok(document(&head(transfer, id, path, &page), &page.items));
    }
    let mut entries = wanted(transfer, &tree, &folder, path, caller)?;
    order::sort(&mut entries, text, |key, a, b| match key {
        "name" => Some(a.name.cmp(&b.name)),
        "size" => Some(a.size.cmp(&b.size)),
        "type" => Some(a.kind.cmp(b.kind)),
        "last_modified" => Some(a.modified.cmp(&b.modified)),
        "permissions" => Some(a.permissions().cmp(&b.permissions())),
        "user" | "group" => Some(std::cmp::Ordering::Equal),
        _ => None,
    })?;
    let page = order::page(caller, entries, MOST, MOST)?;
    Ok(document(&head(transfer, id, path, &page), &page.items))
}

/// What an answer says beside the entries.
fn head(transfer: &Transfer, id: &str, path: &str, page: &Page<Entry>) -> Value {
    let absolute = if path.ends_with('/') {
        path.to_owned()
    } else {
        format!("{path}/")
    };
    json!({
        "DATA_TYPE": "file_list",
        "endpoint": id,
        "path": path,
        "absolute_path": absolute.strip_prefix("/~").unwrap_or(&absolute),
        "length": page.items.len(),
        "total": page.total,
        "limit": page.limit,
        "offset": page.offset,
        "rename_supported": transfer.can_rename(id),
        "symlink_supported": false,
    })
}

/// A page by name, unfiltered: only its own entries are looked at, so that a large folder is quickly paged through.
fn plain_page(tree: &Tree, folder: &FilePath, path: &str, caller: &Caller) -> Result<Page<Entry>, Refusal> {
    let hidden = shows_hidden(caller);
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).map_err(|e| LS.io(path, &e))? {
        let name = file.map_err(|e| LS.io(path, &e))?.file_name();
        if hidden || !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    let page = order::page(caller, names, MOST, MOST)?;
    let entry = |name: OsString| {
        let file = folder.join(&name);
        Entry::read(tree, name.to_string_lossy().into_owned(), &file).ok()
    };
    Ok(Page {
        items: page.items.into_iter().filter_map(entry).collect(),
        limit: page.limit,
        offset: page.offset,
        total: page.total,
    })
}

fn shows_hidden(caller: &Caller) -> bool {
    !matches!(caller.query("show_hidden"), Some("0" | "false" | "False"))
}

/// The list's head with the entries in it.
fn document(head: &Value, entries: &[Entry]) -> String {
    let mut text = head.to_string();
    text.truncate(text.len().saturating_sub(1));
    text.push_str(",\"DATA\":[");
    let mut times = Times::default();
    for (n, entry) in entries.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        entry.write(&mut text, &mut times);
    }
    text.push_str("]}");
    text
}

/// The entries that the filters and `show_hidden` leave.
fn wanted(
    transfer: &Transfer,
    tree: &Tree,
    folder: &FilePath,
    path: &str,
    caller: &Caller,
) -> Result<Vec<Entry>, Refusal> {
    let known = [
        "name",
        "type",
        "size",
        "last_modified",
        "permissions",
        "user",
        "group",
    ];
    let filters: Vec<Filter<'_>> = caller
        .queries("filter")
        .map(|text| Filter::parse(text, &known))
        .collect::<Result<_, _>>()?;
    let hidden = shows_hidden(caller);
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder).map_err(|e| LS.io(path, &e))? {
        let file = file.map_err(|e| LS.io(path, &e))?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && !hidden {
            continue;
        }
        // A file that went away since the folder was read is not there.
        let Ok(metadata) = file.metadata() else {
            continue;
        };
        entries.push(Entry::of(tree, name, &file.path(), &metadata));
    }
    if caller.wants_stale {
        transfer.changes.undo(folder, &mut entries);
        entries.retain(|entry| hidden || !entry.name.starts_with('.'));
    }
    for filter in filters {
        entries.retain(|entry| filter.matches(|key, value| holds(entry, key, value)));
    }
    Ok(entries)
}

fn holds(entry: &Entry, key: &str, value: &str) -> bool {
    match key {
        "name" => filter::text(value, &entry.name, true),
        "type" => filter::text(value, entry.kind, true),
        "size" => filter::number(value, entry.size),
        // Listings know whole seconds only.
        "last_modified" => filter::time(value, entry.modified.and_then(|at| at.with_nanosecond(0))),
        "permissions" => filter::text(value, &entry.permissions(), true),
        "user" => filter::text(value, Entry::USER, true),
        "group" => filter::text(value, Entry::GROUP, true),
        _ => false,
    }
}
