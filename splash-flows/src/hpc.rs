//! Reconstruction at a computing centre, whatever the centre.

use async_trait::async_trait;

use crate::failure::Failure;
use crate::run::RunContext;
use crate::scan_path::ScanPath;

/// A computing centre that reconstructs tomography scans.
///
/// Both steps happen once in effect for a run and a scan: a rerun finds the earlier job again.
#[async_trait]
pub trait TomographyHpc: Send + Sync {
    /// The centre's name, such as `nersc`.
    fn site(&self) -> &str;

    /// Reconstructs the scan into a stack of slices and waits for the end.
    ///
    /// # Errors
    /// Any end of the job but success, with its state, exit code and last lines of output.
    async fn reconstruct(&self, run: &RunContext, scan: &ScanPath) -> Result<(), Failure>;

    /// Builds the multi-resolution volume out of the slices and waits for the end.
    ///
    /// # Errors
    /// As for [`reconstruct`](Self::reconstruct).
    async fn build_multi_resolution(&self, run: &RunContext, scan: &ScanPath) -> Result<(), Failure>;
}
