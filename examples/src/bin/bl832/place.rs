//! Where the flow runs: a simulated facility of our own, one that runs already, or the real services.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use service_sim::{FaultSpec, Sim};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;

use crate::arguments::{Arguments, Limits};

/// Configuration and variables, and where this machine sees the endpoints' files.
pub(crate) struct Place {
    pub(crate) config: Config,
    pub(crate) environment: Environment,
    pub(crate) state_dir: Option<PathBuf>,
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
    pub(crate) async fn open(arguments: &Arguments) -> Result<Self, String> {
        if let Some(config) = &arguments.config {
            return Self::real(arguments, config);
        }
        match &arguments.connect {
            Some(env_file) => Self::connected(arguments, env_file).await,
            None => Self::simulated(arguments),
        }
    }

    fn real(arguments: &Arguments, config: &Path) -> Result<Self, String> {
        let environment =
            Environment::load(arguments.env_file.as_deref()).map_err(|error| error.to_string())?;
        let config = Config::load(config, &environment, &splash_flows::SITE_RULES)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            config,
            environment,
            state_dir: arguments.state_dir.clone(),
            folders: BTreeMap::new(),
            kept: None,
        })
    }

    fn simulated(arguments: &Arguments) -> Result<Self, String> {
        let temporary = match arguments.root {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|error| error.to_string())?),
        };
        let root = match (&arguments.root, &temporary) {
            (Some(root), _) => std::path::absolute(root).map_err(|error| error.to_string())?,
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err("no folder for the simulated facility".to_owned()),
        };
        let mut builder = Sim::builder()
            .transfer()
            .scicat()
            .prefect()
            .root(&root)
            .seed(arguments.seed)
            .transfer_delay(arguments.transfer_delay)
            .limits(match arguments.limits {
                Limits::Production => service_sim::Limits::Production,
                Limits::Off => service_sim::Limits::Off,
            });
        if arguments.nersc {
            builder = builder.sfapi();
        }
        for fault in &arguments.faults {
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
        let state_dir = arguments.state_dir.clone().unwrap_or_else(|| root.join("state"));
        let mut place = Self::over(&endpoints, environment, Some(state_dir), arguments)?;
        place.kept = Some((simulator, temporary));
        Ok(place)
    }

    async fn connected(arguments: &Arguments, env_file: &Path) -> Result<Self, String> {
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
        let state_dir = match (&arguments.state_dir, &arguments.root) {
            (Some(dir), _) => Some(dir.clone()),
            (None, Some(root)) => Some(root.join("state")),
            (None, None) => std::env::home_dir().map(|home| home.join(".local/state/splash-flows")),
        };
        Self::over(&endpoints, environment, state_dir, arguments)
    }

    fn over(
        endpoints: &BTreeMap<String, Simulated>,
        environment: Environment,
        state_dir: Option<PathBuf>,
        arguments: &Arguments,
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
        let text = json!({
            "deletion": "on", "batch_across_runs": arguments.batch_across_runs,
            "globus": { "globus_endpoints": configured },
        });
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
    pub(crate) fn local(&self, endpoint: &str, relative: &str) -> Option<PathBuf> {
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
