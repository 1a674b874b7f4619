//! What the reconstructions at NERSC and at ALCF have in common.

mod report;
mod results;
mod scan;

pub use report::ReconReport;
pub(crate) use results::{Goes, bring, plan_prunes};
pub use scan::ReconScan;
