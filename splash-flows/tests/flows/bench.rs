//! A simulated facility, the flows' view of it, and what the tests ask of both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};
use service_sim::{Sim, SimBuilder, default_collections};
use splash_flows::config::{Config, ConfigError};
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::flows::{self, Outcome};
use splash_flows::progress::Progress;

/// A facility, and a folder for the record of runs.
pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) facility: Arc<Facility>,
    state: tempfile::TempDir,
}

impl Bench {
    /// All services, without faults.
    pub(crate) fn new() -> Self {
        Self::with(|sim| sim)
    }

    /// All services, set up further by `change`.
    pub(crate) fn with(change: impl FnOnce(SimBuilder) -> SimBuilder) -> Self {
        let sim = change(Sim::builder().transfer().scicat().prefect())
            .start()
            .unwrap();
        let state = tempfile::tempdir().unwrap();
        let facility = Arc::new(facility(&sim, state.path(), "on"));
        Self { sim, facility, state }
    }

    /// No Prefect server: prunes stand in the local schedule.
    pub(crate) fn local() -> Self {
        let sim = Sim::builder().transfer().scicat().start().unwrap();
        let state = tempfile::tempdir().unwrap();
        let facility = Arc::new(facility(&sim, state.path(), "on"));
        Self { sim, facility, state }
    }

    /// The same, with what changes the faults written as text.
    pub(crate) fn faulty(faults: &[&str]) -> Self {
        Self::with(|sim| {
            faults
                .iter()
                .fold(sim, |sim, fault| sim.fault(fault.parse().unwrap()))
        })
    }

    /// Another process on the same record of runs.
    pub(crate) fn restart(&mut self) {
        // The store of the old process must be gone before the new one opens.
        self.facility = Arc::new(facility(&self.sim, self.state.path(), "on"));
    }

    /// The same facility under another deletion mode.
    pub(crate) fn deletion(&mut self, mode: &str) {
        self.facility = Arc::new(facility(&self.sim, self.state.path(), mode));
    }

    /// The same facility with these keys in its configuration.
    pub(crate) fn configure(&mut self, keys: &Value) {
        self.facility = Arc::new(facility_with(&self.sim, self.state.path(), keys));
    }

    /// The same facility with these variables in its environment.
    pub(crate) fn environment(&mut self, env: BTreeMap<String, String>) {
        let config = self.facility.config().clone();
        let environment = Environment::from_vars(env);
        self.facility = Arc::new(Facility::connect(config, environment, Some(self.state.path())).unwrap());
    }

    /// Waits for something to be so at the services.
    pub(crate) async fn until(&self, is_so: impl Fn(&Sim) -> bool) {
        let begun = std::time::Instant::now();
        while !is_so(&self.sim) {
            assert!(begun.elapsed() < PATIENCE, "it never was so");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Writes a small scan onto spot832 and answers its flow path.
    pub(crate) fn scan(&self, name: &str) -> String {
        let path = self.sim.collection("spot832").path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_scan(&path, &ScanSpec::new(2, 16, 16)).unwrap();
        format!("/global/{name}")
    }

    /// Runs the move of one file.
    pub(crate) async fn run_move(&self, run_id: &str, file: &str) -> Value {
        self.run(run_id, "new_832_file_flow", json!({ "file_path": file }))
            .await
            .unwrap()
            .report
    }

    /// Runs a flow.
    pub(crate) async fn run(&self, run_id: &str, flow: &str, parameters: Value) -> Result<Outcome, Failure> {
        flows::run(&self.facility, flow, &parameters, run_id, Progress::default()).await
    }

    /// Runs the prune of a file from spot832, proved by data832.
    pub(crate) async fn prune(&self, run_id: &str, file: &str) -> Value {
        let relative = file.strip_prefix("/global").unwrap();
        let parameters =
            json!({ "relative_path": relative, "source_endpoint": "spot832", "check_endpoint": "data832" });
        self.run(run_id, "prune_globus_endpoint", parameters)
            .await
            .unwrap()
            .report
    }

    /// Runs the prune of a path from one endpoint, proved by another.
    pub(crate) async fn prune_of(&self, run_id: &str, path: &str, (from, check): (&str, &str)) -> Value {
        let parameters = json!({ "relative_path": path, "source_endpoint": from, "check_endpoint": check });
        self.run(run_id, "prune_globus_endpoint", parameters)
            .await
            .unwrap()
            .report
    }

    /// Runs `work` until the fault, a hold, has caught a request, and drops it there, as a kill would.
    pub(crate) async fn dropped_at(&self, work: impl Future<Output = Value>, fault: &str) {
        self.sim.fault(fault.parse().unwrap());
        tokio::select! {
            biased;
            () = self.caught() => {}
            report = work => panic!("the run ended before {fault}: {report:#}"),
        }
        self.sim.clear_faults();
    }

    /// Waits until a hold has caught a request.
    pub(crate) async fn caught(&self) {
        let journal = self.sim.journal();
        let is_held = |fault: &Option<String>| fault.as_ref().is_some_and(|fault| fault.starts_with("hold"));
        let before = journal.count(|entry| is_held(&entry.fault));
        tokio::task::spawn_blocking(move || {
            journal.wait_for(PATIENCE, |entries| {
                entries.iter().filter(|entry| is_held(&entry.fault)).count() > before
            })
        })
        .await
        .unwrap()
        .unwrap();
    }

    /// Whether both copies are byte for byte the file on spot832.
    pub(crate) fn assert_everywhere(&self, name: &str) {
        let source = self.sim.collection("spot832").read(name);
        for key in ["data832", "nersc832"] {
            assert!(
                self.sim.collection(key).read(name) == source,
                "{name:?} differs on {key}"
            );
        }
    }

    /// How many requests of an operation the services had.
    pub(crate) fn requests(&self, operation: &str) -> usize {
        self.sim.journal().count(|entry| entry.operation == operation)
    }

    /// The folder of the record of runs.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.state.path().to_owned()
    }
}

/// What the flows see of a simulated facility.
pub(crate) fn facility(sim: &Sim, state_dir: &Path, deletion: &str) -> Facility {
    facility_with(sim, state_dir, &json!({ "deletion": deletion }))
}

/// The same with these keys in its configuration.
pub(crate) fn facility_with(sim: &Sim, state_dir: &Path, keys: &Value) -> Facility {
    let config = config(sim, keys).unwrap();
    Facility::connect(config, Environment::from_vars(sim.env()), Some(state_dir)).unwrap()
}

/// The configuration of a simulated facility.
pub(crate) fn config(sim: &Sim, keys: &Value) -> Result<Config, ConfigError> {
    let endpoints: serde_json::Map<String, Value> = default_collections()
        .into_iter()
        .map(|spec| {
            let collection = sim.collection(&spec.key);
            let endpoint = json!({
                "uuid": collection.uuid(), "uri": collection.host(), "name": spec.key,
                "root_path": collection.root_path(), "local_path": collection.path(""),
            });
            (spec.key, endpoint)
        })
        .collect();
    let mut text = json!({ "stall": "20s", "globus": { "globus_endpoints": endpoints } });
    for (key, value) in keys.as_object().unwrap() {
        match key.split_once('.') {
            Some((section, key)) => text[section][key] = value.clone(),
            None => text[key] = value.clone(),
        }
    }
    Config::parse(
        &text.to_string(),
        "the test's config",
        &Environment::from_vars(sim.env()),
        &splash_flows::SITE_RULES,
    )
}

/// Long enough for any machine; nothing waits it out unless the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
