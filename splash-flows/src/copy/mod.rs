//! Moving one file over one hop, and proving that it arrived.

mod mover;
mod observe;
mod verified;
mod verify;

pub use mover::{Hop, copy};
pub use observe::Observation;
pub use verified::VerifiedCopy;
pub use verify::verify_delivery;

pub(crate) use observe::{Seen, collection, observe, path_on};
