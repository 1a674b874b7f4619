//! Scans by h5py are read rightly, scans of our own come back, damaged ones are errors and never panics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
mod frames;
mod roundtrip;
mod values;
mod witness;

use std::path::PathBuf;

/// A file in the folder of fixtures.
fn data(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "scan", "data", name]
        .iter()
        .collect()
}
