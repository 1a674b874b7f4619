//! Reconstruction at NERSC: jobs of perlmutter, asked for through the Superfacility API.

mod flow;
mod scripts;
mod settings;
mod site;
mod streaming;

pub use flow::nersc_recon;
pub use settings::{ReconSettings, Runtime, StreamingSettings};
pub use site::Nersc;
pub use streaming::{StreamingParameters, nersc_streaming, withdraw_streaming};
