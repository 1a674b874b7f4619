//! Functions, and what is left.

use serde::{Deserialize, Serialize};

use crate::FunctionId;
use crate::serial::{Undecodable, decode_function};

/// The id of a function that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionRegistered {
    /// Its id.
    pub function_uuid: FunctionId,
    /// What the service has to say about high assurance.
    #[serde(default)]
    pub ha_warning: Option<String>,
}

/// A registered function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// Its id.
    pub function_uuid: FunctionId,
    /// Its name.
    #[serde(default)]
    pub function_name: Option<String>,
    /// The text that was registered; see [`source`](Self::source).
    #[serde(default)]
    pub function_code: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What it was registered with.
    #[serde(default)]
    pub metadata: Option<FunctionMeta>,
}

impl FunctionInfo {
    /// The name and the source, as far as the function was registered with its source.
    ///
    /// # Errors
    /// [`Undecodable`] with the reason.
    pub fn source(&self) -> Result<(String, String), Undecodable> {
        decode_function(self.function_code.as_deref().unwrap_or_default())
    }
}

/// What a function was registered with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct FunctionMeta {
    /// The version of Python.
    pub python_version: Option<String>,
    /// The version of the SDK.
    pub sdk_version: Option<String>,
    /// The kind of its text.
    pub serde_identifier: Option<String>,
}

/// The service's word for "done".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Deleted {
    /// 302.
    pub result: Option<i64>,
}

/// The service's versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Version {
    /// Of the API.
    pub api: Option<String>,
    /// The oldest SDK that it serves.
    pub min_sdk_version: Option<String>,
    /// The oldest endpoint that it serves.
    #[serde(alias = "min_endpoint_version")]
    pub min_ep_version: Option<String>,
    /// Of its sources.
    pub git_sha: Option<String>,
}
