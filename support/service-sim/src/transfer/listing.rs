//! Directory listings.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::Caller;
use super::files::{Refuses, entry};
use super::filter::{self, Filter};
use super::refusal::Refusal;
use super::tree::Tree;
use super::{Transfer, order, times};

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

fn listed(transfer: &Transfer, id: &str, caller: &Caller) -> Result<Value, Refusal> {
    let tree = transfer.tree(id)?;
    let path = caller.query("path").unwrap_or("/~/");
    let folder = tree.existing(path).map_err(|e| LS.path(path, e))?;
    if !folder.is_dir() {
        let message = format!("Not a directory: {path}");
        return Err(Refusal::new(
            502,
            "ExternalError.DirListingFailed.NotDirectory",
            message,
        ));
    }
    let mut entries = wanted(&tree, &folder, path, caller)?;
    let text = caller.query("orderby").unwrap_or("name");
    order::sort(&mut entries, text, |key, a, b| match key {
        "size" => Some(a["size"].as_u64().cmp(&b["size"].as_u64())),
        "name" | "type" | "last_modified" | "permissions" | "user" | "group" => {
            Some(a[key].as_str().cmp(&b[key].as_str()))
        }
        _ => None,
    })?;
    let page = order::page(caller, entries, MOST, MOST)?;
    let absolute = if path.ends_with('/') {
        path.to_owned()
    } else {
        format!("{path}/")
    };
    Ok(json!({
        "DATA_TYPE": "file_list",
        "endpoint": id,
        "path": path,
        "absolute_path": absolute.strip_prefix("/~").unwrap_or(&absolute),
        "length": page.items.len(),
        "total": page.total,
        "limit": page.limit,
        "offset": page.offset,
        "rename_supported": true,
        "symlink_supported": false,
        "DATA": page.items,
    }))
}

/// The entries that the filters and `show_hidden` leave.
fn wanted(tree: &Tree, folder: &std::path::Path, path: &str, caller: &Caller) -> Result<Vec<Value>, Refusal> {
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
    let hidden = !matches!(caller.query("show_hidden"), Some("0" | "false" | "False"));
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder).map_err(|e| LS.io(path, &e))? {
        let file = file.map_err(|e| LS.io(path, &e))?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && !hidden {
            continue;
        }
        // A file that went away since the folder was read is not there.
        let Ok(entry) = entry(tree, &name, &file.path()) else {
            continue;
        };
        if filters
            .iter()
            .all(|filter| filter.matches(|key, value| holds(&entry, key, value)))
        {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn holds(entry: &Value, key: &str, value: &str) -> bool {
    match key {
        "size" => filter::number(value, entry["size"].as_u64().unwrap_or_default()),
        "last_modified" => filter::time(value, entry[key].as_str().and_then(times::parse)),
        _ => filter::text(value, entry[key].as_str().unwrap_or_default(), true),
    }
}
