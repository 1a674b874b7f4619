//! What the rules look at: the packages as cargo sees them, and every text file of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Result, tools};

/// The repository, read once.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The members of the workspace.
    pub(crate) packages: Vec<Package>,
    /// The text files that git tracks or would track.
    pub(crate) files: Vec<TextFile>,
}

/// A member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, relative to the workspace's root.
    pub(crate) folder: String,
    pub(crate) license: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as written in a manifest, whether used on this machine or not.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Under `[dev-dependencies]`, so never part of what users link.
    pub(crate) dev: bool,
}

/// A file with its path relative to the workspace's root.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Project {
    /// Reads the workspace that this program belongs to.
    pub(crate) fn load() -> Result<Self> {
        let root = tools::root();
        Ok(Self {
            packages: packages(&metadata()?, &root)?,
            files: text_files(&root)?,
        })
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    /// The Rust files under a folder.
    pub(crate) fn rust_under<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a TextFile> {
        let prefix = format!("{folder}/");
        self.files
            .iter()
            .filter(move |file| file.path.starts_with(&prefix) && file.is_rust())
    }
}

impl TextFile {
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|ending| ending == "rs")
    }

    /// The lines with their numbers from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// `cargo metadata` of the members. `--locked`: a Cargo.lock that does not fit the manifests is an error.
pub(crate) fn metadata() -> Result<Value> {
    let text = tools::output(tools::cargo(&[
        "metadata",
        "--no-deps",
        "--locked",
        "--format-version",
        "1",
    ]))?;
    Ok(serde_json::from_str(&text)?)
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let metadata = metadata()?;
    Ok(metadata["target_directory"]
        .as_str()
        .ok_or("cargo metadata names no target folder")?
        .into())
}

fn packages(metadata: &Value, root: &Path) -> Result<Vec<Package>> {
    let list = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    list.iter().map(|package| read_package(package, root)).collect()
}

fn read_package(package: &Value, root: &Path) -> Result<Package> {
    let text = |key: &str| package[key].as_str().map(ToOwned::to_owned);
    let manifest = PathBuf::from(text("manifest_path").ok_or("a package without manifest_path")?);
    let folder = manifest.parent().unwrap_or(&manifest);
    let folder = folder.strip_prefix(root).unwrap_or(folder);
    let dependencies = package["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(Package {
        name: text("name").ok_or("a package without name")?,
        folder: folder.to_string_lossy().into_owned(),
        license: text("license"),
        dependencies: dependencies.iter().filter_map(read_dependency).collect(),
    })
}

fn read_dependency(dependency: &Value) -> Option<Dependency> {
    let name = dependency["name"].as_str()?.to_owned();
    Some(Dependency {
        name,
        dev: dependency["kind"].as_str() == Some("dev"),
    })
}

/// Files that are neither text nor there any more (deleted, not yet committed) are passed over.
fn text_files(root: &Path) -> Result<Vec<TextFile>> {
    let listed = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ];
    let listed = tools::output(tools::command("git", &listed))?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    Ok(paths
        .filter_map(|path| {
            let text = fs::read_to_string(root.join(path)).ok()?;
            Some(TextFile {
                path: path.to_owned(),
                text,
            })
        })
        .collect())
}
