//! Listing a folder with all that is below it.

use std::collections::VecDeque;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesOrdered, FuturesUnordered, Stream, StreamExt, unfold};

use super::EndpointHandle;
use crate::model::{Entry, Listing};
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
    root: String,
    parallel: usize,
    ordered: bool,
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
    async fn folder(&self, folder: &Folder) -> Result<Option<Vec<Entry>>> {
        let mut entries = Vec::new();
        loop {
            let answer = self.part(&folder.path, entries.len()).await;
            let listing = match answer {
                Ok(listing) => listing,
                Err(error) if folder.depth > 0 && self.passes_over(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let known = entries.len() + listing.entries.len();
            let cut = listing.total.is_some_and(|total| total > known as u64);
            if cut && listing.entries.is_empty() {
                let problem = format!("{} has more entries than the service lists", folder.path);
                return Err(Error::decode("globus_transfer.ls", problem));
            }
            entries.extend(listing.entries);
            if !cut {
                break;
            }
        }
        if self.ordered {
            entries.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(Some(entries))
    }

    async fn part(&self, path: &str, offset: usize) -> Result<Listing> {
        let mut ls = self.client.endpoint(self.id.clone()).ls(path);
        if let Some(show) = self.show_hidden {
            ls = ls.show_hidden(show);
        }
        if let Some(user) = &self.local_user {
            ls = ls.local_user(user);
        }
        if offset > 0 {
            ls = ls.offset(offset as u64);
        }
        ls.send().await
    }

    fn passes_over(&self, error: &Error) -> bool {
        let vanished = error.is_not_found() && crate::ErrorExt::has_code(error, "NotFound");
        vanished || (self.skip_unreadable && error.is_permission_denied())
    }

    fn goes_below(&self, depth: usize) -> bool {
        self.max_depth.is_none_or(|max| depth < max)
    }
}

/// A folder yet to be listed.
#[derive(Debug)]
struct Folder {
    path: String,
    depth: usize,
}

type Listed = (Folder, Result<Option<Vec<Entry>>>);

/// The requests under way.
enum Running {
    AsTheyCome(FuturesUnordered<BoxFuture<'static, Listed>>),
    InOrder(FuturesOrdered<BoxFuture<'static, Listed>>),
}

impl Running {
    fn len(&self) -> usize {
        match self {
            Self::AsTheyCome(running) => running.len(),
            Self::InOrder(running) => running.len(),
        }
    }

    fn push(&mut self, listing: BoxFuture<'static, Listed>) {
        match self {
            Self::AsTheyCome(running) => running.push(listing),
            Self::InOrder(running) => running.push_back(listing),
        }
    }

    async fn next(&mut self) -> Option<Listed> {
        match self {
            Self::AsTheyCome(running) => running.next().await,
            Self::InOrder(running) => running.next().await,
        }
    }
}

struct Walk {
    settings: LsRecursive,
    waiting: VecDeque<Folder>,
    running: Running,
}

impl Walk {
    fn new(settings: LsRecursive) -> Self {
        let root = Folder {
            path: settings.root.clone(),
            depth: 0,
        };
        let running = if settings.ordered {
            Running::InOrder(FuturesOrdered::new())
        } else {
            Running::AsTheyCome(FuturesUnordered::new())
        };
        Self {
            waiting: VecDeque::from([root]),
            running,
            settings,
        }
    }

    /// What the next folder holds.
    async fn next(&mut self) -> Option<Result<Vec<Found>>> {
        loop {
            self.fill();
            let (folder, listed) = self.running.next().await?;
            match listed {
                Ok(Some(entries)) => return Some(Ok(self.note(&folder, entries))),
                Ok(None) => tracing::debug!(folder = folder.path, "passed over"),
                Err(error) => {
                    self.end();
                    return Some(Err(error));
                }
            }
        }
    }

    fn fill(&mut self) {
        while self.running.len() < self.settings.parallel {
            // In any order the newest goes first: few folders wait then, however wide the tree is.
            let folder = match self.running {
                Running::InOrder(_) => self.waiting.pop_front(),
                Running::AsTheyCome(_) => self.waiting.pop_back(),
            };
            let Some(folder) = folder else {
                return;
            };
            let settings = self.settings.clone();
            let listing = async move {
                let listed = settings.folder(&folder).await;
                (folder, listed)
            };
            self.running.push(listing.boxed());
        }
    }

    fn note(&mut self, folder: &Folder, entries: Vec<Entry>) -> Vec<Found> {
        let depth = folder.depth + 1;
        let parent = folder.path.trim_end_matches('/');
        let found: Vec<Found> = entries
            .into_iter()
            .map(|entry| Found {
                path: format!("{parent}/{}", entry.name),
                depth,
                entry,
            })
            .collect();
        if self.settings.goes_below(depth) {
            let below = found
                .iter()
                .filter(|found| found.entry.is_dir() && found.entry.link_target.is_none());
            self.waiting.extend(below.map(|found| Folder {
                path: found.path.clone(),
                depth,
            }));
        }
        found
    }

    fn end(&mut self) {
        self.waiting.clear();
        self.running = Running::AsTheyCome(FuturesUnordered::new());
    }
}
