//! What administrators see.

use serde::{Deserialize, Serialize};

use crate::{Task, lenient};

/// A task as an administrator of one of its collections sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ManagedTask {
    /// What its owner sees.
    #[serde(flatten)]
    pub task: Task,
    /// Whose task it is, in words.
    #[serde(default)]
    pub owner_string: Option<String>,
    /// The local account it reads as.
    #[serde(default)]
    pub source_local_user: Option<String>,
    /// Whether that is known: `OK`, `NO_PERMISSION`, …
    #[serde(default)]
    pub source_local_user_status: Option<String>,
    /// The local account it writes as.
    #[serde(default)]
    pub destination_local_user: Option<String>,
    /// Whether that is known.
    #[serde(default)]
    pub destination_local_user_status: Option<String>,
    /// The endpoint that hosts the source.
    #[serde(default)]
    pub source_host_endpoint_id: Option<String>,
    /// Which of its folders the source shows.
    #[serde(default)]
    pub source_host_path: Option<String>,
    /// The endpoint that hosts the destination.
    #[serde(default)]
    pub destination_host_endpoint_id: Option<String>,
    /// Which of its folders the destination shows.
    #[serde(default)]
    pub destination_host_path: Option<String>,
}

rest_core::open_enum! {
    /// On which side of its tasks an endpoint is.
    pub enum EndpointUse {
        /// They read from it.
        Source = "source",
        /// They write to it.
        Destination = "destination",
    }
}

/// How far the cancellation of tasks by an administrator has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct AdminCancel {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Whether all tasks are cancelled.
    pub done: Option<bool>,
    /// The service's code for the request that began it.
    pub code: Option<String>,
    /// The service's words.
    pub message: Option<String>,
}
