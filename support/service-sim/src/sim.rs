//! A running simulator.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::builder::SimBuilder;
use crate::collection::Collection;
use crate::control;
use crate::error::SimError;
use crate::fault::FaultSpec;
use crate::journal::Journal;
use crate::server::Bound;
use crate::shared::Shared;

/// A running simulator: its services answer until it is dropped.
///
/// It runs on threads of its own and can be used, and dropped, in and out of async code. Dropping it closes the
/// ports and removes the folder, unless [`SimBuilder::root`] named one.
#[derive(Debug)]
pub struct Sim {
    handle: Arc<Handle>,
    env: BTreeMap<String, String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _temporary: Option<tempfile::TempDir>,
}

/// Which services run.
#[derive(Clone, Copy, Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent switches, not a state; few in a small build"
)]
pub(crate) struct Services {
    #[cfg(feature = "auth")]
    pub(crate) transfer: bool,
    #[cfg(feature = "auth")]
    pub(crate) compute: bool,
    #[cfg(feature = "flows")]
    pub(crate) flows: bool,
    #[cfg(feature = "scicat")]
    pub(crate) scicat: bool,
    #[cfg(feature = "prefect")]
    pub(crate) prefect: bool,
    #[cfg(feature = "sfapi")]
    pub(crate) sfapi: bool,
}

/// The state of a simulator, as seen by its owner and by the control port.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
    services: Services,
    #[cfg(feature = "transfer")]
    transfer: Arc<crate::transfer::Transfer>,
    #[cfg(feature = "compute")]
    compute: Arc<crate::compute::Compute>,
    #[cfg(feature = "flows")]
    flows: Arc<crate::flows::Flows>,
    #[cfg(feature = "scicat")]
    scicat: Arc<crate::scicat::SciCat>,
    #[cfg(feature = "prefect")]
    prefect: Arc<crate::prefect::Prefect>,
    #[cfg(feature = "sfapi")]
    sfapi: Arc<crate::sfapi::Sfapi>,
}

impl Handle {
    pub(crate) fn new(
        shared: Arc<Shared>,
        services: Services,
        #[cfg(feature = "sfapi")] sfapi: crate::sfapi::Settings,
    ) -> Self {
        #[cfg(feature = "transfer")]
        let transfer = crate::transfer::Transfer::new(Arc::clone(&shared));
        #[cfg(feature = "compute")]
        let compute = crate::compute::Compute::new(Arc::clone(&shared));
        #[cfg(feature = "flows")]
        let flows =
            crate::flows::Flows::new(Arc::clone(&shared), Arc::clone(&transfer), Arc::clone(&compute));
        #[cfg(feature = "scicat")]
        let scicat = crate::scicat::SciCat::new(Arc::clone(&shared));
        #[cfg(feature = "prefect")]
        let prefect = crate::prefect::Prefect::new(Arc::clone(&shared));
        #[cfg(feature = "sfapi")]
        let sfapi = crate::sfapi::Sfapi::new(Arc::clone(&shared), sfapi);
        Self {
            shared,
            services,
            #[cfg(feature = "transfer")]
            transfer,
            #[cfg(feature = "compute")]
            compute,
            #[cfg(feature = "flows")]
            flows,
            #[cfg(feature = "scicat")]
            scicat,
            #[cfg(feature = "prefect")]
            prefect,
            #[cfg(feature = "sfapi")]
            sfapi,
        }
    }

    pub(crate) fn add_fault(&self, fault: FaultSpec) {
        if let Some(name) = fault.hold_name() {
            self.shared.holds.arm(name);
        }
        self.shared.faults.add(fault);
    }

    pub(crate) fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.holds.release("*");
    }

    /// `{key: {uuid, host, dir, root_path}}`; the folder only if asked for.
    pub(crate) fn collections_json(&self, with_dir: bool) -> Value {
        let describe = |c: &Collection| {
            let mut facts = json!({"uuid": c.uuid(), "host": c.host(), "root_path": c.root_path()});
            if with_dir {
                facts["dir"] = json!(c.dir());
            }
            (c.key().to_owned(), facts)
        };
        Value::Object(self.shared.collections.iter().map(describe).collect())
    }

    pub(crate) fn state_json(&self) -> Value {
        #[allow(unused_mut)] // Built with no service there is nothing to add.
        let mut state = json!({
            "now": self.shared.clock.now(),
            "offset_seconds": self.shared.clock.offset().num_seconds(),
            "holding": self.shared.holds.holding(),
            "entries": self.shared.journal.len(),
            "faults": self.shared.faults.texts(),
            "requests": self.shared.journal.counts_by_service(),
        });
        #[cfg(feature = "transfer")]
        {
            state["tasks"] = json!(self.transfer.views());
        }
        #[cfg(feature = "compute")]
        {
            state["compute_tasks"] = json!(self.compute.views());
        }
        #[cfg(feature = "scicat")]
        {
            state["datasets"] = json!(self.scicat.datasets());
            state["origdatablocks"] = json!(self.scicat.all("origdatablocks"));
            state["datablocks"] = json!(self.scicat.all("datablocks"));
            state["attachments"] = json!(self.scicat.all("attachments"));
        }
        #[cfg(feature = "prefect")]
        {
            state["flow_runs"] = json!(self.prefect.flow_runs());
        }
        #[cfg(feature = "sfapi")]
        {
            state["jobs"] = json!(self.sfapi.views());
        }
        state
    }

    /// The routers of the services that run, each with the variables that point to its address.
    #[allow(
        unused_mut,
        unused_variables,
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "built with no service there is nothing to add"
    )]
    fn mount(&self, env: &mut BTreeMap<String, String>) -> Result<Vec<(Bound, axum::Router)>, SimError> {
        let mut mounted = Vec::new();
        #[cfg(feature = "auth")]
        if self.services.transfer || self.services.compute {
            let auth = Bound::new()?;
            env.insert("GLOBUS_SDK_SERVICE_URL_AUTH".into(), auth.url() + "/");
            if let Some(client) = self.shared.globus_clients.first() {
                env.insert("GLOBUS_CLIENT_ID".into(), client.id.clone());
                env.insert("GLOBUS_CLIENT_SECRET".into(), client.secret.clone());
            }
            mounted.push((auth, crate::auth::router(&self.shared)));
        }
        #[cfg(feature = "transfer")]
        if self.services.transfer {
            let transfer = Bound::new()?;
            env.insert("GLOBUS_SDK_SERVICE_URL_TRANSFER".into(), transfer.url() + "/");
            mounted.push((transfer, crate::transfer::router(Arc::clone(&self.transfer))));
        }
        #[cfg(feature = "compute")]
        if self.services.compute {
            let compute = Bound::new()?;
            env.insert("GLOBUS_SDK_SERVICE_URL_COMPUTE".into(), compute.url() + "/");
            env.insert(
                "GLOBUS_COMPUTE_ENDPOINT".into(),
                crate::compute::ENDPOINT.to_owned(),
            );
            let allocation = self.compute.allocation()?;
            #[cfg(feature = "prefect")]
            if let Some(allocation) = &allocation {
                self.prefect.set_allocation(allocation);
            }
            #[cfg(not(feature = "prefect"))]
            drop(allocation);
            mounted.push((compute, crate::compute::router(Arc::clone(&self.compute))));
        }
        #[cfg(feature = "flows")]
        if self.services.flows {
            let flows = Bound::new()?;
            env.insert("GLOBUS_SDK_SERVICE_URL_FLOWS".into(), flows.url() + "/");
            mounted.push((flows, crate::flows::router(Arc::clone(&self.flows))));
        }
        #[cfg(feature = "scicat")]
        if self.services.scicat {
            let scicat = Bound::new()?;
            env.insert("SCICAT_INGEST_URL".into(), scicat.url() + "/api/v3");
            env.insert(
                "SCICAT_INGEST_USERNAME".into(),
                self.shared.scicat_login.id.clone(),
            );
            env.insert(
                "SCICAT_INGEST_PASSWORD".into(),
                self.shared.scicat_login.secret.clone(),
            );
            mounted.push((scicat, crate::scicat::router(Arc::clone(&self.scicat))));
        }
        #[cfg(feature = "prefect")]
        if self.services.prefect {
            let prefect = Bound::new()?;
            env.insert("PREFECT_API_URL".into(), prefect.url() + "/api");
            mounted.push((prefect, crate::prefect::router(Arc::clone(&self.prefect))));
        }
        #[cfg(feature = "sfapi")]
        if self.services.sfapi {
            env.extend(self.sfapi.prepare()?);
            let sfapi = Bound::new()?;
            env.insert("SFAPI_BASE_URL".into(), sfapi.url() + "/api/v1.2");
            env.insert("SFAPI_TOKEN_URL".into(), sfapi.url() + "/c2id/token");
            mounted.push((sfapi, crate::sfapi::router(Arc::clone(&self.sfapi))));
        }
        Ok(mounted)
    }
}

impl Sim {
    /// Starts describing a simulator. No service runs unless it is named.
    pub fn builder() -> SimBuilder {
        SimBuilder::new()
    }

    pub(crate) fn launch(
        handle: Arc<Handle>,
        temporary: Option<tempfile::TempDir>,
    ) -> Result<Self, SimError> {
        let mut env = BTreeMap::new();
        let mut mounted = handle.mount(&mut env)?;
        let control = Bound::new()?;
        env.insert("SERVICE_SIM_URL".into(), control.url());
        mounted.push((control, control::router(Arc::clone(&handle))));

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("service-sim")
            .enable_all()
            .build()
            .map_err(|e| SimError::start("start a runtime", e))?;
        {
            let _guard = runtime.enter();
            for (bound, router) in mounted {
                bound
                    .serve(router)
                    .map_err(|e| SimError::start("serve a port", e))?;
            }
        }
        let (stop, stopped) = oneshot::channel::<()>();
        // The runtime belongs to a plain thread, because a runtime must not be dropped within async code and a
        // `Sim` may be.
        let thread = std::thread::Builder::new()
            .name("service-sim".to_owned())
            .spawn(move || {
                // An error means that the sender is gone, which is a reason to stop as well.
                let _: Result<(), oneshot::error::RecvError> = runtime.block_on(stopped);
                runtime.shutdown_timeout(Duration::from_secs(10));
            })
            .map_err(|e| SimError::start("start a thread", e))?;
        Ok(Self {
            handle,
            env,
            stop: Some(stop),
            thread: Some(thread),
            _temporary: temporary,
        })
    }

    /// The environment that leads clients and the Python SDKs here: `GLOBUS_CLIENT_ID`, `GLOBUS_CLIENT_SECRET`,
    /// `GLOBUS_SDK_SERVICE_URL_AUTH`, `GLOBUS_SDK_SERVICE_URL_TRANSFER`,
    /// `GLOBUS_SDK_SERVICE_URL_COMPUTE`, `GLOBUS_COMPUTE_ENDPOINT`, `SCICAT_INGEST_URL`,
    /// `SCICAT_INGEST_USERNAME`, `SCICAT_INGEST_PASSWORD`, `PREFECT_API_URL`, `SFAPI_BASE_URL`,
    /// `SFAPI_TOKEN_URL`, `PATH_NERSC_CLIENT_ID`, `PATH_NERSC_PRI_KEY`, `SFAPI_KEY`, as far as the services run, and
    /// `SERVICE_SIM_URL`, the control port.
    pub fn env(&self) -> BTreeMap<String, String> {
        self.env.clone()
    }

    /// The collection with this key.
    ///
    /// # Panics
    ///
    /// When there is none; see [`find_collection`](Self::find_collection).
    #[allow(clippy::panic)] // A wrong key in a test is a mistake in that test.
    pub fn collection(&self, key: &str) -> Collection {
        match self.find_collection(key) {
            Some(collection) => collection,
            None => panic!("service-sim has no collection {key:?}"),
        }
    }

    /// The collection with this key, if there is one.
    pub fn find_collection(&self, key: &str) -> Option<Collection> {
        self.handle.shared.collection(key).cloned()
    }

    /// All collections, in the order in which they were given.
    pub fn collections(&self) -> Vec<Collection> {
        self.handle.shared.collections.clone()
    }

    /// Adds a fault. A hold of the same name holds again, even if it was released before.
    pub fn fault(&self, fault: FaultSpec) {
        self.handle.add_fault(fault);
    }

    /// Removes every fault and releases what is held. Tasks already struck stay as they are.
    pub fn clear_faults(&self) {
        self.handle.clear_faults();
    }

    /// Releases the requests, replies and tasks held under `name`, those to come included; `*` releases all names.
    pub fn release(&self, name: &str) {
        self.handle.shared.holds.release(name);
    }

    /// The record of all requests.
    pub fn journal(&self) -> Journal {
        self.handle.shared.journal.clone()
    }

    /// Moves the simulator's clock forward: token expiry, deadlines, delays, schedules and rate windows follow.
    pub fn advance(&self, by: Duration) {
        self.handle.shared.clock.advance(by);
    }

    /// All Globus Transfer tasks, in the order of their submission.
    #[cfg(feature = "transfer")]
    pub fn tasks(&self) -> Vec<crate::transfer::TaskView> {
        self.handle.transfer.views()
    }

    /// All Globus Compute tasks, in the order of their submission.
    #[cfg(feature = "compute")]
    pub fn compute_tasks(&self) -> Vec<crate::compute::ComputeTaskView> {
        self.handle.compute.views()
    }

    /// All runs of Globus Flows as their JSON documents, in the order of their start.
    #[cfg(feature = "flows")]
    pub fn flows_runs(&self) -> Vec<Value> {
        self.handle.flows.runs()
    }

    /// Takes the compute endpoint off, or puts it back. Meanwhile it is `offline`, and its tasks wait.
    #[cfg(feature = "compute")]
    pub fn set_compute_online(&self, online: bool) {
        self.handle.compute.set_online(online);
    }

    /// Restarts the compute endpoint: the tasks that run are lost, and wait for ever as far as the service knows, as those
    /// of a real one do.
    #[cfg(feature = "compute")]
    pub fn restart_compute_endpoint(&self) {
        self.handle.compute.restart();
    }

    /// All SciCat datasets as their JSON documents, in the order of their creation.
    #[cfg(feature = "scicat")]
    pub fn datasets(&self) -> Vec<Value> {
        self.handle.scicat.datasets()
    }

    /// All SciCat documents of one kind (`attachments`, `datablocks`, `origdatablocks`, `samples`, `proposals`,
    /// `instruments`, `policies`, `jobs`), in the order of their creation.
    #[cfg(feature = "scicat")]
    pub fn catalogued(&self, kind: &str) -> Vec<Value> {
        self.handle.scicat.all(kind)
    }

    /// Puts a Secret block on the Prefect server.
    #[cfg(feature = "prefect")]
    pub fn set_prefect_secret(&self, name: &str, value: &str) {
        self.handle.prefect.set_secret(name, value);
    }

    /// All Prefect flow runs as their JSON documents, in the order of their creation.
    #[cfg(feature = "prefect")]
    pub fn flow_runs(&self) -> Vec<Value> {
        self.handle.prefect.flow_runs()
    }

    /// All Slurm jobs that the simulator runs or ran itself, in the order of their submission.
    #[cfg(feature = "sfapi")]
    pub fn jobs(&self) -> Vec<crate::sfapi::JobView> {
        self.handle.sfapi.views()
    }

    /// `{key: {"uuid", "host", "dir", "root_path"}}`, as in the ready line of the binary.
    pub fn collections_json(&self) -> Value {
        self.handle.collections_json(true)
    }

    /// Whether clients may know where the collections' folders are; see [`SimBuilder::no_local_mounts`].
    pub fn has_local_mounts(&self) -> bool {
        self.handle.shared.local_mounts
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.handle.shared.stopping.store(true, Ordering::SeqCst);
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only if the thread ended early.
            let _: Result<(), ()> = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by its thread.
            let _: std::thread::Result<()> = thread.join();
        }
    }
}
