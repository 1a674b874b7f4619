//! What the binaries of the beamlines share: where a flow runs, and the scans that are moved.

pub mod place;
pub mod scan;
