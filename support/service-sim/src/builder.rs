//! How a simulator is to be, before it starts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use crate::clock::Clock;
use crate::collection::{Collection, CollectionSpec, default_collections};
use crate::error::SimError;
use crate::fault::{FaultSpec, Faults};
use crate::holds::Holds;
use crate::journal::Journal;
use crate::remembered::Remembered;
use crate::shared::{Credentials, ScicatRights, Shared};
use crate::sim::{Handle, Services, Sim};
use crate::tokens::Tokens;

/// Which of the real services' limits are enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limits {
    /// None.
    #[default]
    Off,
    /// Those of the production service of Globus Transfer: 200 requests in 10 s a user (429 with Retry-After
    /// above), 3 transfers and 3 deletes active at a time and the rest queued with nice_status `Queued`, a
    /// submission beyond 100 queued tasks refused with 409 `TooManyPendingTasks`; and tokens end after 172800 s
    /// of the simulator's clock. Of Globus Compute: 20 requests in 10 s a client.
    Production,
}

/// Sets up a [`Sim`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SimBuilder {
    services: Services,
    root: Option<PathBuf>,
    collections: Vec<CollectionSpec>,
    seed: u64,
    limits: Limits,
    transfer_delay: Duration,
    skews: BTreeMap<String, i64>,
    local_mounts: bool,
    faults: Vec<FaultSpec>,
    clients: Vec<Credentials>,
    scicat_rights: ScicatRights,
    compute_version: String,
    compute_broker: Option<String>,
    #[cfg(feature = "sfapi")]
    sfapi: crate::sfapi::Settings,
}

impl SimBuilder {
    pub(crate) fn new() -> Self {
        Self {
            services: Services::default(),
            root: None,
            collections: default_collections(),
            seed: 0,
            limits: Limits::Off,
            transfer_delay: Duration::ZERO,
            skews: BTreeMap::new(),
            local_mounts: true,
            faults: Vec::new(),
            clients: Vec::new(),
            #[cfg(feature = "sfapi")]
            sfapi: crate::sfapi::Settings::default(),
            scicat_rights: ScicatRights::default(),
            compute_version: "4.19.0".to_owned(),
            compute_broker: None,
        }
    }

    /// Runs Globus Auth and Globus Transfer.
    #[cfg(feature = "transfer")]
    pub fn transfer(mut self) -> Self {
        self.services.transfer = true;
        self
    }

    /// Runs Globus Auth and Globus Compute. Its one endpoint, `GLOBUS_COMPUTE_ENDPOINT` of [`Sim::env`], runs each task in
    /// a `python3` of its own; without one on the machine tasks fail and say so.
    #[cfg(feature = "compute")]
    pub fn compute(mut self) -> Self {
        self.services.compute = true;
        self
    }

    /// Runs Globus Flows, and with it Transfer and Compute, which are its action providers. States of the types Action,
    /// Pass, Choice, Wait and Fail are carried out; expressions and other providers are not.
    #[cfg(feature = "flows")]
    pub fn flows(mut self) -> Self {
        self.services.flows = true;
        self.transfer().compute()
    }

    /// The version of the compute endpoint's software; default 4.19.0. Before 3.3 it reads neither plain source nor JSON
    /// and writes no JSON.
    #[cfg(feature = "compute")]
    pub fn compute_version(mut self, version: impl Into<String>) -> Self {
        self.compute_version = version.into();
        self
    }

    /// The URL of a message broker (AMQP 0-9-1, such as RabbitMQ). With it real endpoints may register and be given
    /// tasks, and results are pushed to those who ask for it. It is connected to when it is first needed.
    #[cfg(feature = "compute")]
    pub fn compute_broker(mut self, url: impl Into<String>) -> Self {
        self.compute_broker = Some(url.into());
        self
    }

    /// Runs SciCat.
    #[cfg(feature = "scicat")]
    pub fn scicat(mut self) -> Self {
        self.services.scicat = true;
        self
    }

    /// SciCat's account is an ordinary one of these groups: it writes for them only, sees what they may read, and
    /// does not choose PIDs. Without this it may write for all groups, as an ingestor does.
    #[cfg(feature = "scicat")]
    pub fn scicat_groups<G: Into<String>>(mut self, groups: impl IntoIterator<Item = G>) -> Self {
        self.scicat_rights.groups = Some(groups.into_iter().map(Into::into).collect());
        self
    }

    /// SciCat's account may delete, which the administrators of a real one may not.
    #[cfg(feature = "scicat")]
    pub fn scicat_may_delete(mut self) -> Self {
        self.scicat_rights.may_delete = true;
        self
    }

    /// Runs Prefect.
    #[cfg(feature = "prefect")]
    pub fn prefect(mut self) -> Self {
        self.services.prefect = true;
        self
    }

    /// Runs the Superfacility API with its token endpoint. Jobs are run by bash.
    #[cfg(feature = "sfapi")]
    pub fn sfapi(mut self) -> Self {
        self.services.sfapi = true;
        self
    }

    /// Hands jobs to the `sbatch` on PATH, and asks its `squeue` and `sacct`.
    #[cfg(feature = "sfapi")]
    pub fn slurm(mut self) -> Self {
        self.sfapi.slurm = true;
        self
    }

    /// How late the accounting of jobs that bash runs is. Default 1 s, as measured with Slurm 22.05.
    #[cfg(feature = "sfapi")]
    pub fn sacct_lag(mut self, lag: Duration) -> Self {
        self.sfapi.sacct_lag = lag;
        self
    }

    /// How many days the clients of the Superfacility API live from now on. Default 30; after that, at once with 0, they
    /// get no token.
    #[cfg(feature = "sfapi")]
    pub fn sfapi_client_days(mut self, days: u16) -> Self {
        self.sfapi.client_life = chrono::TimeDelta::days(days.into());
        self
    }

    /// How many jobs bash runs at a time; the others wait. Default 16.
    #[cfg(feature = "sfapi")]
    pub fn job_slots(mut self, slots: usize) -> Self {
        self.sfapi.slots = slots;
        self
    }

    /// Adds a client of the Superfacility API by its public key in PEM. Without any there is one of the simulator's
    /// own, whose key files [`Sim::env`] names.
    #[cfg(feature = "sfapi")]
    pub fn sfapi_client(mut self, id: impl Into<String>, public_pem: impl Into<String>) -> Self {
        self.sfapi.clients.push((id.into(), public_pem.into()));
        self
    }

    /// The folder in which each host gets its tree. Made if missing, and kept. Default: a temporary folder that is
    /// removed with the simulator.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// The collections, instead of [`default_collections`].
    pub fn collections(mut self, collections: Vec<CollectionSpec>) -> Self {
        self.collections = collections;
        self
    }

    /// Seeds the faults that have a `rate`. Default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Which limits are enforced. Default [`Limits::Off`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long each transfer task is ACTIVE before it copies. Default none.
    pub fn transfer_delay(mut self, delay: Duration) -> Self {
        self.transfer_delay = delay;
        self
    }

    /// Sets a clock wrong by so many seconds, ahead if positive. `name` is a service, `globus_transfer`,
    /// `globus_compute`, `scicat` or `prefect`, whose times and tokens follow; or the key of a collection: files that are written on its host, by
    /// transfers or by [`Collection::write`], have modification times that are so far off.
    pub fn skew(mut self, name: impl Into<String>, seconds: i64) -> Self {
        self.skews.insert(name.into(), seconds);
        self
    }

    /// Keeps from clients where the collections' folders are, as for a worker that does not mount them: no
    /// `local_path` in the config written for them, no `dir` at the control port's `/sim/collections`.
    pub fn no_local_mounts(mut self) -> Self {
        self.local_mounts = false;
        self
    }

    /// Adds a fault from the start on.
    pub fn fault(mut self, fault: FaultSpec) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds a Globus client that may log in; the first one added is that of [`Sim::env`]. Without any there is one
    /// of the simulator's own.
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.clients.push(Credentials {
            id: id.into(),
            secret: secret.into(),
        });
        self
    }

    /// Makes the folders, takes the ports and starts the services. When this returns they answer.
    ///
    /// # Errors
    ///
    /// [`SimError`] when a folder cannot be made, a collection or a skew makes no sense, or no port or thread can be
    /// had.
    pub fn start(self) -> Result<Sim, SimError> {
        let (root, temporary) = self.open_root()?;
        let collections = create_collections(self.collections, &root, &self.skews)?;
        check_skews(&self.skews, &collections)?;
        let default_client = Credentials {
            id: "7c1d3b1e-0b5c-4c57-9d0a-5f0c3d2b9a11".to_owned(),
            secret: "simulated-client-secret".to_owned(),
        };
        let shared = Arc::new(Shared {
            clock: Clock::new(),
            journal: Journal::default(),
            faults: Faults::new(self.seed),
            holds: Holds::new(),
            tokens: Tokens::default(),
            remembered: Remembered::default(),
            collections,
            skews: self.skews,
            local_mounts: self.local_mounts,
            limits: self.limits,
            transfer_delay: self.transfer_delay,
            globus_clients: if self.clients.is_empty() {
                vec![default_client]
            } else {
                self.clients
            },
            scicat_login: Credentials {
                id: "ingestor".to_owned(),
                secret: "simulated-scicat-password".to_owned(),
            },
            scicat_rights: self.scicat_rights,
            compute_version: self.compute_version,
            compute_broker: self.compute_broker,
            request_ids: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        });
        let handle = Arc::new(Handle::new(
            shared,
            self.services,
            #[cfg(feature = "sfapi")]
            self.sfapi,
        ));
        for fault in self.faults {
            handle.add_fault(fault);
        }
        Sim::launch(handle, temporary)
    }

    fn open_root(&self) -> Result<(PathBuf, Option<tempfile::TempDir>), SimError> {
        let (root, temporary) = if let Some(root) = &self.root {
            std::fs::create_dir_all(root).map_err(|e| SimError::folder(root, e))?;
            (root.clone(), None)
        } else {
            let temporary = tempfile::Builder::new().prefix("service-sim-").tempdir();
            let temporary = temporary.map_err(|e| SimError::folder(std::env::temp_dir(), e))?;
            (temporary.path().to_owned(), Some(temporary))
        };
        // Absolute and without links, so that a path below it can be compared with it.
        let root = root.canonicalize().map_err(|e| SimError::folder(root, e))?;
        Ok((root, temporary))
    }
}

fn create_collections(
    specs: Vec<CollectionSpec>,
    root: &std::path::Path,
    skews: &BTreeMap<String, i64>,
) -> Result<Vec<Collection>, SimError> {
    let mut keys = BTreeSet::new();
    let mut hosts: BTreeMap<String, String> = BTreeMap::new();
    let clocks: BTreeMap<String, i64> = specs
        .iter()
        .filter_map(|spec| Some((spec.host.clone(), *skews.get(&spec.key)?)))
        .collect();
    let mut collections = Vec::with_capacity(specs.len());
    for spec in specs {
        let wrong = |why: String| SimError::Collection {
            key: spec.key.clone(),
            why,
        };
        if !keys.insert(spec.key.clone()) {
            return Err(wrong("the key occurs twice".to_owned()));
        }
        let host = hosts
            .entry(spec.uuid.clone())
            .or_insert_with(|| spec.host.clone());
        if *host != spec.host {
            return Err(wrong(format!("its uuid stands for the host {host} already")));
        }
        let clock_off = clocks.get(&spec.host).copied().unwrap_or(0);
        collections.push(Collection::create(spec, root, clock_off)?);
    }
    Ok(collections)
}

fn check_skews(skews: &BTreeMap<String, i64>, collections: &[Collection]) -> Result<(), SimError> {
    let known = |name: &String| {
        [
            "globus_transfer",
            "globus_compute",
            "globus_flows",
            "scicat",
            "prefect",
            "sfapi",
        ]
        .contains(&name.as_str())
            || collections.iter().any(|c| c.key() == name)
    };
    match skews.keys().find(|name| !known(name)) {
        Some(name) => Err(SimError::Skew { name: name.clone() }),
        None => Ok(()),
    }
}
