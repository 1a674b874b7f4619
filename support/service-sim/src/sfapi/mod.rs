//! Simulated Superfacility API (v1.2) of a computing centre, with its token endpoint and a Slurm behind it.
//!
//! Paths are those of the host's tree: `/pscratch/x` is `<root>/nersc.gov/pscratch/x`. Scripts and commands are real:
//! bash runs them, with the paths of the tree put in the place of those that begin with one of its top folders, and
//! with stand-ins for `srun`, `podman-hpc` and `shifter`. With a real Slurm on PATH they are handed to that.

mod account;
mod bash;
mod command;
mod compute;
mod files;
mod jobs;
mod keys;
mod paths;
mod rows;
mod script;
mod slurm;
mod stand_ins;
mod storage;
mod tasks;
mod token;
mod words;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::error::SimError;
use crate::routes::{self, ErrorFacts, Routes};
use crate::shared::Shared;

pub use jobs::JobView;
use jobs::Jobs;
use keys::Clients;
use paths::Tree;
use tasks::Tasks;

/// Who accepts the tokens.
const AUDIENCE: &str = "sfapi";
/// The clock's name for skews.
pub(crate) const SERVICE: &str = "sfapi";

/// How the service is to be.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Hand scripts to the `sbatch` on PATH.
    pub(crate) slurm: bool,
    /// How late the accounting is.
    pub(crate) sacct_lag: Duration,
    /// Clients by id, with their public keys in PEM.
    pub(crate) clients: Vec<(String, String)>,
    /// How many jobs run at a time.
    pub(crate) slots: usize,
    /// How long clients live from the simulator's start on.
    pub(crate) client_life: TimeDelta,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slurm: false,
            sacct_lag: Duration::from_secs(1),
            clients: Vec::new(),
            slots: 16,
            client_life: TimeDelta::days(30),
        }
    }
}

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Sfapi {
    shared: Arc<Shared>,
    clock: Clock,
    settings: Settings,
    user: String,
    clients: Mutex<Clients>,
    /// When they end, by the machine's clock, by which they prove who they are.
    clients_end: DateTime<Utc>,
    tree: Tree,
    tasks: Tasks,
    jobs: Jobs,
    groups: Mutex<HashMap<String, Vec<String>>>,
    transfers: Mutex<HashMap<String, Value>>,
}

impl Sfapi {
    pub(crate) fn new(shared: Arc<Shared>, settings: Settings) -> Arc<Self> {
        let clock = shared.clock_of(SERVICE);
        let tree = Tree::of(&shared.collections);
        let user = if settings.slurm {
            slurm::user()
        } else {
            "alsdev".to_owned()
        };
        Arc::new(Self {
            clock: clock.clone(),
            tasks: Tasks::default(),
            jobs: Jobs::new(clock, settings.sacct_lag, settings.slots),
            clients: Mutex::default(),
            clients_end: Utc::now() + settings.client_life,
            groups: Mutex::default(),
            transfers: Mutex::default(),
            shared,
            settings,
            user,
            tree,
        })
    }

    /// Makes the folders, keys and stand-ins, and gives the variables that lead to the key.
    pub(crate) fn prepare(&self) -> Result<Vec<(String, String)>, SimError> {
        self.tree.create()?;
        stand_ins::install(&self.tree, self.settings.slurm)?;
        let (clients, mut env) = Clients::open(&self.settings.clients, &self.keys_folder())?;
        let scripts = stand_ins::PTYCHOGRAPHY;
        env.extend(scripts.map(|(name, path)| (name.to_owned(), path.to_owned())));
        *self.clients() = clients;
        Ok(env)
    }

    fn keys_folder(&self) -> PathBuf {
        self.tree.beside("keys")
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jobs that bash runs or ran.
    pub(crate) fn views(&self) -> Vec<JobView> {
        self.jobs.views()
    }

    /// Refuses a request without a good token: 403 where there is none, 401 where it has ended.
    #[allow(clippy::result_large_err)] // the refusal is what is sent
    fn check(&self, headers: &HeaderMap) -> Result<(), Response> {
        let Some(token) = crate::tokens::bearer(headers) else {
            return Err(routes::json(403, &json!({ "detail": "Not authenticated" })));
        };
        match self.shared.tokens.check(token, AUDIENCE, self.clock.now()) {
            Some(_) => Ok(()),
            None => Err(routes::json(
                401,
                &json!({ "detail": "Could not validate credentials" }),
            )),
        }
    }
}

/// The service's routes, those of the token endpoint among them.
pub(crate) fn router(state: Arc<Sfapi>) -> Router {
    let at = |path: &str| format!("/api/v1.2{path}");
    let (jobs, job) = (
        at("/compute/jobs/{machine}"),
        at("/compute/jobs/{machine}/{jobid}"),
    );
    Routes::new(&state.shared, "sfapi", error_document)
        .on("sfapi.token", "/c2id/token", post(token::token))
        .on("sfapi.meta", &at("/meta/changelog"), get(account::changelog))
        .on("sfapi.meta", &at("/meta/config"), get(account::config))
        .on("sfapi.status", &at("/status"), get(account::resources))
        .on("sfapi.status", &at("/status/"), get(account::resources))
        .on(
            "sfapi.status",
            &at("/status/notes"),
            get(account::nothing_for_all),
        )
        .on(
            "sfapi.status",
            &at("/status/notes/{name}"),
            get(account::nothing_for_one),
        )
        .on(
            "sfapi.status",
            &at("/status/outages"),
            get(account::nothing_for_all),
        )
        .on(
            "sfapi.status",
            &at("/status/outages/planned"),
            get(account::nothing_for_all),
        )
        .on(
            "sfapi.status",
            &at("/status/outages/planned/{name}"),
            get(account::nothing_for_one),
        )
        .on(
            "sfapi.status",
            &at("/status/outages/{name}"),
            get(account::nothing_for_one),
        )
        .on("sfapi.status", &at("/status/{name}"), get(account::resource))
        .on("sfapi.account", &at("/account/"), get(account::user))
        .on("sfapi.account", &at("/account/projects"), get(account::projects))
        .on("sfapi.account", &at("/account/roles"), get(account::roles))
        .on("sfapi.account", &at("/account/clients"), get(account::clients))
        .on("sfapi.account", &at("/account/groups"), get(account::groups))
        .on(
            "sfapi.account",
            &at("/account/groups"),
            post(account::create_group),
        )
        .on(
            "sfapi.account",
            &at("/account/groups/{group}"),
            get(account::group),
        )
        .on(
            "sfapi.account",
            &at("/account/groups/{group}"),
            put(account::update_group),
        )
        .on("sfapi.jobs", &jobs, get(compute::list))
        .on("sfapi.job_submit", &jobs, post(compute::submit))
        .on("sfapi.job_get", &job, get(compute::one))
        .on("sfapi.job_cancel", &job, delete(compute::cancel))
        .on("sfapi.task_list", &at("/tasks"), get(tasks::list))
        .on("sfapi.task_get", &at("/tasks/{id}"), get(tasks::one))
        .on("sfapi.task_cancel", &at("/tasks/{id}"), delete(tasks::cancel))
        .on("sfapi.ls", &at("/utilities/ls/{machine}/{*path}"), get(files::ls))
        .on(
            "sfapi.download",
            &at("/utilities/download/{machine}/{*path}"),
            get(files::download),
        )
        .on(
            "sfapi.upload",
            &at("/utilities/upload/{machine}/{*path}"),
            put(files::upload),
        )
        .on(
            "sfapi.command",
            &at("/utilities/command/{machine}"),
            post(command::run),
        )
        .on(
            "sfapi.transfer",
            &at("/storage/globus/transfer"),
            post(storage::start),
        )
        .on(
            "sfapi.transfer_get",
            &at("/storage/globus/transfer/{id}"),
            get(storage::one),
        )
        .finish(state)
}

/// The service's own error document.
fn error_document(facts: &ErrorFacts<'_>) -> Value {
    match facts.status {
        404 => json!({ "detail": "Not Found" }),
        405 => json!({ "detail": "Method Not Allowed" }),
        _ => json!({ "detail": facts.message }),
    }
}

/// A form's fields, in order.
fn form(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// What FastAPI answers to a form that lacks a field.
fn lacks(name: &str) -> Response {
    let detail = json!([{ "loc": ["body", name], "msg": "field required", "type": "value_error.missing" }]);
    routes::json(422, &json!({ "detail": detail }))
}
