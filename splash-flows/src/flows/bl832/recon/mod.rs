//! What the reconstructions at NERSC and at ALCF have in common.

mod results;
mod scan;

pub(crate) use results::{Goes, bring, plan_prunes};
pub use scan::ReconScan;
