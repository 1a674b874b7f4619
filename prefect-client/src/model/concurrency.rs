//! Slots that runs anywhere share.

use serde::{Deserialize, Serialize};

use crate::LeaseId;

/// A global concurrency limit. Only its name is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConcurrencyLimit {
    /// The name.
    pub name: String,
    /// The identifier.
    pub id: Option<String>,
    /// How many slots it has.
    pub limit: Option<u64>,
    /// How many are taken.
    pub active_slots: Option<u64>,
    /// Whether it is enforced.
    pub active: Option<bool>,
    /// How many slots come back by themselves each second.
    pub slot_decay_per_second: Option<f64>,
}

/// A limit that slots were taken of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlotsOf {
    /// The limit's name.
    pub name: String,
    /// How many slots the limit has.
    pub limit: Option<u64>,
}

/// Slots that were taken for a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlotLease {
    /// The lease.
    pub lease_id: LeaseId,
    /// The limits that it covers.
    #[serde(default)]
    pub limits: Vec<SlotsOf>,
}
