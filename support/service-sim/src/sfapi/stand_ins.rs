//! What jobs find on the host: stand-ins for the programs of a centre and for a site's reconstruction scripts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::paths::Tree;
use crate::error::SimError;

/// Programs by name. A real Slurm brings its own `srun`.
const PROGRAMS: &[(&str, &str)] = &[
    ("podman-hpc", include_str!("shims/container.sh")),
    ("shifter", include_str!("shims/container.sh")),
    ("python", "#!/bin/bash\nexec python3 \"$@\"\n"),
    ("srun", include_str!("shims/srun.sh")),
];

/// Where the site keeps its scripts, and they.
const SCRIPTS: &str = "/global/cfs/cdirs/als/data_mover/8.3.2/tomography_reconstruction_scripts";
const RECONSTRUCTION: &[(&str, &str)] = &[
    ("sfapi_reconstruction.py", include_str!("shims/reconstruction.py")),
    ("tiff_to_zarr.py", include_str!("shims/tiff_to_zarr.py")),
];

/// Where the site of another beamline keeps its ptychography scripts: the variables that name them, and their paths.
pub(super) const PTYCHOGRAPHY: [(&str, &str); 2] = [
    (
        "PATH_CDTOOLS_NERSC",
        "/global/cfs/cdirs/als/data_mover/ptycho/cosmic_reconstruction_at_nersc/c_cdtools/cdtools_reconstruction.sh",
    ),
    (
        "PATH_PTYCHOCAM_NERSC",
        "/global/cfs/cdirs/als/data_mover/ptycho/cosmic_reconstruction_at_nersc/c_ptychocam/ptychocam_reconstruction.sh",
    ),
];

pub(super) fn install(tree: &Tree, real_slurm: bool) -> Result<(), SimError> {
    let bin = tree.beside("bin");
    for (name, text) in PROGRAMS
        .iter()
        .filter(|(name, _)| !(real_slurm && *name == "srun"))
    {
        write(&bin.join(name), text, 0o755)?;
    }
    let tomography = RECONSTRUCTION
        .iter()
        .map(|(name, text)| (tree.here(SCRIPTS).join(name), *text, 0o644));
    let ptychography = PTYCHOGRAPHY
        .iter()
        .map(|(_, path)| (tree.here(path), include_str!("shims/ptychography.sh"), 0o755));
    for (path, text, mode) in tomography.chain(ptychography) {
        // A site's own script that stands there is not touched.
        if !path.exists() {
            write(&path, text, mode)?;
        }
    }
    Ok(())
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
