//! The one document that no request may carry.

use http::Method;
use serde_json::Value;

use crate::{Error, RequestParts, Result};

/// Refuses a null directly in `scientificMetadata`. A backend that is sent one when a dataset is created answers 201,
/// and then its process ends.
///
/// # Errors
/// [`crate::ErrorKind::Config`] naming the key.
pub(crate) fn check(parts: &RequestParts) -> Result<()> {
    let writes = [Method::POST, Method::PUT, Method::PATCH].contains(parts.method());
    let body = parts.body_bytes();
    if !writes || body.is_empty() {
        return Ok(());
    }
    let Ok(document) = serde_json::from_slice::<Value>(&body) else {
        return Ok(());
    };
    let metadata = document.get("scientificMetadata").and_then(Value::as_object);
    match metadata.into_iter().flatten().find(|(_, value)| value.is_null()) {
        None => Ok(()),
        Some((key, _)) => Err(Error::config(format!(
            "scientificMetadata {key:?} is null, which ends the backend's process: leave it out"
        ))
        .with_operation(parts.operation())),
    }
}
