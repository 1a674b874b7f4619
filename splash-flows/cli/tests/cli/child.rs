//! A simulated facility with its config.yml and .env on disk, and the binary run on them.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};
use service_sim::{Sim, SimBuilder, default_collections};

/// Long enough for any machine; nothing waits it out unless the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The facility and the files of one beamline computer.
pub(crate) struct Beamline {
    pub(crate) sim: Arc<Sim>,
    folder: tempfile::TempDir,
}

impl Beamline {
    /// All services, set up further by `change`.
    pub(crate) fn with(change: impl FnOnce(SimBuilder) -> SimBuilder) -> Self {
        let sim = change(Sim::builder().transfer().scicat().prefect())
            .start()
            .unwrap();
        Self::of(Arc::new(sim))
    }

    /// Another computer of the same facility, with a home of its own: nothing is on record there.
    pub(crate) fn another_host(&self) -> Self {
        Self::of(Arc::clone(&self.sim))
    }

    fn of(sim: Arc<Sim>) -> Self {
        let folder = tempfile::tempdir().unwrap();
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
        let config = json!({ "deletion": "on", "globus": { "globus_endpoints": endpoints } });
        std::fs::write(folder.path().join("config.yml"), config.to_string()).unwrap();
        let env = sim.env();
        let lines: Vec<String> = env
            .iter()
            .map(|(name, value)| format!("{name}='{value}'"))
            .collect();
        std::fs::write(folder.path().join(".env"), lines.join("\n")).unwrap();
        Self { sim, folder }
    }

    /// From now on there is no Prefect server in `.env`: prunes stand in the local schedule.
    pub(crate) fn without_prefect(&self) {
        let dotenv = self.folder.path().join(".env");
        let text = std::fs::read_to_string(&dotenv).unwrap();
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("PREFECT_API_URL"))
            .collect();
        std::fs::write(&dotenv, kept.join("\n")).unwrap();
    }

    /// Writes a small scan onto spot832 and answers its flow path.
    pub(crate) fn scan(&self, name: &str) -> String {
        let path = self.sim.collection("spot832").path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_scan(&path, &ScanSpec::new(2, 16, 16)).unwrap();
        format!("/global/{name}")
    }

    /// The folder with config.yml, .env and the record of runs.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The binary in that folder, with no variable of this process but what it needs to start.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_splash-flows"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The move of a file.
    pub(crate) fn move_file(&self, run_id: &str, file: &str) -> Command {
        let parameter = format!("file_path={file}");
        self.command(&[
            "run",
            "new_832_file_flow",
            "--json",
            "--run-id",
            run_id,
            "--param",
            &parameter,
        ])
    }

    /// Waits until the journal has a request of this operation.
    pub(crate) fn wait_for(&self, operation: &str) {
        self.sim
            .journal()
            .wait_for(PATIENCE, |seen| {
                seen.iter().any(|entry| entry.operation == operation)
            })
            .unwrap();
    }
}

/// Runs to the end.
pub(crate) fn finish(mut command: Command) -> Output {
    command.output().unwrap()
}

/// The JSON document on stdout, which holds nothing else.
pub(crate) fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// SIGKILL, and wait until the process is gone.
pub(crate) fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}
