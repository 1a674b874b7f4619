//! NERSC's machines, as every run of a process shares them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use judged_jobs::Jobs;
use rest_core::OnRequest;
use sfapi::{Client, JobWatcher, Machine};
use tokio::sync::OnceCell;

use crate::dotenv::Environment;
use crate::failure::Failure;

const STEP: &str = "preflight";
const SERVICE: &str = "sfapi";

/// The Superfacility API: one client, and one watcher for each machine, whose waits share their polls.
#[derive(Debug)]
pub struct Superfacility {
    client: Client,
    watchers: Mutex<BTreeMap<String, JobWatcher>>,
    user: OnceCell<String>,
}

impl Superfacility {
    /// The client that the environment describes; nothing is sent yet.
    pub(crate) fn new(environment: &Environment, counter: OnRequest) -> Result<Self, Failure> {
        let client = sfapi::ClientBuilder::from_vars(environment.lookup())
            .and_then(|builder| builder.on_request(counter).build())
            .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
        Ok(Self {
            client,
            watchers: Mutex::default(),
            user: OnceCell::new(),
        })
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The account that jobs run as. One request for all runs of the process, retried.
    ///
    /// # Errors
    /// The credentials were refused, or the service could not be asked.
    pub async fn user(&self) -> Result<&str, Failure> {
        let asked = self.user.get_or_try_init(|| async {
            let user = self.client.account().user().send().await;
            user.map(|user| user.name)
                .map_err(|error| Failure::service(STEP, SERVICE, &error))
        });
        asked.await.map(String::as_str)
    }

    /// The user's jobs on a machine.
    ///
    /// # Errors
    /// As for [`user`](Self::user); there is no such machine.
    pub async fn jobs(&self, machine: &str) -> Result<Jobs, Failure> {
        let machine: Machine = machine
            .parse()
            .map_err(|error: sfapi::Error| Failure::service(STEP, SERVICE, &error))?;
        let user = self.user().await?;
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        let watcher = watchers
            .entry(machine.to_string())
            .or_insert_with(|| JobWatcher::new(&self.client, &machine));
        Ok(Jobs::new(&self.client, &machine, watcher.clone(), user))
    }
}
