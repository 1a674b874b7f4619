//! Copies between Globus collections that are proved, and deletions only of what is proved.
//!
//! * [`copy`] moves a file or folder over a [`Hop`](copy::Hop) once in effect, whatever happens to the process, and
//!   believes it only when the service delivered it and the listings agree.
//! * [`VerifiedCopy`](copy::VerifiedCopy) is the proof that a second copy stands. Only the verifier makes one.
//! * [`delete`] takes such proofs and nothing else: an unproved deletion cannot be written, because no other
//!   module reaches the requests that delete or rename, and no other makes the proof that they demand.
//! * [`probe`] tries an endpoint out, and removes only what the same run made under a name of its own.
//!
//! All of it works in a [`Session`](session::Session): one run, with its lease and its recorded effects, in a
//! [`Workplace`](session::Workplace) that many runs share. It knows Globus and the run store, and no facility.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audit;
mod cancel;
pub mod control;
pub mod copy;
pub mod delete;
pub mod endpoint;
pub mod failure;
pub mod probe;
pub mod progress;
pub mod session;
mod task;
