//! A Globus Compute endpoint as a process.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::postgres::tail;
use crate::{Group, StartError};

/// The variable that names the virtual environment with the endpoint's package.
const VARIABLE: &str = "PEER_COMPUTE";
/// On a busy machine it takes minutes.
const READY_WITHIN: Duration = Duration::from_secs(600);
/// An endpoint waits for its processes when it is asked to end.
const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// Three heartbeat periods, and a little more.
const MARK_BELIEVED: Duration = Duration::from_secs(17);
const NAME: &str = "peer";

/// Every process of the endpoint is made from this; `engine_kind` is chosen with each submission. Texts arrive in
/// quotes.
const TEMPLATE: &str = r#"heartbeat_period: 5
idle_heartbeats_soft: 0
engine:
{% if (engine_kind | default("thread")) | replace('"', '') == "thread" %}
  type: ThreadPoolEngine
  max_workers: 2
{% else %}
  type: GlobusComputeEngine
  max_workers_per_node: 1
  address: 127.0.0.1
  encrypted: false
  provider:
    type: LocalProvider
    init_blocks: 1
    min_blocks: 0
    max_blocks: 1
{% endif %}
"#;
const SCHEMA: &str = r#"{"type": "object", "properties": {"engine_kind": {"enum": ["thread", "htex"]}}}"#;

/// Where an endpoint finds its services, and who it is.
#[derive(Clone, Debug)]
pub struct ComputeServices {
    /// The address of Globus Compute.
    pub compute: String,
    /// The address of Globus Auth.
    pub auth: String,
    /// A client of Globus Auth; tasks of others are refused.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// An unchanged `globus-compute-endpoint`. Dropping it ends it with all its processes and removes its folder.
#[derive(Debug)]
pub struct ComputeEndpoint {
    environment: PathBuf,
    home: TempDir,
    services: ComputeServices,
    process: Option<Group>,
}

impl ComputeEndpoint {
    /// Starts an endpoint and waits until it is registered.
    ///
    /// # Errors
    /// It is not installed, or does not register.
    pub fn start(services: ComputeServices) -> Result<Self, StartError> {
        let environment = std::env::var_os(VARIABLE).ok_or(StartError::NotInstalled(VARIABLE))?;
        let home = tempfile::Builder::new().prefix("peer-compute-").tempdir()?;
        let mut endpoint = Self {
            environment: environment.into(),
            home,
            services,
            process: None,
        };
        endpoint.configure()?;
        endpoint.resume()?;
        Ok(endpoint)
    }

    /// The id under which it is registered.
    ///
    /// # Errors
    /// The endpoint's file cannot be read.
    pub fn id(&self) -> std::io::Result<String> {
        let text = fs::read_to_string(self.folder().join("endpoint.json"))?;
        // {"endpoint_id": "<uuid>"}
        let id = text.rsplit('"').nth(1);
        id.map(str::to_owned)
            .ok_or_else(|| std::io::Error::other(format!("no id in {text:?}")))
    }

    /// Starts it again, after [`stop`](Self::stop), and waits until it is registered.
    ///
    /// # Errors
    /// It does not register.
    pub fn resume(&mut self) -> Result<(), StartError> {
        self.until_marks_are_stale();
        let log = File::create(self.log())?;
        let mut start = self.program();
        start.args(["start", "--no-color", NAME]).stdin(Stdio::null());
        start.stdout(log.try_clone()?).stderr(log);
        self.process = Some(Group::spawn(&mut start)?);
        let pid = self.folder().join("daemon.pid");
        let deadline = Instant::now() + READY_WITHIN;
        // Both are there once it is registered and works.
        while !(pid.exists() && self.id().is_ok()) {
            let ended = match &mut self.process {
                Some(group) => group.child().try_wait()?.is_some(),
                None => true,
            };
            if ended || Instant::now() > deadline {
                return Err(StartError::NotReady {
                    what: "(a compute endpoint) did not come up",
                    log: tail(&self.log()),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends it as an operator would, its processes first.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn stop(&mut self) -> std::io::Result<()> {
        let Some(mut group) = self.process.take() else {
            return Ok(());
        };
        group.signal(Signal::TERM);
        let deadline = Instant::now() + ENDS_WITHIN;
        while group.child().try_wait()?.is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Kills it, as a machine that fails does. Its processes end when they notice.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// A process that had to be killed leaves its mark, and for three periods no other is started beside it.
    fn until_marks_are_stale(&self) {
        let processes = fs::read_dir(self.home.path().join(".globus_compute"));
        let marks: Vec<PathBuf> = processes
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("daemon.pid")))
            .collect();
        let is_fresh = |mark: &PathBuf| {
            let written = fs::metadata(mark).and_then(|facts| facts.modified()).ok();
            let age = written.and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age < MARK_BELIEVED)
        };
        while marks.iter().any(is_fresh) {
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join(".globus_compute").join(NAME)
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("start.log")
    }

    fn path(&self) -> String {
        let programs = self.environment.join("bin");
        format!("{}:/usr/bin:/bin", programs.display())
    }

    fn configure(&self) -> std::io::Result<()> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let write = |name: &str, text: &str| fs::write(folder.join(name), text);
        // Its own services on this machine are at a fixed port; the proxy leads from there to ours.
        write(
            "config.yaml",
            "display_name: peer\nlocal_compute_services: true\nheartbeat_period: 5\nemail: nobody@localhost\n",
        )?;
        write("user_config_template.yaml.j2", TEMPLATE)?;
        write("user_config_schema.json", SCHEMA)?;
        // What a privileged endpoint leaves of its environment to its processes.
        let of_processes = format!("PATH: {}\nHOME: {}\n", self.path(), self.home.path().display());
        write("user_environment.yaml", &of_processes)
    }

    fn program(&self) -> Command {
        let mut command = Command::new(self.environment.join("bin/globus-compute-endpoint"));
        command
            .env_clear()
            .current_dir(self.home.path())
            .env("PATH", self.path())
            .env("HOME", self.home.path())
            .env("GLOBUS_COMPUTE_CLIENT_ID", &self.services.client_id)
            .env("GLOBUS_COMPUTE_CLIENT_SECRET", &self.services.client_secret)
            .env("GLOBUS_SDK_SERVICE_URL_AUTH", &self.services.auth)
            .env("http_proxy", &self.services.compute)
            .env("no_proxy", "127.0.0.1");
        command
    }
}

impl Drop for ComputeEndpoint {
    fn drop(&mut self) {
        // Best effort: its group is killed at last.
        let _ = self.stop();
    }
}
