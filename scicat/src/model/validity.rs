//! Whether a document would be taken.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the backend says of a document that it only looked at.
///
/// Version 4 has been seen to call a dataset valid that it then failed to create, for want of an owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Validity {
    /// Whether it would be taken.
    pub valid: bool,
    /// Why not, in the backend's words.
    #[serde(default)]
    pub error: Option<Value>,
    /// Why not, as other routes of the backend write it.
    #[serde(default)]
    pub reason: Option<Value>,
}

impl Validity {
    /// Why not, as text; nothing if it is valid or the backend does not say.
    pub fn why(&self) -> Option<String> {
        let value = self.error.as_ref().or(self.reason.as_ref())?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}
