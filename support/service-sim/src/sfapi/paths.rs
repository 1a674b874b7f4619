//! The tree of the centre's host, and its paths in texts.

use std::path::{Path, PathBuf};

use crate::collection::Collection;
use crate::error::SimError;

/// The host unless a collection stands on one of NERSC.
const HOST: &str = "nersc.gov";
/// Folders that jobs expect.
const FOLDERS: [&str; 5] = [
    "global/homes/a/alsdev",
    "global/cfs/cdirs/als",
    "pscratch/sd/a/alsdev",
    "global/common",
    "tmp",
];

/// Where the host's `/` is.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    root: PathBuf,
}

impl Tree {
    pub(super) fn of(collections: &[Collection]) -> Self {
        let host = collections
            .iter()
            .find(|collection| collection.host().contains("nersc"));
        let root = match (host, collections.first()) {
            (Some(collection), _) => collection.dir().to_owned(),
            (None, Some(other)) => other.dir().with_file_name(HOST),
            // The builder gives a simulator some collection or other.
            (None, None) => std::env::temp_dir()
                .join(format!("service-sim-{}", std::process::id()))
                .join(HOST),
        };
        Self { root }
    }

    pub(super) fn create(&self) -> Result<(), SimError> {
        for folder in FOLDERS {
            let folder = self.root.join(folder);
            std::fs::create_dir_all(&folder).map_err(|e| SimError::folder(folder, e))?;
        }
        Ok(())
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A folder of the simulator's own, beside the hosts.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.root.with_file_name(".sfapi").join(name)
    }

    /// Where a path of the host is here.
    pub(super) fn here(&self, path: &str) -> PathBuf {
        let mut here = self.root.clone();
        for part in path.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
            here.push(part);
        }
        here
    }

    /// The names of the folders in the host's `/` that jobs know.
    fn tops(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.root).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter(|name| name != "tmp" && !name.starts_with('.'))
            .collect()
    }

    /// A text of the host with its paths as they are here. A path begins where nothing that could belong to it stands
    /// before its slash.
    pub(super) fn localised(&self, text: &str) -> String {
        let root = self.root.display().to_string();
        let tops = self.tops();
        let mut out = String::with_capacity(text.len());
        let mut before = '\n';
        for (at, c) in text.char_indices() {
            if c == '/' && begins(before) && names_top(&tops, text.get(at + 1..).unwrap_or_default()) {
                out.push_str(&root);
            }
            out.push(c);
            before = c;
        }
        out
    }

    /// A text from here with the paths of the host.
    pub(super) fn remote(&self, text: &str) -> String {
        text.replace(&self.root.display().to_string(), "")
    }
}

/// Whether a text begins with one of these names.
fn names_top(tops: &[String], rest: &str) -> bool {
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(rest.len());
    rest.get(..end)
        .is_some_and(|name| tops.iter().any(|top| top == name))
}

/// Whether a path can begin after this character.
fn begins(before: char) -> bool {
    !(before.is_alphanumeric() || "-_./})$".contains(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_in_place_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let tree = Tree {
            root: folder.path().join(HOST),
        };
        tree.create().unwrap();
        let root = tree.root.display().to_string();
        let text = "cp /global/a '/pscratch/b c' x/global/y $HOME/global /globals --volume /pscratch:/data";
        let expected = format!(
            "cp {root}/global/a '{root}/pscratch/b c' x/global/y $HOME/global /globals --volume {root}/pscratch:/data"
        );
        assert_eq!(tree.localised(text), expected);
        assert_eq!(tree.remote(&expected), text);
        assert_eq!(tree.here("//global/../a"), tree.root.join("global/a"));
    }
}
