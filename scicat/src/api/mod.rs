//! Requests, one builder each.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod datasets;
pub(crate) mod login;
mod origdatablocks;

pub use datasets::{CreateDataset, DatasetHandle, DatasetsHandle, FindDatasets, GetDataset};
pub use origdatablocks::{CreateOrigDatablock, ListOrigDatablocks, OrigDatablocksHandle};

use crate::{Error, RequestParts, Result};

/// What the backend accepts as a request body, in bytes. It answers more with a bare 500, so larger bodies are
/// refused here, where the reason can be told.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Adds `body` as JSON, unless it is larger than what the backend takes.
fn with_body(parts: RequestParts, body: &impl serde::Serialize) -> Result<RequestParts> {
    let bytes = serde_json::to_vec(body)
        .map_err(|error| Error::config("the request body cannot be written as JSON").with_source(error))?;
    if bytes.len() > MAX_BODY_BYTES {
        return Err(Error::config(format!(
            "the request body has {} bytes, and SciCat takes at most {MAX_BODY_BYTES}",
            bytes.len()
        )));
    }
    Ok(parts.json_bytes(bytes))
}
