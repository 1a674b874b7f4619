//! What the reconstructions at NERSC and at ALCF have in common.

mod catalogue;
mod results;
mod scan;

pub(crate) use catalogue::{Made, catalogue, tell_of_raw};
pub(crate) use results::{Goes, bring, plan_prunes};
pub use scan::ReconScan;
