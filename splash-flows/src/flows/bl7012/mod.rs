//! Beamline 7.0.1.2, ptychography.

mod job;
mod move_scan;
mod ptychography;

pub use move_scan::{MoveParameters, TestParameters, cosmic_transfers, move_and_reconstruct, move_scan};
pub use ptychography::PtychographyParameters;
