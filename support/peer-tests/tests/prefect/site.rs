//! A simulated facility, and the command run on it against a real Prefect server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use peer_tests::{Group, PrefectServer};
use prefect_client::{Client, FlowRun, FlowRunId, StateType};
use scan_h5::{ScanSpec, write_scan};
use serde_json::{Map, Value, json};
use service_sim::{Sim, SimBuilder, default_collections};

/// Long enough for any machine; nothing waits it out unless a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Site {
    pub(crate) sim: Sim,
    pub(crate) folder: tempfile::TempDir,
    api_url: String,
}

impl Site {
    /// A facility whose variables name the server.
    pub(crate) fn new(server: &PrefectServer) -> Self {
        Self::with(server, |sim| sim)
    }

    pub(crate) fn with(server: &PrefectServer, change: impl FnOnce(SimBuilder) -> SimBuilder) -> Self {
        let sim = change(Sim::builder().transfer().scicat()).start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let endpoints: Map<String, Value> = default_collections()
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
        let config = json!({"deletion": "on", "globus": {"globus_endpoints": endpoints}});
        std::fs::write(folder.path().join("config.yml"), config.to_string()).unwrap();
        Self {
            sim,
            folder,
            api_url: server.api_url(),
        }
    }

    /// The command, with a state folder of its own if `state` names one, and no variable of this process.
    pub(crate) fn command(&self, state: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("SPLASH_FLOWS").expect("SPLASH_FLOWS"));
        command
            .env_clear()
            .envs(self.sim.env())
            .env("PREFECT_API_URL", &self.api_url)
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .arg("--state-dir")
            .arg(self.folder.path().join(state))
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// What the command printed; it must have ended well.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command("state", arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A worker of the beamline in a state folder of its own; its log is in the site's folder.
    pub(crate) fn worker(&self, state: &str, arguments: &[&str]) -> Group {
        self.worker_with(state, arguments, |command| command)
    }

    /// The same, with another environment.
    pub(crate) fn worker_with(
        &self,
        state: &str,
        arguments: &[&str],
        change: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Group {
        let log = std::fs::File::create(self.log(state)).unwrap();
        let mut all = vec!["worker", "--poll", "1"];
        for pool in ["dispatcher_832_pool", "new_file_832_pool", "prune_832_pool"] {
            all.extend(["--pool", pool]);
        }
        all.extend(arguments);
        let mut command = self.command(state, &all);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        Group::spawn(change(&mut command)).unwrap()
    }

    pub(crate) fn log(&self, state: &str) -> PathBuf {
        self.folder.path().join(format!("{state}.log"))
    }

    /// Writes a small scan onto spot832 and answers its flow path.
    pub(crate) fn scan(&self, name: &str) -> String {
        let path = self.sim.collection("spot832").path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_scan(&path, &ScanSpec::new(2, 16, 16)).unwrap();
        format!("/global/{name}")
    }

    /// How many transfers were made of a file.
    pub(crate) fn transfers(&self) -> usize {
        self.sim
            .tasks()
            .iter()
            .filter(|task| task.kind == "TRANSFER")
            .count()
    }

    /// The incumbent's document of an endpoint.
    pub(crate) fn endpoint(&self, key: &str) -> Value {
        let collection = self.sim.collection(key);
        json!({
            "uuid": collection.uuid(), "uri": collection.host(), "root_path": collection.root_path(), "name": key,
        })
    }
}

/// The run once it has ended.
pub(crate) async fn ended(client: &Client, id: &str, log: &Path) -> FlowRun {
    let id = FlowRunId::new(id);
    wait_for(log, async || {
        let run = client.flow_run(id.clone()).get().send().await.ok()?;
        has_ended(&run).then_some(run)
    })
    .await
}

/// Whether a run is over. One of a dead worker is Crashed for the moment in which another takes it over.
pub(crate) fn has_ended(run: &FlowRun) -> bool {
    let crashed = run.state_type == Some(StateType::Crashed);
    !crashed && run.state_type.as_ref().is_some_and(StateType::is_terminal)
}

/// Asks until there is an answer; with the worker's log if there is none in time.
pub(crate) async fn wait_for<T>(log: &Path, ask: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        if Instant::now() > deadline {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            panic!(
                "in vain; the worker's log ends:\n{}",
                lines[lines.len().saturating_sub(40)..].join("\n")
            );
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(crate) fn state_name(run: &FlowRun) -> String {
    let message = run
        .state
        .as_ref()
        .and_then(|state| state.message.clone())
        .unwrap_or_default();
    format!("{} {message}", run.state_name.as_deref().unwrap_or_default())
}
