//! Listing a folder with all that is below it.

use futures_util::stream::{Stream, StreamExt, unfold};

use super::walk_run::{Folder, Walk};
use super::{EndpointHandle, Ls};
use crate::model::Entry;
use crate::{Client, EndpointId, Error, Result};

/// How many folders are asked for at a time. The client's rate limit holds for them as for every request.
const PARALLEL: usize = 16;

impl EndpointHandle {
    /// Lists a folder with all that is below it.
    pub fn ls_recursive(&self, path: impl Into<String>) -> LsRecursive {
        LsRecursive {
            client: self.client.clone(),
            id: self.id.clone(),
            root: path.into(),
            parallel: PARALLEL,
            ordered: false,
            max_depth: None,
            show_hidden: None,
            local_user: None,
            skip_unreadable: false,
        }
    }

    /// Whether there is such a file or folder: `GET /v0.10/operation/endpoint/{endpoint_id}/stat`. Retried.
    ///
    /// # Errors
    /// Those of any request but for a missing path; a collection that the service does not know is an error.
    pub async fn exists(&self, path: impl Into<String>) -> Result<bool> {
        Ok(self.stat(path).send_opt().await?.is_some())
    }

    /// Counts what is below a folder, in files, folders and bytes. One request a folder, each retried.
    ///
    /// # Errors
    /// Those of [`LsRecursive::entries`].
    pub async fn folder_size(&self, path: impl Into<String>) -> Result<FolderSize> {
        let mut size = FolderSize::default();
        let mut entries = self.ls_recursive(path).entries();
        while let Some(found) = entries.next().await {
            size.add(&found?.entry);
        }
        Ok(size)
    }
}

/// Something below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Its path in full, as the collection shows it; folders without a slash at the end.
    pub path: String,
    /// How many folders below the first it lies: 1 for what is directly in it.
    pub depth: usize,
    /// What the storage says of it.
    pub entry: Entry,
}

/// What a folder holds, with all that is below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderSize {
    /// How many files, links to files among them.
    pub files: u64,
    /// How many folders, links to folders among them.
    pub folders: u64,
    /// What is neither.
    pub others: u64,
    /// The files' bytes, as far as the storage says.
    pub bytes: u64,
}

impl FolderSize {
    fn add(&mut self, entry: &Entry) {
        if entry.is_file() {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(entry.size.unwrap_or(0));
        } else if entry.is_dir() {
            self.folders += 1;
        } else {
            self.others += 1;
        }
    }
}

/// Lists a folder with all that is below it. Made by [`EndpointHandle::ls_recursive`].
///
/// A link to a folder is listed, but not what is behind it. A folder that vanishes on the way is passed over.
#[derive(Clone, Debug)]
#[must_use = "a walk does nothing until its entries are asked for"]
pub struct LsRecursive {
    client: Client,
    id: EndpointId,
    pub(super) root: String,
    pub(super) parallel: usize,
    pub(super) ordered: bool,
    max_depth: Option<usize>,
    show_hidden: Option<bool>,
    local_user: Option<String>,
    skip_unreadable: bool,
}

impl LsRecursive {
    /// How many folders are asked for at a time (at least 1); default 16. The client's rate limit holds besides.
    pub fn parallel(mut self, folders: usize) -> Self {
        self.parallel = folders.max(1);
        self
    }

    /// Whether entries come in a stable order: folder by folder, those nearer to the first before those below
    /// them, by name within each. By default they come as the service answers.
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.ordered = ordered;
        self
    }

    /// How deep to go; 1 lists the folder itself only. By default there is no limit.
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = Some(depth);
        self
    }

    /// Whether names with a leading dot are listed and followed; by default they are.
    pub fn show_hidden(mut self, show: bool) -> Self {
        self.show_hidden = Some(show);
        self
    }

    /// The local account to list as, where an identity maps to several.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.local_user = Some(user.into());
        self
    }

    /// Whether folders that may not be read are passed over like those that vanish; by default such a folder is an
    /// error and the end. The first folder must be readable in any case.
    pub fn skip_unreadable(mut self, skip: bool) -> Self {
        self.skip_unreadable = skip;
        self
    }

    /// All entries, as they become known: one `GET /v0.10/operation/endpoint/{endpoint_id}/ls` a folder, more for
    /// a folder that the service lists in parts. Each is retried. The stream ends with the first error.
    ///
    /// # Errors
    /// Those of [`Ls::send`](super::Ls::send); 404 if the first folder does not exist.
    pub fn entries(&self) -> impl Stream<Item = Result<Found>> + Send + Unpin + 'static {
        let walk = Walk::new(self.clone());
        let folders = unfold(walk, |mut walk| async move {
            walk.next().await.map(|found| (found, walk))
        });
        folders
            .flat_map(|found| {
                let found = match found {
                    Ok(found) => found.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                };
                futures_util::stream::iter(found)
            })
            .boxed()
    }

    /// All entries at once.
    ///
    /// # Errors
    /// As for [`entries`](Self::entries).
    pub async fn collect(&self) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        let mut entries = self.entries();
        while let Some(found) = entries.next().await {
            all.push(found?);
        }
        Ok(all)
    }

    /// A folder's entries; `None` if it is passed over.
    pub(super) async fn folder(&self, folder: &Folder) -> Result<Option<Vec<Entry>>> {
        let mut entries = match self.listing(&folder.path).whole().await {
            Ok(listing) => listing.entries,
            Err(error) if folder.depth > 0 && self.passes_over(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if self.ordered {
            entries.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(Some(entries))
    }

    fn listing(&self, path: &str) -> Ls {
        let mut ls = self.client.endpoint(self.id.clone()).ls(path);
        if let Some(show) = self.show_hidden {
            ls = ls.show_hidden(show);
        }
        if let Some(user) = &self.local_user {
            ls = ls.local_user(user);
        }
        ls
    }

    fn passes_over(&self, error: &Error) -> bool {
        let vanished = error.is_not_found() && crate::ErrorExt::has_code(error, "NotFound");
        vanished || (self.skip_unreadable && error.is_permission_denied())
    }

    pub(super) fn goes_below(&self, depth: usize) -> bool {
        self.max_depth.is_none_or(|max| depth < max)
    }
}
