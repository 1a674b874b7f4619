//! Reconstruction at ALCF: functions of a Globus Compute endpoint on its machine.

mod flow;
mod settings;
mod site;
mod wrappers;

pub use flow::alcf_recon;
pub use settings::AlcfSettings;
pub use site::Alcf;
pub use wrappers::Stage;
