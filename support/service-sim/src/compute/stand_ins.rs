//! What functions find on the endpoint's machine: stand-ins for a site's reconstruction scripts, and `python`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::collection::Collection;
use crate::error::SimError;

/// A collection on a host with this in its name is a view of the allocation's folder.
const HOST: &str = "alcf";
const SCRIPTS: [(&str, &str); 2] = [
    (
        "globus_reconstruction.py",
        include_str!("../sfapi/shims/reconstruction.py"),
    ),
    ("tiff_to_zarr.py", include_str!("../sfapi/shims/tiff_to_zarr.py")),
];
const PYTHON: &str = "#!/bin/sh\nexec python3 \"$@\"\n";

/// The folder of the allocation, with the site's scripts; none where no collection is a view of one.
pub(super) fn allocation(collections: &[Collection]) -> Result<Option<PathBuf>, SimError> {
    let Some(collection) = collections.iter().find(|one| one.host().contains(HOST)) else {
        return Ok(None);
    };
    let root = collection.dir().to_owned();
    for (name, text) in SCRIPTS {
        let path = root.join("scripts").join(name);
        // A site's own script that stands there is not touched.
        if !path.exists() {
            write(&path, text, 0o644)?;
        }
    }
    Ok(Some(root))
}

/// Puts a `python` into a folder, and answers the search path on which it comes last.
pub(super) fn search_path(folder: &Path) -> Result<std::ffi::OsString, SimError> {
    let bin = folder.join("bin");
    let python = bin.join("python");
    if !python.exists() {
        write(&python, PYTHON, 0o755)?;
    }
    let known = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&known).chain([bin.clone()]);
    std::env::join_paths(all).map_err(|e| SimError::folder(&bin, std::io::Error::other(e)))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), SimError> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
    };
    write().map_err(|e| SimError::folder(path, e))
}
