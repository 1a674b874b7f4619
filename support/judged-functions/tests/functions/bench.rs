//! A simulated endpoint, and the record of runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use globus_compute::{Arguments, Client, EndpointId, Function};
use globus_transfer::TaskWatcher;
use judged_functions::{Call, CallReport, Functions, run_function, wrapper};
use proved_transfer::control::ExportControl;
use proved_transfer::failure::Failure;
use proved_transfer::progress::Progress;
use proved_transfer::session::{Begun, Service, Session, Workplace};
use rest_core::system_clock;
use run_store::SqliteStore;
use serde_json::json;
use service_sim::Sim;

/// Long enough for any machine; nothing waits it out unless the test fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// A wrapper that runs any command.
const SOURCE: &str = "def run(argv, cwd=None, timeout=60, claim=None):\n    \
                      # fenced(argv, cwd, timeout, claim) is put here\n    \
                      return fenced(argv, cwd, timeout, claim)\n";

pub(crate) struct Bench {
    pub(crate) sim: Sim,
    state: tempfile::TempDir,
    /// Where commands work and claims are made.
    pub(crate) place: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            sim: Sim::builder().transfer().compute().start().unwrap(),
            state: tempfile::tempdir().unwrap(),
            place: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn client(&self) -> Client {
        let env = self.sim.env();
        Client::from_vars(|name| env.get(name).cloned()).unwrap()
    }

    pub(crate) fn functions(&self) -> Functions {
        let endpoint = EndpointId::parse(&self.sim.env()["GLOBUS_COMPUTE_ENDPOINT"]).unwrap();
        Functions::new(&self.client(), endpoint).settle(Duration::from_secs(1))
    }

    pub(crate) async fn session(&self, run_id: &str) -> Session {
        let env = self.sim.env();
        let transfer = globus_transfer::Client::from_vars(|name| env.get(name).cloned()).unwrap();
        let watcher = TaskWatcher::new(transfer.clone());
        let workplace = Workplace {
            service: Service::new(transfer, watcher),
            store: Arc::new(SqliteStore::open(self.state.path()).unwrap()),
            state_dir: self.state.path().to_owned(),
            clock: system_clock(),
            export_control: ExportControl::default(),
        };
        let opened = Session::open(workplace, "a_flow", run_id, &json!({}), Progress::default()).await;
        match opened.unwrap() {
            Begun::Open(session) => session,
            Begun::Finished(report) => panic!("the run has ended: {report}"),
        }
    }

    /// Runs a command as the step `work` of the run `R`, in a session of its own.
    pub(crate) async fn run(&self, argv: &[&str], limit: Duration) -> Result<CallReport, Failure> {
        self.run_with(&self.functions(), argv, (limit, limit)).await
    }

    /// The same with a time limit of the function's own, beside the one that is on record.
    pub(crate) async fn run_with(
        &self,
        functions: &Functions,
        argv: &[&str],
        (own, limit): (Duration, Duration),
    ) -> Result<CallReport, Failure> {
        let session = self.session("R").await;
        let (cwd, run_folder) = (self.place.path().to_str().unwrap(), self.claims());
        let arguments = |claim: &str| {
            Arguments::new()
                .arg(argv)
                .kwarg("cwd", cwd)
                .kwarg("timeout", own.as_secs_f64())
                .kwarg("claim", claim)
        };
        let call = Call {
            step: "work",
            key: "a thing",
            run_folder: run_folder.to_str().unwrap(),
            function: &function(),
            arguments: &arguments,
            limit,
        };
        run_function(&session, functions, &call).await
    }

    pub(crate) fn claims(&self) -> PathBuf {
        self.place.path().join(".runs/R")
    }

    pub(crate) fn claim(&self, attempt: u32) -> PathBuf {
        let claims = std::fs::read_dir(self.claims()).into_iter().flatten();
        let of_it = |name: &str| name.starts_with(&format!(".work.{attempt}."));
        let mut names = claims.map(|claim| claim.unwrap().file_name().into_string().unwrap());
        let name = names.find(|name| of_it(name)).unwrap_or_default();
        self.claims()
            .join(if name.is_empty() { "none" } else { name.as_str() })
    }

    /// How often the command worked: it writes a file of its own each time.
    pub(crate) fn worked(&self) -> usize {
        let entries = std::fs::read_dir(self.place.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("done.")).count()
    }

    /// Loses the record of runs.
    pub(crate) fn forget(&self) {
        for entry in std::fs::read_dir(self.state.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    pub(crate) fn requests(&self, operation: &str) -> usize {
        self.sim.journal().count(|entry| entry.operation == operation)
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < PATIENCE, "never: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many requests a fault holds or has held.
    pub(crate) fn held(&self) -> usize {
        let is_held = |fault: &Option<String>| fault.as_ref().is_some_and(|fault| fault.starts_with("hold"));
        self.sim.journal().count(|entry| is_held(&entry.fault))
    }
}

pub(crate) fn function() -> Function {
    wrapper("run", SOURCE).unwrap()
}

/// A command that leaves a trace each time it works.
pub(crate) const WORK: [&str; 3] = ["sh", "-c", "touch done.$$"];

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}
