//! Moving one file over one hop, and proving that it arrived.

mod mover;
mod observe;
mod verified;
mod verify;

pub use mover::{Hop, Item, copy};
pub use observe::{Observation, Seen, collection, observe, path_on};
pub use verified::VerifiedCopy;
pub use verify::verify_delivery;
