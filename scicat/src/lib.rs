#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
mod error;
mod filter;
mod guard;
mod ids;
pub mod model;
mod token;
mod version;

pub use api::{LocationChange, Step, UpsertError, Upserted};
pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL};
pub use error::{Violation, remedy, violations};
pub use filter::Filter;
pub use ids::{
    AttachmentId, DatablockId, DatasetPid, InstrumentId, JobId, OrigDatablockId, PolicyId, ProposalId,
    SampleId, UserId,
};
pub use model::{
    Attachment, ContactEmail, Content, DataFile, Datablock, Dataset, DatasetType, DerivedFields, DropReason,
    DroppedValue, Instrument, Job, Location, Logbook, NewAttachment, NewDataFile, NewDatablock, NewDataset,
    NewDerivedDataset, NewOrigDatablock, NewRawDataset, OrigDatablock, Policy, Proposal, PublishedData,
    RequiredFields, Sample, ScientificMetadata, User, Validity,
};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, RequestParts, Result, RetryPolicy, Sent};
pub use version::ApiVersion;
