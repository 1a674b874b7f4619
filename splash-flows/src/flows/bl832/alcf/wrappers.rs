//! The functions that run the site's scripts, by the incumbent's names.

use globus_compute::Function;

/// One of the two steps, as it is registered with Globus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The slices of a scan.
    Reconstruction,
    /// Its multi-resolution volume.
    TiffToZarr,
}

impl Stage {
    /// The function. Its arguments: `rundir`, `script_path`, then `h5_file_name` and `folder_path`, or `recon_path` and
    /// `raw_path`; and if wanted `python`, `timeout` in seconds and `claim`.
    ///
    /// # Errors
    /// None: the sources are part of this crate.
    pub fn function(self) -> globus_compute::Result<Function> {
        let (name, source) = match self {
            Self::Reconstruction => ("reconstruction_wrapper", include_str!("reconstruction.py")),
            Self::TiffToZarr => ("conversion_wrapper", include_str!("conversion.py")),
        };
        judged_functions::wrapper(name, source)
    }
}
