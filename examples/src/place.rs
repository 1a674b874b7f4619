//! Where the flow runs: a simulated facility of our own, one that runs already, or the real services.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use service_sim::{FaultSpec, Limits, Sim};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;

/// What kind of place is wanted.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is wanted or not")]
pub struct Wanted {
    /// The real services, with this configuration.
    pub config: Option<PathBuf>,
    /// The variables for `config`.
    pub env_file: Option<PathBuf>,
    /// A simulator that runs already: the file that it wrote.
    pub connect: Option<PathBuf>,
    /// Where the simulated facility's directories are kept; else in a folder that is removed.
    pub root: Option<PathBuf>,
    /// Where runs are recorded.
    pub state_dir: Option<PathBuf>,
    /// Faults of the simulated services.
    pub faults: Vec<String>,
    /// The seed of the faults.
    pub seed: u64,
    /// How long a simulated transfer takes before it copies.
    pub transfer_delay: Duration,
    /// Whether the simulated services have the limits of the real ones.
    pub limited: bool,
    /// Whether the simulated facility has a computing centre.
    pub nersc: bool,
    /// Whether it has another one behind a compute endpoint.
    pub alcf: bool,
    /// Whether it has a Prefect server.
    pub prefect: bool,
    /// Further keys of the simulated facility's config.yml.
    pub keys: serde_json::Map<String, Value>,
}

/// Configuration and variables, and where this machine sees the endpoints' files.
#[derive(Debug)]
pub struct Place {
    /// What the flows read.
    pub config: Config,
    /// The variables.
    pub environment: Environment,
    /// Where runs are recorded.
    pub state_dir: Option<PathBuf>,
    /// The folder that each endpoint's root is on this machine; empty for the real services.
    folders: BTreeMap<String, PathBuf>,
    /// Kept for as long as the place is used.
    kept: Option<(Sim, Option<tempfile::TempDir>)>,
}

/// An endpoint of a simulated facility.
#[derive(Deserialize)]
struct Simulated {
    uuid: String,
    host: String,
    dir: PathBuf,
    root_path: String,
}

impl Place {
    /// Finds or starts what the arguments ask for.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub async fn open(wanted: &Wanted) -> Result<Self, String> {
        if let Some(config) = &wanted.config {
            return Self::real(wanted, config);
        }
        match &wanted.connect {
            Some(env_file) => Self::connected(wanted, env_file).await,
            None => Self::simulated(wanted),
        }
    }

    fn real(wanted: &Wanted, config: &Path) -> Result<Self, String> {
        let environment = Environment::load(wanted.env_file.as_deref()).map_err(|error| error.to_string())?;
        let config = Config::load(config, &environment, &splash_flows::SITE_RULES)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            config,
            environment,
            state_dir: wanted.state_dir.clone(),
            folders: BTreeMap::new(),
            kept: None,
        })
    }

    fn simulated(wanted: &Wanted) -> Result<Self, String> {
        let temporary = match wanted.root {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|error| error.to_string())?),
        };
        let root = match (&wanted.root, &temporary) {
            (Some(root), _) => std::path::absolute(root).map_err(|error| error.to_string())?,
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err("no folder for the simulated facility".to_owned()),
        };
        let mut builder = Sim::builder()
            .transfer()
            .scicat()
            .root(&root)
            .seed(wanted.seed)
            .transfer_delay(wanted.transfer_delay)
            .limits(if wanted.limited {
                Limits::Production
            } else {
                Limits::Off
            });
        if wanted.prefect {
            builder = builder.prefect();
        }
        if wanted.nersc {
            builder = builder.sfapi();
        }
        if wanted.alcf {
            builder = builder.compute();
        }
        for fault in &wanted.faults {
            let fault: FaultSpec = fault
                .parse()
                .map_err(|error| format!("--fault {fault}: {error}"))?;
            builder = builder.fault(fault);
        }
        let simulator = builder.start().map_err(|error| error.to_string())?;
        let endpoints = service_sim::default_collections()
            .iter()
            .map(|spec| {
                let collection = simulator.collection(&spec.key);
                let simulated = Simulated {
                    uuid: collection.uuid().to_owned(),
                    host: collection.host().to_owned(),
                    dir: collection.dir().to_owned(),
                    root_path: collection.root_path().to_owned(),
                };
                (spec.key.clone(), simulated)
            })
            .collect();
        let environment = Environment::from_vars(simulator.env());
        let state_dir = wanted.state_dir.clone().unwrap_or_else(|| root.join("state"));
        let mut place = Self::over(&endpoints, environment, Some(state_dir), wanted)?;
        place.kept = Some((simulator, temporary));
        Ok(place)
    }

    async fn connected(wanted: &Wanted, env_file: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(env_file).map_err(|error| format!("{}: {error}", env_file.display()))?;
        // Only the file: variables of this process must not turn a trial run towards real services.
        let environment = Environment::from_vars([])
            .with_dotenv(&text)
            .map_err(|error| format!("{}: {error}", env_file.display()))?;
        let control = environment.get("SERVICE_SIM_URL").ok_or_else(|| {
            format!(
                "{}: no SERVICE_SIM_URL; was it written by service-sim?",
                env_file.display()
            )
        })?;
        let endpoints = collections(control).await?;
        let state_dir = match (&wanted.state_dir, &wanted.root) {
            (Some(dir), _) => Some(dir.clone()),
            (None, Some(root)) => Some(root.join("state")),
            (None, None) => std::env::home_dir().map(|home| home.join(".local/state/splash-flows")),
        };
        Self::over(&endpoints, environment, state_dir, wanted)
    }

    fn over(
        endpoints: &BTreeMap<String, Simulated>,
        environment: Environment,
        state_dir: Option<PathBuf>,
        wanted: &Wanted,
    ) -> Result<Self, String> {
        let mut folders = BTreeMap::new();
        let mut configured = serde_json::Map::new();
        for (key, endpoint) in endpoints {
            let folder = endpoint.dir.join(endpoint.root_path.trim_matches('/'));
            configured.insert(
                key.clone(),
                json!({
                    "uuid": endpoint.uuid, "uri": endpoint.host, "root_path": endpoint.root_path,
                    "name": key, "local_path": folder,
                }),
            );
            folders.insert(key.clone(), folder);
        }
        let mut text = json!({ "deletion": "on", "globus": { "globus_endpoints": configured } });
        for (key, value) in &wanted.keys {
            text[key] = value.clone();
        }
        let config = Config::parse(
            &text.to_string(),
            "the simulated facility",
            &environment,
            &splash_flows::SITE_RULES,
        )
        .map_err(|error| error.to_string())?;
        Ok(Self {
            config,
            environment,
            state_dir,
            folders,
            kept: None,
        })
    }

    /// Where this machine sees a file of an endpoint; nothing for the real services.
    pub fn local(&self, endpoint: &str, relative: &str) -> Option<PathBuf> {
        let folder = self.folders.get(endpoint)?;
        Some(folder.join(relative.trim_start_matches('/')))
    }
}

/// Asks a running simulator for its collections.
async fn collections(control: &str) -> Result<BTreeMap<String, Simulated>, String> {
    let url = format!("{}/sim/collections", control.trim_end_matches('/'));
    let failed = |error: reqwest::Error| format!("no simulator answers at {url}: {error}");
    let client = reqwest::Client::builder().no_proxy().build().map_err(failed)?;
    let body = client
        .get(&url)
        .send()
        .await
        .map_err(failed)?
        .bytes()
        .await
        .map_err(failed)?;
    serde_json::from_slice(&body).map_err(|error| format!("{url}: {error}"))
}
