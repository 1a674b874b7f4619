//! The services and places that flows work with, built once and shared by every run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use globus_auth::{FileStore, NativeClient, TRANSFER_RESOURCE_SERVER, stored_tokens};
use globus_transfer::{EndpointId, TaskWatcher};
use prefect_run_store::PrefectStore;
use proved_transfer::copy::collection;
use proved_transfer::session::{Service, Workplace};
use rest_core::{ExposeSecret, OnRequest, SecretString, system_clock};
use run_store::{RunStore, SqliteStore};

use crate::compute::Compute;
use crate::config::Config;
use crate::dotenv::Environment;
use crate::failure::Failure;
use crate::notify::Notifier;
use crate::scheduler::{LocalScheduler, PrefectScheduler, Scheduler};
use crate::superfacility::Superfacility;

const STEP: &str = "preflight";
/// How many requests of a worker's runs are on their way to the Prefect server at a time.
const AT_MOST: usize = 4;

/// Everything that a flow reaches: configuration, clients, run store and scheduler.
#[derive(Debug)]
pub struct Facility {
    config: Config,
    environment: Environment,
    workplace: Workplace,
    scicat: Result<scicat::Client, Failure>,
    superfacility: Result<Superfacility, Failure>,
    compute: Result<Compute, Failure>,
    scheduler: Arc<dyn Scheduler>,
    requests: Arc<Requests>,
    notifier: Notifier,
}

/// What runs the flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Command,
    Worker,
}

/// Counts requests by service.
#[derive(Debug, Default)]
struct Requests(Mutex<BTreeMap<&'static str, u64>>);

impl Requests {
    fn counter(self: &Arc<Self>) -> OnRequest {
        let counts = Arc::clone(self);
        Arc::new(move |attempt| {
            let mut counts = counts.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(attempt.service).or_default() += 1;
        })
    }
}

impl Facility {
    /// Makes the clients out of the configuration and the environment; nothing is sent yet.
    ///
    /// `state_dir` is where runs are recorded; without one, `$XDG_STATE_HOME/splash-flows`. If `PREFECT_API_URL` is
    /// set, what outlives runs is recorded on that server, for every other host, and prunes are scheduled there; else
    /// all of it stands in `state_dir`.
    ///
    /// # Errors
    /// A credential or URL that is missing or wrong, by the name of its variable; a state folder that
    /// cannot be written.
    pub fn connect(
        config: Config,
        environment: Environment,
        state_dir: Option<&Path>,
    ) -> Result<Self, Failure> {
        Self::connect_as(Engine::Command, config, environment, state_dir)
    }

    /// As [`connect`](Self::connect), for a worker of the Prefect server that `PREFECT_API_URL` names: a run is the
    /// flow run of its id, recorded on the server, where every other worker finds it.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and without `PREFECT_API_URL`.
    pub fn connect_worker(
        config: Config,
        environment: Environment,
        state_dir: Option<&Path>,
    ) -> Result<Self, Failure> {
        Self::connect_as(Engine::Worker, config, environment, state_dir)
    }

    fn connect_as(
        engine: Engine,
        config: Config,
        environment: Environment,
        state_dir: Option<&Path>,
    ) -> Result<Self, Failure> {
        let requests = Arc::new(Requests::default());
        let state_dir = self::state_dir(state_dir, &environment)?;
        let transfer = transfer(&config, &environment, &state_dir, &requests)?;
        let watcher = TaskWatcher::new(transfer.clone())
            .stall(config.stall())
            .fatal_statuses(config.fatal_nice_statuses().iter().map(String::as_str));
        let prefect = prefect(engine, &environment, Some(requests.counter()))?;
        let store = store(engine, prefect.as_ref(), &state_dir)?;
        let scheduler = scheduler(&config, prefect, &store);
        let scicat = scicat::ClientBuilder::from_vars(environment.lookup())
            .and_then(|builder| builder.on_request(requests.counter()).build())
            .map_err(|error| Failure::service(STEP, "scicat", &error));
        let superfacility = Superfacility::new(&environment, requests.counter());
        let compute = globus_variables(&config, &environment)
            .and_then(|variables| Compute::new(variables, requests.counter()));
        let workplace = Workplace {
            service: Service::new(transfer, watcher).one_of(config.share()),
            store,
            state_dir,
            clock: system_clock(),
            export_control: config.export_control().clone(),
        };
        let workplace = if config.batch_across_runs() {
            workplace.batch_across_runs()
        } else {
            workplace
        };
        Ok(Self {
            notifier: Notifier::new(&config),
            config,
            environment,
            workplace,
            scicat,
            superfacility,
            compute,
            scheduler,
            requests,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The variables of the process and of `.env`.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// How many requests each service has had from this process, repeats included.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let counts = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|(service, count)| ((*service).to_owned(), *count))
            .collect()
    }

    /// What copies and deletions work with.
    pub fn workplace(&self) -> &Workplace {
        &self.workplace
    }

    /// The catalogue, or why it cannot be used.
    ///
    /// # Errors
    /// A setting that is missing or wrong, by the name of its variable.
    pub fn catalogue(&self) -> Result<&scicat::Client, Failure> {
        self.scicat.as_ref().map_err(Clone::clone)
    }

    /// The catalogue under another address or account than the environment's; what is not given is taken from there.
    ///
    /// # Errors
    /// As for [`catalogue`](Self::catalogue).
    pub fn catalogue_as(
        &self,
        url: Option<&str>,
        username: Option<&str>,
        password: Option<&SecretString>,
    ) -> Result<scicat::Client, Failure> {
        let lookup = |name: &str| match (name, url, username, password) {
            ("SCICAT_INGEST_URL", Some(url), _, _) => Some(url.to_owned()),
            ("SCICAT_INGEST_USERNAME", _, Some(username), _) => Some(username.to_owned()),
            ("SCICAT_INGEST_PASSWORD", _, _, Some(password)) => Some(password.expose_secret().to_owned()),
            _ => self.environment.get(name).map(str::to_owned),
        };
        scicat::ClientBuilder::from_vars(lookup)
            .and_then(|builder| builder.on_request(self.requests.counter()).build())
            .map_err(|error| Failure::service(STEP, "scicat", &error))
    }

    /// NERSC's machines, or why they cannot be used.
    ///
    /// # Errors
    /// A setting or key file that is missing or wrong, by its name.
    pub fn superfacility(&self) -> Result<&Superfacility, Failure> {
        self.superfacility.as_ref().map_err(Clone::clone)
    }

    /// Globus Compute, or why it cannot be used.
    ///
    /// # Errors
    /// A setting that is missing or wrong, by the name of its variable.
    pub fn compute(&self) -> Result<&Compute, Failure> {
        self.compute.as_ref().map_err(Clone::clone)
    }

    /// What tells somebody of what went wrong.
    pub fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// What starts flows later.
    pub fn scheduler(&self) -> &dyn Scheduler {
        &*self.scheduler
    }

    /// The record of runs.
    pub fn store(&self) -> &dyn RunStore {
        self.workplace.store()
    }

    /// The time by the facility's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.workplace.now()
    }

    /// Whether Globus takes the credentials; one token request at most for all runs of the process.
    ///
    /// # Errors
    /// The credentials were refused, or Globus could not be asked.
    pub async fn preflight_transfer(&self) -> Result<(), Failure> {
        self.workplace.service.authenticate().await.map_err(|error| {
            Failure::service(STEP, "globus_auth", &error)
                .remedy("check GLOBUS_CLIENT_ID and GLOBUS_CLIENT_SECRET; what Globus says of them: splash-flows login")
        })
    }
}

/// The variables of Globus: the credentials in config.yml win over those of the environment, as in the incumbent.
///
/// # Errors
/// config.yml names a variable that is not set.
pub fn globus_variables(
    config: &Config,
    environment: &Environment,
) -> Result<impl Fn(&str) -> Option<String>, Failure> {
    let app = config
        .globus_app()
        .map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
    Ok(move |name: &str| match (&app, name) {
        (Some(app), "GLOBUS_CLIENT_ID") => Some(app.client_id.clone()),
        (Some(app), "GLOBUS_CLIENT_SECRET") => Some(app.client_secret.expose_secret().to_owned()),
        _ => environment.get(name).map(str::to_owned),
    })
}

/// Where runs are recorded: `chosen`, else the default.
///
/// # Errors
/// The environment names no home.
pub fn state_dir(chosen: Option<&Path>, environment: &Environment) -> Result<PathBuf, Failure> {
    match chosen {
        Some(dir) => Ok(dir.to_owned()),
        None => {
            run_store::default_state_dir(environment.lookup()).map_err(|error| Failure::store(STEP, &error))
        }
    }
}

/// The record of what outlives runs: on the Prefect server if `PREFECT_API_URL` names one, where every host finds it,
/// else in `state_dir`.
///
/// # Errors
/// The state folder cannot be written, or a variable of Prefect is wrong.
pub fn shared_record(environment: &Environment, state_dir: &Path) -> Result<Arc<dyn RunStore>, Failure> {
    let prefect = prefect(Engine::Command, environment, None)?;
    store(Engine::Command, prefect.as_ref(), state_dir)
}

/// A worker's runs are flow runs, a command's are its host's; what outlives them is on the server, if there is one.
fn store(
    engine: Engine,
    prefect: Option<&prefect_client::Client>,
    state_dir: &Path,
) -> Result<Arc<dyn RunStore>, Failure> {
    let local = SqliteStore::open(state_dir).map_err(|error| Failure::store(STEP, &error))?;
    let local: Arc<dyn RunStore> = Arc::new(local);
    Ok(match (engine, prefect) {
        (_, None) => local,
        (Engine::Worker, Some(client)) => Arc::new(PrefectStore::new(client.clone()).beside(local)),
        (Engine::Command, Some(client)) => Arc::new(PrefectStore::new(client.clone()).with_local_runs(local)),
    })
}

/// Where the tokens of a person's login are kept.
pub fn person_tokens(state_dir: &Path) -> FileStore {
    FileStore::new(state_dir.join("globus-tokens.json"))
}

/// In the name of the person who logged in where `GLOBUS_NATIVE_CLIENT_ID` is set, else of a confidential client.
fn transfer(
    config: &Config,
    environment: &Environment,
    state_dir: &Path,
    requests: &Arc<Requests>,
) -> Result<globus_transfer::Client, Failure> {
    let failed = |error: rest_core::Error| Failure::service(STEP, "globus_transfer", &error);
    let builder = match NativeClient::from_vars(environment.lookup()).map_err(failed)? {
        Some(client) => {
            let store = Arc::new(person_tokens(state_dir));
            let tokens = stored_tokens(client, store, TRANSFER_RESOURCE_SERVER);
            globus_transfer::ClientBuilder::default()
                .tokens(tokens)
                .vars(environment.lookup())
        }
        None => globus_transfer::ClientBuilder::from_vars(globus_variables(config, environment)?),
    };
    let opened = config.data_access().map(|endpoint| collection(endpoint, STEP));
    let opened: Vec<EndpointId> = opened.collect::<Result<_, _>>()?;
    builder
        .and_then(|builder| {
            builder
                .one_of(config.share())
                .data_access(opened)
                .on_request(requests.counter())
                .build()
        })
        .map_err(failed)
}

/// The Prefect server, if one is named; a worker must have one.
fn prefect(
    engine: Engine,
    environment: &Environment,
    on_request: Option<OnRequest>,
) -> Result<Option<prefect_client::Client>, Failure> {
    if engine == Engine::Command && environment.get("PREFECT_API_URL").is_none_or(str::is_empty) {
        return Ok(None);
    }
    prefect_client::ClientBuilder::from_vars(environment.lookup())
        .and_then(|builder| match on_request {
            Some(on_request) => builder.on_request(on_request).build(),
            None => builder.build(),
        })
        .map(|client| match engine {
            Engine::Command => client,
            // All the runs of the worker together: more at once only wait for each other on the server.
            Engine::Worker => client.at_most(AT_MOST),
        })
        .map(Some)
        .map_err(|error| Failure::service(STEP, "prefect", &error))
}

fn scheduler(
    config: &Config,
    prefect: Option<prefect_client::Client>,
    store: &Arc<dyn RunStore>,
) -> Arc<dyn Scheduler> {
    match prefect {
        Some(client) => Arc::new(PrefectScheduler::new(client)),
        None => Arc::new(LocalScheduler::new(
            Arc::clone(store),
            config.variables().clone(),
            config.site().usual_variable,
        )),
    }
}
