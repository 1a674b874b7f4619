//! Moving a file or a folder over one hop, and proving that it arrived.

mod compare;
mod delivery;
mod extent;
mod listing;
mod many;
mod mover;
mod observe;
mod ride;
mod source;
mod together;
mod verified;
mod verify;

pub use extent::{Extent, FolderFile, Located, Manifest};
pub use listing::extent;
pub use many::copy_all;
pub use mover::{Hop, Item, Kind, copy};
pub use observe::{Observation, Seen, collection, observe, path_on};
pub use verified::{Lapsed, VerifiedCopy, Verify, Warrant};
pub use verify::{Claim, verify};

pub(crate) use compare::unchanged;
pub(crate) use delivery::{record_moved, shrink};
pub(crate) use listing::list;
pub(crate) use many::{Queue, shared_queue};
pub(crate) use mover::STEP;
pub(crate) use verify::{Proved, old_enough, prove};
