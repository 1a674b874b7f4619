//! Globus transfers that the service makes.

use serde::{Deserialize, Serialize};

use crate::TransferId;

rest_core::open_enum! {
    /// How a Globus transfer stands.
    pub enum GlobusStatus {
        /// On its way.
        Active = "ACTIVE",
        /// Ended well.
        Succeeded = "SUCCEEDED",
        /// Ended badly.
        Failed = "FAILED",
        /// Called off.
        Canceled = "CANCELED",
    }
}

/// A transfer that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StartedTransfer {
    /// Its id.
    pub transfer_id: TransferId,
    /// `OK` or `ERROR`.
    pub status: String,
    /// Why not.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransferResult {
    /// `OK` or `ERROR`: whether the service could tell.
    pub status: String,
    /// Why not.
    #[serde(default)]
    pub reason: Option<String>,
    /// How it stands.
    #[serde(default)]
    pub globus_status: Option<GlobusStatus>,
    /// Bytes so far.
    #[serde(default)]
    pub bytes_transferred: Option<u64>,
    /// When it ended.
    #[serde(default)]
    pub completion_time: Option<String>,
    /// Its speed.
    #[serde(default)]
    pub effective_bytes_per_second: Option<u64>,
}
