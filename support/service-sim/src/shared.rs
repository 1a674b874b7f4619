//! What every service of one simulator shares.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;

use crate::builder::Limits;
use crate::clock::Clock;
use crate::collection::Collection;
use crate::fault::Faults;
use crate::holds::Holds;
use crate::journal::Journal;
use crate::remembered::Remembered;
use crate::tokens::Tokens;

/// Common ground of the services. Each service keeps its own state beside an `Arc` of this.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) holds: Holds,
    pub(crate) tokens: Tokens,
    pub(crate) remembered: Remembered,
    pub(crate) collections: Vec<Collection>,
    /// By service, how many seconds its clock is off.
    pub(crate) skews: BTreeMap<String, i64>,
    /// Whether clients may know where the collections' folders are.
    pub(crate) local_mounts: bool,
    pub(crate) limits: Limits,
    pub(crate) transfer_delay: Duration,
    pub(crate) globus_clients: Vec<Credentials>,
    pub(crate) scicat_login: Credentials,
    pub(crate) scicat_rights: ScicatRights,
    /// Of the compute endpoint.
    pub(crate) compute_version: String,
    /// The URL of the message broker through which endpoints outside are reached.
    pub(crate) compute_broker: Option<String>,
    pub(crate) request_ids: AtomicU64,
    /// Set when the simulator is being dropped: long copies stop.
    pub(crate) stopping: AtomicBool,
}

/// What SciCat's one account may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScicatRights {
    /// Its groups, if it is no administrator.
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) may_delete: bool,
}

/// A name and its secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// A new request id, short and unique within the simulator.
    pub(crate) fn request_id(&self) -> String {
        format!("sim{:06x}", self.request_ids.fetch_add(1, Ordering::Relaxed))
    }

    /// The clock by which a service lives.
    pub(crate) fn clock_of(&self, service: &str) -> Clock {
        let seconds = self.skews.get(service).copied().unwrap_or(0);
        self.clock
            .skewed(TimeDelta::try_seconds(seconds).unwrap_or_default())
    }

    pub(crate) fn collection(&self, key: &str) -> Option<&Collection> {
        self.collections.iter().find(|c| c.key() == key)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
