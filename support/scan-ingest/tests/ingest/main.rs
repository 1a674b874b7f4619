//! Scans and plain files become records: by rules, with units, samples, pictures, and what is wrong said once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad;
mod records;
mod rules;
mod sources;
mod text;
mod thumbnails;
