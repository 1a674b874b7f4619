//! What listings show of a whole folder, now.

use futures_util::{StreamExt, TryStreamExt, stream};
use globus_transfer::{EndpointId, Entry, EntryKind};

use super::extent::{Extent, FolderFile, Located, Manifest};
use super::observe::{Seen, collection, observe, path_on};
use crate::failure::Failure;
use crate::session::Workplace;

/// More than this is refused: nobody could judge such a report, and a proof of it would be old before it is whole.
const MOST_FILES: usize = 200_000;
const MOST_FOLDERS: usize = 50_000;
/// Listings asked for at once.
const AT_ONCE: usize = 4;

/// A folder, seen whole.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) manifest: Manifest,
    /// What is neither file nor folder: links, devices, pipes. No copy has it.
    pub(crate) others: Vec<String>,
    /// Whether the storage says that it can rename.
    pub(crate) can_rename: bool,
}

/// What stands at a path, a folder with every file below it; nothing if there is none. Proves nothing. One request, and
/// for a folder one more for it and for each folder below it; retried.
///
/// # Errors
/// It is neither a file nor a folder, too large to be listed, or a listing could not be had.
pub async fn extent(place: &Workplace, at: Located<'_>, step: &str) -> Result<Option<Extent>, Failure> {
    match observe(place, at.endpoint, at.path, step).await? {
        Seen::File(file) | Seen::Link(file) => Ok(Some(Extent::File(file))),
        Seen::Folder => Ok(Some(Extent::Folder(list(place, at, step).await?.manifest))),
        Seen::Missing => Ok(None),
        Seen::Other(kind) => {
            let text = format!("on {} the path is a {kind}", at.endpoint.key());
            Err(Failure::new(step, "listing", text).file(at.path))
        }
    }
}

/// Lists a folder with all folders below it: one request for each, and one more for each 100,000 entries.
///
/// # Errors
/// The folder is gone, too large, or a listing could not be had.
pub(crate) async fn list(place: &Workplace, folder: Located<'_>, step: &str) -> Result<Listed, Failure> {
    let id = collection(folder.endpoint, step)?;
    let path = path_on(folder.endpoint, folder.path, step)?;
    let key = folder.endpoint.key();
    let refused = |code: &str, what: &str| Failure::new(step, code, format!("{path:?} on {key} {what}"));
    let mut listed = Listed {
        manifest: Manifest {
            endpoint: key.to_string(),
            collection: id.to_string(),
            path: path.clone(),
            size: 0,
            files: Vec::new(),
        },
        others: Vec::new(),
        can_rename: true,
    };
    let mut folders = 1;
    let mut level = vec![String::new()];
    while !level.is_empty() {
        let pages: Vec<(String, Page)> = stream::iter(level)
            .map(|below| entries(place, &id, path.clone(), below, step))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
            .map_err(|failure| failure.hop(key))?;
        level = Vec::new();
        for (below, page) in pages {
            listed.can_rename &= page.can_rename;
            for entry in page.entries {
                let name = format!("{below}{}", entry.name);
                listed
                    .take(name, &entry, &mut level)
                    .map_err(|()| refused("listing", "has an entry without a name, a size or a time"))?;
            }
        }
        folders += level.len();
        if folders > MOST_FOLDERS || listed.manifest.files.len() > MOST_FILES {
            return Err(refused(
                "too_large",
                "holds too many files or folders for one proof",
            ));
        }
    }
    listed.manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    listed.others.sort();
    Ok(listed)
}

impl Listed {
    /// Sorts an entry; a name with a slash could lead anywhere.
    fn take(&mut self, name: String, entry: &Entry, folders: &mut Vec<String>) -> Result<(), ()> {
        if entry.name.is_empty() || entry.name.contains('/') || matches!(entry.name.as_str(), "." | "..") {
            return Err(());
        }
        if entry.link_target.is_some() {
            self.others.push(name);
            return Ok(());
        }
        match entry.kind {
            EntryKind::Dir => folders.push(name + "/"),
            EntryKind::File => {
                let (size, modified) = entry.size.zip(entry.last_modified).ok_or(())?;
                self.manifest.size = self.manifest.size.saturating_add(size);
                self.manifest.files.push(FolderFile {
                    path: name,
                    size,
                    modified,
                });
            }
            _ => self.others.push(name),
        }
        Ok(())
    }
}

struct Page {
    entries: Vec<Entry>,
    can_rename: bool,
}

/// One folder's entries to the last; `below` is empty or ends with a slash.
async fn entries(
    place: &Workplace,
    id: &EndpointId,
    path: String,
    below: String,
    step: &str,
) -> Result<(String, Page), Failure> {
    let listing = place
        .service
        .transfer
        .endpoint(id.clone())
        .ls(format!("{path}/{below}"))
        .order_by("name ASC")
        .whole()
        .await
        .map_err(|error| Failure::service(step, "globus_transfer", &error))?;
    let page = Page {
        can_rename: listing.rename_supported != Some(false),
        entries: listing.entries,
    };
    Ok((below, page))
}
