//! Beamline 8.3.2, tomography.

mod alcf;
mod dispatcher;
mod flight_check;
mod move_scan;
mod nersc;
mod recon;
mod settings;

pub use alcf::{Alcf, AlcfSettings, Stage, alcf_recon};
pub use dispatcher::{DECISIONS, DispatchParameters, check_decisions, dispatch};
pub use flight_check::{FlightParameters, GrafanaParameters, flight_check, flight_check_grafana};
pub use move_scan::{FilePaths, MoveParameters, move_scan, move_scans};
pub use nersc::{
    Nersc, ReconSettings, Runtime, StreamingParameters, StreamingSettings, nersc_recon, nersc_streaming,
    withdraw_streaming,
};
pub use recon::{ReconParameters, ReconScan};
pub use settings::{VARIABLE, check_variable};
