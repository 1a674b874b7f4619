//! What the reconstructions at NERSC and at ALCF have in common.

mod catalogue;
mod scan;
mod steps;

pub(crate) use catalogue::{Made, catalogue, tell_of_raw};
pub use scan::ReconScan;
pub use steps::ReconParameters;
pub(super) use steps::{PREFLIGHT, Reconstruction, endpoint, is_there, root};
