//! Paths within a host's tree: nothing that a client names lies outside it.

use std::io;
use std::path::{Path, PathBuf};

/// The files of one host.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    root: PathBuf,
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub(crate) enum PathError {
    /// It leads out of the tree, by `..` or by a symbolic link.
    Escapes,
    /// It cannot be a path.
    Invalid(&'static str),
    /// What the system said.
    Io(io::Error),
}

impl From<io::Error> for PathError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl Tree {
    pub(crate) fn new(dir: &Path) -> Self {
        // A tree that has vanished gives "not found" for each path below it.
        Self {
            root: dir.canonicalize().unwrap_or_else(|_| dir.to_owned()),
        }
    }

    /// The existing file or folder at `path`, links followed.
    pub(crate) fn existing(&self, path: &str) -> Result<PathBuf, PathError> {
        self.inside(self.lexical(path)?.canonicalize()?)
    }

    /// Where `path` is or would be, its last part not followed: for what is created, replaced, renamed or removed.
    pub(crate) fn entry(&self, path: &str) -> Result<PathBuf, PathError> {
        let wanted = self.lexical(path)?;
        if wanted == self.root {
            return Ok(wanted);
        }
        let mut ancestor = wanted.as_path();
        loop {
            ancestor = ancestor.parent().ok_or(PathError::Escapes)?;
            match ancestor.symlink_metadata() {
                Ok(_) => break,
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e.into()),
            }
        }
        let rest = wanted.strip_prefix(ancestor).map_err(|_| PathError::Escapes)?;
        Ok(self.inside(ancestor.canonicalize()?)?.join(rest))
    }

    /// What the link at `path` leads to, if that exists within the tree.
    pub(crate) fn follow(&self, path: &Path) -> Option<std::fs::Metadata> {
        self.inside(path.canonicalize().ok()?).ok()?.metadata().ok()
    }

    /// Whether `path` is the tree's own folder.
    pub(crate) fn is_root(&self, path: &Path) -> bool {
        path == self.root
    }

    fn inside(&self, path: PathBuf) -> Result<PathBuf, PathError> {
        if path.starts_with(&self.root) {
            Ok(path)
        } else {
            Err(PathError::Escapes)
        }
    }

    /// `path` below the root, with `.`, `..`, doubled slashes and the home folder `~` resolved by name alone.
    fn lexical(&self, path: &str) -> Result<PathBuf, PathError> {
        if path.is_empty() {
            return Err(PathError::Invalid("the path is empty"));
        }
        if path.contains('\0') {
            return Err(PathError::Invalid("the path contains NUL"));
        }
        let home = path.strip_prefix("/~").or_else(|| path.strip_prefix('~'));
        let path = home
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .unwrap_or(path);
        let mut names: Vec<&str> = Vec::new();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => {
                    names.pop().ok_or(PathError::Escapes)?;
                }
                name => names.push(name),
            }
        }
        Ok(self.root.join(names.join("/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("host");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/f"), "f").unwrap();
        std::fs::write(outer.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(outer.path(), root.join("out")).unwrap();
        std::os::unix::fs::symlink("a", root.join("in")).unwrap();
        let tree = Tree::new(&root);
        let root = root.canonicalize().unwrap();

        assert_eq!(tree.existing("/~/a//./b/../f").unwrap(), root.join("a/f"));
        assert_eq!(tree.existing("/in/f").unwrap(), root.join("a/f"));
        assert_eq!(tree.existing("/").unwrap(), root);
        assert_eq!(tree.entry("/a/new/deep/x").unwrap(), root.join("a/new/deep/x"));
        assert_eq!(tree.entry("/in/x y\n'").unwrap(), root.join("a/x y\n'"));
        assert_eq!(
            tree.entry("/out").unwrap(),
            root.join("out"),
            "the link itself is inside"
        );
        for escape in ["/../secret", "..", "/a/../../secret", "/out/secret", "/out"] {
            assert!(
                matches!(tree.existing(escape), Err(PathError::Escapes)),
                "{escape}"
            );
        }
        for escape in ["/../x", "/out/x", "/out/new/x"] {
            assert!(matches!(tree.entry(escape), Err(PathError::Escapes)), "{escape}");
        }
        assert!(matches!(tree.existing(""), Err(PathError::Invalid(_))));
        assert!(matches!(tree.existing("/a\0b"), Err(PathError::Invalid(_))));
        assert!(matches!(tree.existing("/none"), Err(PathError::Io(_))));
    }
}
