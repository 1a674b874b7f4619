//! Beamline 8.3.2, tomography.

mod move_scan;
mod settings;

pub use move_scan::{MoveParameters, move_scan};
pub use settings::{VARIABLE, check_variable};
