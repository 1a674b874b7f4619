//! Collections: a uuid on a host, and the folder that stands for that host.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::clock;
use crate::error::SimError;

/// A collection to simulate, as a config file describes an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CollectionSpec {
    /// The key by which the config names it, for example `data832_raw`.
    pub key: String,
    /// The uuid by which Globus names it. Several keys may share one.
    pub uuid: String,
    /// The host (`uri` in the config). Collections on one host see the same files.
    pub host: String,
    /// The folder of the collection in which the config's paths start.
    pub root_path: String,
    /// Whether the collection's storage can rename. Default yes; one key that says no is enough for its uuid.
    pub rename_supported: bool,
    /// Whether it is a mapped collection: only tokens that asked for `data_access` to it reach its data, others are
    /// answered `ConsentRequired`. Default no; one key that says yes is enough for its uuid.
    pub mapped: bool,
}

impl CollectionSpec {
    /// A collection of these four values.
    pub fn new(
        key: impl Into<String>,
        uuid: impl Into<String>,
        host: impl Into<String>,
        root_path: impl Into<String>,
    ) -> Self {
        Self {
            key: key.into(),
            uuid: uuid.into(),
            host: host.into(),
            root_path: root_path.into(),
            rename_supported: true,
            mapped: false,
        }
    }

    /// Says whether the collection's storage can rename.
    #[must_use]
    pub fn rename_supported(mut self, supported: bool) -> Self {
        self.rename_supported = supported;
        self
    }

    /// Says whether it is a mapped collection.
    #[must_use]
    pub fn mapped(mut self, mapped: bool) -> Self {
        self.mapped = mapped;
        self
    }
}

/// The collections of beamlines 8.3.2 and 7.0.1.2, as their config names them.
pub fn default_collections() -> Vec<CollectionSpec> {
    DEFAULTS
        .iter()
        .map(|(key, uuid, host, root)| CollectionSpec::new(*key, *uuid, *host, *root))
        .collect()
}

const DATA832: &str = "75b478b2-37af-46df-bfbd-71ed692c6506";
const ALCF: &str = "55c3adf6-31f1-4647-9a38-52591642f7e7";
const ALSDEV: &str = "d40248e6-d874-4f7b-badd-2c06c16f1a58";
const DATA_MOVER: &str = "/global/cfs/cdirs/als/data_mover/8.3.2";

const DEFAULTS: &[(&str, &str, &str, &str)] = &[
    (
        "spot832",
        "44ae904c-ab64-4145-a8f0-7287de38324d",
        "spot832.lbl.gov",
        "/",
    ),
    ("data832", DATA832, "data832.lbl.gov", "/data"),
    ("data832_raw", DATA832, "data832.lbl.gov", "/data/raw"),
    (
        "data832_scratch",
        DATA832,
        "data832.lbl.gov",
        "/data/scratch/globus_share",
    ),
    ("alcf832_raw", ALCF, "alcf.anl.gov", "/data/raw"),
    ("alcf832_scratch", ALCF, "alcf.anl.gov", "/data/scratch"),
    (
        "alcf_eagle832",
        "05d2c76a-e867-4f67-aa57-76edeb0beda0",
        "alcf.anl.gov",
        "/IRIBeta/als/example",
    ),
    (
        "alcf_home832",
        "9032dd3a-e841-4687-a163-2720da731b5b",
        "alcf.anl.gov",
        "/",
    ),
    (
        "nersc_alsdev",
        ALSDEV,
        "nersc.gov",
        "/global/homes/a/alsdev/test_directory/",
    ),
    (
        "nersc832_alsdev_raw",
        ALSDEV,
        "nersc.gov",
        "/global/cfs/cdirs/als/data_mover/8.3.2/raw",
    ),
    (
        "nersc832_alsdev_scratch",
        ALSDEV,
        "nersc.gov",
        "/global/cfs/cdirs/als/data_mover/8.3.2/scratch",
    ),
    (
        "nersc832_alsdev_pscratch_raw",
        ALSDEV,
        "nersc.gov",
        "/pscratch/sd/a/alsdev/8.3.2/raw",
    ),
    (
        "nersc832_alsdev_pscratch_scratch",
        ALSDEV,
        "nersc.gov",
        "/pscratch/sd/a/alsdev/8.3.2/scratch",
    ),
    (
        "nersc832_alsdev_recon_scripts",
        ALSDEV,
        "nersc.gov",
        "/global/cfs/cdirs/als/data_mover/8.3.2/tomography_reconstruction_scripts",
    ),
    (
        "nersc832",
        "df82346e-9a15-11ea-b3c4-0ae144191ee3",
        "nersc.gov",
        DATA_MOVER,
    ),
    (
        "data7012",
        "741b96e1-1b98-42a8-918d-daacc24c145f",
        "hpc.lbl.gov",
        "/",
    ),
    (
        "nersc7012",
        ALSDEV,
        "nersc.gov",
        "/global/cfs/cdirs/als/gsharing/data_mover/7012",
    ),
];

/// A simulated collection: where its files are, and means to place and look at them.
///
/// Relative paths here start in the collection's [`root_path`](Self::root_path), as those of a config do.
#[derive(Clone, Debug)]
pub struct Collection {
    spec: CollectionSpec,
    dir: PathBuf,
    /// Seconds by which the host's clock is off.
    clock_off: i64,
}

impl Collection {
    /// Checks the spec and makes its folders below `root`.
    pub(crate) fn create(spec: CollectionSpec, root: &Path, clock_off: i64) -> Result<Self, SimError> {
        let wrong = |why: &str| SimError::Collection {
            key: spec.key.clone(),
            why: why.to_owned(),
        };
        if spec.host.is_empty() || spec.host.starts_with('.') || spec.host.contains(['/', '\0']) {
            return Err(wrong("its host cannot be the name of a folder"));
        }
        if spec.uuid.is_empty() {
            return Err(wrong("it has no uuid"));
        }
        if spec.root_path.split('/').any(|part| part == "..") || spec.root_path.contains('\0') {
            return Err(wrong("its root_path contains `..` or NUL"));
        }
        let dir = root.join(&spec.host);
        let collection = Self { spec, dir, clock_off };
        let folder = collection.path("");
        std::fs::create_dir_all(&folder).map_err(|e| SimError::folder(folder, e))?;
        Ok(collection)
    }

    /// The config's key.
    pub fn key(&self) -> &str {
        &self.spec.key
    }

    /// The Globus uuid.
    pub fn uuid(&self) -> &str {
        &self.spec.uuid
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        &self.spec.host
    }

    /// Whether the collection's storage can rename.
    pub(crate) fn rename_supported(&self) -> bool {
        self.spec.rename_supported
    }

    /// Whether it is a mapped collection.
    pub(crate) fn is_mapped(&self) -> bool {
        self.spec.mapped
    }

    pub(crate) fn clock_off(&self) -> i64 {
        self.clock_off
    }

    /// The folder that the collection's `/` maps to.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path, within the collection, at which the config's paths start.
    pub fn root_path(&self) -> &str {
        &self.spec.root_path
    }

    /// The file of a path relative to [`root_path`](Self::root_path); leading slashes are ignored.
    pub fn path(&self, rel: impl AsRef<str>) -> PathBuf {
        let mut path = self.dir.clone();
        // An empty part would only leave a slash at the end.
        for part in [
            self.spec.root_path.trim_matches('/'),
            rel.as_ref().trim_start_matches('/'),
        ] {
            if !part.is_empty() {
                path.push(part);
            }
        }
        path
    }

    /// Writes a file, making its folders.
    pub(crate) fn place(&self, rel: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(rel);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, bytes)?;
        if self.clock_off != 0 {
            let file = File::options().write(true).open(&path)?;
            file.set_modified(clock::off(SystemTime::now(), self.clock_off))?;
        }
        Ok(())
    }

    /// Writes a file, making its folders, and returns where it stands. It is modified now, by the host's clock.
    ///
    /// # Panics
    ///
    /// When the file cannot be written: this is a helper for setting up a scene.
    #[allow(clippy::panic)] // A test that cannot place its files has nothing to go on with.
    pub fn write(&self, rel: impl AsRef<str>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(&rel);
        match self.place(rel.as_ref(), bytes.as_ref()) {
            Ok(()) => path,
            Err(e) => panic!("cannot write {}: {e}", path.display()),
        }
    }

    /// The bytes of a file.
    ///
    /// # Panics
    ///
    /// When the file cannot be read; ask [`exists`](Self::exists) first where that is in question.
    #[allow(clippy::panic)] // See `write`.
    pub fn read(&self, rel: impl AsRef<str>) -> Vec<u8> {
        let path = self.path(rel);
        match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) => panic!("cannot read {}: {e}", path.display()),
        }
    }

    /// Whether a file or folder of this name stands there.
    pub fn exists(&self, rel: impl AsRef<str>) -> bool {
        self.path(rel).symlink_metadata().is_ok()
    }
}
