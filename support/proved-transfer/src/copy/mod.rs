//! Moving a file or a folder over one hop, and proving that it arrived.

mod board;
mod compare;
mod delivery;
mod extent;
mod hop;
mod judge;
mod listing;
mod many;
mod mover;
mod name;
mod observe;
mod queues;
mod ride;
mod source;
mod submit;
mod together;
mod told;
mod verified;
mod verify;

pub use delivery::last_delivery;
pub use extent::{Extent, FolderFile, Located, Manifest};
pub use hop::{Hop, Item, Kind};
pub use listing::extent;
pub use many::copy_all;
pub use mover::copy;
pub use observe::{Observation, Seen, collection, observe, path_on};
pub use verified::{Lapsed, VerifiedCopy, Verify, Warrant};
pub use verify::{Claim, verify};

pub(crate) use compare::unchanged;
pub(crate) use delivery::{record_moved, shrink};
pub(crate) use listing::list;
pub(crate) use mover::STEP;
pub(crate) use queues::{Queue, shared_queue};
pub(crate) use verify::{Proved, old_enough, prove};
