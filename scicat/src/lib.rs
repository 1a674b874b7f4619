#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
mod error;
mod ids;
pub mod model;

pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL};
pub use error::{Violation, violations};
pub use ids::DatasetPid;
pub use model::{
    ContactEmail, DataFile, Dataset, DatasetType, DropReason, DroppedValue, NewOrigDatablock, NewRawDataset,
    OrigDatablock, RequiredFields, ScientificMetadata,
};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, RequestParts, Result, RetryPolicy, Sent};
