//! Work pools, their queues and workers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

rest_core::open_enum! {
    /// How a pool or queue stands.
    pub enum PoolStatus {
        /// A worker serves it.
        Ready = "READY",
        /// No worker has served it of late.
        NotReady = "NOT_READY",
        /// It gives out no runs.
        Paused = "PAUSED",
    }
}

rest_core::open_enum! {
    /// How a worker stands, by the server's clock.
    pub enum WorkerStatus {
        /// It has sent heartbeats.
        Online = "ONLINE",
        /// It has missed three heartbeats or more.
        Offline = "OFFLINE",
    }
}

/// A work pool. Only its name is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkPool {
    /// The name.
    pub name: String,
    /// The identifier.
    pub id: Option<String>,
    /// The type of its workers.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// How it stands.
    pub status: Option<PoolStatus>,
    /// Free text.
    pub description: Option<String>,
    /// Whether it gives out no runs.
    pub is_paused: Option<bool>,
    /// How many of its runs may be pending or running at a time.
    pub concurrency_limit: Option<u64>,
    /// How many are.
    pub active_slots: Option<u64>,
    /// The queue of runs that name none.
    pub default_queue_id: Option<String>,
    /// What a worker starts for a run, as Python's workers read it.
    pub base_job_template: Option<Value>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}

/// A queue. Only its name is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkQueue {
    /// The name.
    pub name: String,
    /// The identifier.
    pub id: Option<String>,
    /// The pool that it belongs to.
    pub work_pool_name: Option<String>,
    /// How it stands.
    pub status: Option<PoolStatus>,
    /// Free text.
    pub description: Option<String>,
    /// Whether it gives out no runs.
    pub is_paused: Option<bool>,
    /// How many of its runs may be pending or running at a time.
    pub concurrency_limit: Option<u64>,
    /// Its rank in the pool; 1 comes first.
    pub priority: Option<u64>,
    /// When a worker last asked for its runs.
    pub last_polled: Option<DateTime<Utc>>,
}

/// A worker. Only its name is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkerInfo {
    /// The name.
    pub name: String,
    /// The identifier.
    pub id: Option<String>,
    /// How it stands.
    pub status: Option<WorkerStatus>,
    /// When it was last heard of, by the server's clock.
    pub last_heartbeat_time: Option<DateTime<Utc>>,
    /// How often it is to be heard of, in seconds.
    pub heartbeat_interval_seconds: Option<f64>,
}
