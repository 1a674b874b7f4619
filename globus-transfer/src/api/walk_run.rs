//! How a tree of folders is walked: which folder is asked for next, and in which order answers are told.

use std::collections::VecDeque;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt};

use super::{Found, LsRecursive};
use crate::Result;
use crate::model::Entry;

/// A folder yet to be listed.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: String,
    pub(super) depth: usize,
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

/// The folders that wait and those that are asked for.
pub(super) struct Walk {
    settings: LsRecursive,
    waiting: VecDeque<Folder>,
    running: Running,
}

impl Walk {
    pub(super) fn new(settings: LsRecursive) -> Self {
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
    pub(super) async fn next(&mut self) -> Option<Result<Vec<Found>>> {
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
