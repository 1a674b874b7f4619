//! Reading pickles without carrying anything out.
//!
//! A pickle is a program for a stack machine that may call whatever it names. This machine calls nothing: what would
//! be called is kept as a description. Memory is bounded by the number of values, not by what the pickle claims.

mod build;
mod machine;
mod node;
mod text;

use super::{Decoded, Value};

/// Reads one pickle of any protocol.
pub(super) fn read(bytes: &[u8]) -> Decoded<Value> {
    let (nodes, root) = machine::run(bytes)?;
    build::build(&nodes, root)
}
