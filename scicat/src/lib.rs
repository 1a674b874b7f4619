#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod api;
mod client;
mod error;
mod ids;
mod model;

pub use api::datasets::{CreateDataset, Datasets, FindDatasets, GetDataset, SingleDataset};
pub use api::origdatablocks::{CreateOrigDatablock, ListOrigDatablocks, OrigDatablocks};
pub use client::{Client, ClientBuilder, DEFAULT_URL};
pub use error::{Violation, violations};
pub use ids::DatasetPid;
pub use model::dataset::{Dataset, DatasetType};
pub use model::email::ContactEmail;
pub use model::metadata::{DropReason, DroppedValue, ScientificMetadata};
pub use model::new_dataset::{NewRawDataset, RequiredFields};
pub use model::origdatablock::{DataFile, NewOrigDatablock, OrigDatablock};
pub use rest_core::{Error, RawResponse, RequestParts, Result};
