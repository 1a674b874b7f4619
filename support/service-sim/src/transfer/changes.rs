//! What stood at each path before its last change, for reads that are stale although nobody looked before.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::Entry;
use super::tree::Tree;

/// So many paths are known; then the oldest changes are forgotten.
const ROOM: usize = 20_000;

/// The last change of each path that this service has changed itself.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    changes: HashMap<PathBuf, Change>,
    order: VecDeque<(u64, PathBuf)>,
    count: u64,
}

#[derive(Debug)]
struct Change {
    /// Paths that were changed in one step have the same number.
    number: u64,
    before: Option<Entry>,
}

/// What a stale read of one path shows.
#[derive(Debug)]
pub(crate) enum Before {
    /// It was something else.
    Was(Entry),
    /// It was not there, or a folder above it was not.
    Absent,
    /// Nothing is known but what is true now.
    Unknown,
}

impl Changes {
    /// Looks at paths that are about to change in one step.
    pub(crate) fn note(&self, tree: &Tree, paths: &[&Path]) {
        let look = |path: &&Path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Entry::read(tree, name, path).ok()
        };
        let before: Vec<Option<Entry>> = paths.iter().map(look).collect();
        let mut inner = self.lock();
        inner.count += 1;
        let number = inner.count;
        for (path, before) in paths.iter().zip(before) {
            inner.order.push_back((number, path.to_path_buf()));
            inner
                .changes
                .insert(path.to_path_buf(), Change { number, before });
        }
        while inner.order.len() > ROOM
            && let Some((number, path)) = inner.order.pop_front()
        {
            // A later change of the same path stays.
            if inner
                .changes
                .get(&path)
                .is_some_and(|known| known.number == number)
            {
                inner.changes.remove(&path);
            }
        }
    }

    /// Whether a stale read of this path, or of the folder that it is, could differ from the truth.
    pub(crate) fn concern(&self, path: &Path) -> bool {
        let inner = self.lock();
        let above = path.ancestors().any(|above| inner.changes.contains_key(above));
        above || inner.last_within(path).is_some()
    }

    /// What stood at a path before.
    pub(crate) fn before(&self, path: &Path) -> Before {
        let inner = self.lock();
        if let Some(Change {
            before: Some(entry), ..
        }) = inner.changes.get(path)
        {
            return Before::Was(entry.clone());
        }
        let absent = |above: &Path| {
            inner
                .changes
                .get(above)
                .is_some_and(|change| change.before.is_none())
        };
        if path.ancestors().any(absent) {
            Before::Absent
        } else {
            Before::Unknown
        }
    }

    /// Takes the last change among the entries of a folder back.
    pub(crate) fn undo(&self, folder: &Path, entries: &mut Vec<Entry>) {
        let inner = self.lock();
        let Some(last) = inner.last_within(folder) else {
            return;
        };
        for (path, change) in inner.within(folder).filter(|(_, change)| change.number == last) {
            entries.retain(|entry| path.file_name() != Some(entry.name.as_ref()));
            entries.extend(change.before.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn within(&self, folder: &Path) -> impl Iterator<Item = (&PathBuf, &Change)> {
        self.changes
            .iter()
            .filter(move |(path, _)| path.parent() == Some(folder))
    }

    fn last_within(&self, folder: &Path) -> Option<u64> {
        self.within(folder).map(|(_, change)| change.number).max()
    }
}
