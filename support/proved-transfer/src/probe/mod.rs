//! Trying out what can be done on an endpoint, and leaving nothing behind.
//!
//! Besides [`delete`](crate::delete) this is the one place that deletes, and only what its own run made a moment
//! before: a file or folder whose name holds a random uuid ([`OwnName`]). A folder with anything else in it stays, and
//! the audit log has a line before anything goes.

mod look;
mod names;
mod own;
mod way;

pub use look::{Look, SmallFile, count, look, small_file};
pub use names::Names;
pub use own::{Own, OwnName, copy, make_folder, remove};
pub use way::{Trial, way};

/// The step's name in failures and in the record of a run.
const STEP: &str = "check";
const SERVICE: &str = "globus_transfer";
