//! Deleting a copy once another one proves it.

mod flow;
mod guard;
mod on_site;
mod plan;
mod registry;

pub use flow::{PruneParameters, prune};
pub use plan::schedule_prune;
pub(crate) use registry::{AGAIN, is_prune};
pub use registry::{DuePrune, OpenPrune, drop_prune, due_prunes, open_prune, open_prunes};
