//! Reconstruction at a computing centre, whatever the centre.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::flows::bl832::ReconScan;
use crate::run::RunContext;

pub use pipeline::report::{ReconReport, StepReport};

/// A computing centre that reconstructs tomography scans.
///
/// Both steps happen once in effect for a run and a scan: a rerun finds the earlier job again.
#[async_trait]
pub trait TomographyHpc: Send + Sync {
    /// The centre's name, such as `nersc`.
    fn site(&self) -> &str;

    /// What a step is done with, for the catalogue: the programs with their versions, at least one, and the job's
    /// parameters.
    fn made_with(&self, step: &str) -> (Vec<String>, Map<String, Value>);

    /// Reconstructs the scan into a stack of slices and waits for the end.
    ///
    /// # Errors
    /// Any end of the job but success, with its state, exit code and last lines of output.
    async fn reconstruct(&self, run: &RunContext, scan: &ReconScan) -> Result<StepReport, Failure>;

    /// Builds the multi-resolution volume out of the slices and waits for the end.
    ///
    /// # Errors
    /// As for [`reconstruct`](Self::reconstruct).
    async fn build_multi_resolution(&self, run: &RunContext, scan: &ReconScan)
    -> Result<StepReport, Failure>;
}
