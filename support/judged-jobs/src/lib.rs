//! Jobs at NERSC that run once in effect, and are believed only when Slurm says COMPLETED.
//!
//! The Superfacility API has no idempotency key, so a job may be on the wire twice. Three things make it one in effect:
//! the script is on record before it is sent, and a rerun sends the same bytes; the job's name carries run and step, by
//! which a job whose answer was lost is found again; and the script begins with a fence that only one job passes.
//!
//! Any end but COMPLETED is a [`Failure`] with the job's state, exit code, reason and last lines of output.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cancel;
mod judge;
mod look;
mod origin;
mod submit;

pub use cancel::{PendingJob, pending};
pub use origin::Origin;

use std::fmt;
use std::time::Duration;

use proved_transfer::failure::Failure;
use proved_transfer::session::Session;
use run_store::{Effect, Slot};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sfapi::api::{Compute, Files};
use sfapi::slurm::{Fence, Script, job_name};
use sfapi::{Client, ErrorExt, Job, JobId, JobWatcher, Machine};

/// The service's name in failures.
const SERVICE: &str = "sfapi";
/// For how long a job whose answer was lost is looked for before it counts as never submitted.
const SETTLE: Duration = Duration::from_secs(90);

/// The jobs of one user on one machine. Cheap to clone; clones share their polls.
#[derive(Debug, Clone)]
pub struct Jobs {
    machine: String,
    compute: Compute,
    files: Files,
    watcher: JobWatcher,
    user: String,
    settle: Duration,
}

impl Jobs {
    /// The jobs of `user` on `machine`. All waits of `watcher` share their polls.
    pub fn new(client: &Client, machine: &Machine, watcher: JobWatcher, user: impl Into<String>) -> Self {
        Self {
            machine: machine.to_string(),
            compute: client.compute(machine),
            files: client.files(machine),
            watcher,
            user: user.into(),
            settle: SETTLE,
        }
    }

    /// Makes a folder on the machine, with those above it. One that is there is none too few. Retried.
    ///
    /// # Errors
    /// Those of the service, and of `mkdir` in its words.
    pub async fn make_folder(&self, path: &str) -> sfapi::Result<()> {
        let made = self.files.run(["mkdir", "-p", "--", path]);
        match made.send().await {
            // Done twice it is done.
            Err(error) if error.is_in_doubt() => made.send().await,
            outcome => outcome,
        }
        .map(|_| ())
    }

    /// For how long a job whose answer was lost is looked for before it is submitted again; default 90 seconds.
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
        self
    }
}

/// Makes the script of an attempt, given the job's name and the fence that it begins with.
pub type MakeScript<'a> = dyn Fn(String, Fence) -> sfapi::Result<Script> + Send + Sync + 'a;

/// A job to be run.
pub struct Order<'a> {
    /// The step of the run: in the record, in the job's name and in the fence.
    pub step: &'a str,
    /// What the job is about, in the record.
    pub key: &'a str,
    /// What its name begins with.
    pub about: &'a str,
    /// A folder of the run that all its jobs see.
    pub run_folder: &'a str,
    /// Its script.
    pub script: &'a MakeScript<'a>,
    /// Whether the end of its time is how the job is meant to end, as of a service that runs while it may.
    pub time_is_its_end: bool,
    /// Called with every reading of the job.
    pub on_update: &'a (dyn Fn(&Job) + Send + Sync),
}

impl fmt::Debug for Order<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("step", &self.step)
            .field("key", &self.key)
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

/// A job that ended as it was meant to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobReport {
    /// The run's step.
    pub step: String,
    /// Slurm's id.
    pub job_id: String,
    /// The job's name.
    pub name: String,
    /// COMPLETED, or TIMEOUT where the end of its time is how it is meant to end.
    pub state: String,
    /// How long it ran, in seconds, if Slurm says so.
    pub seconds: Option<u64>,
}

/// What is on record with the script.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    /// Where it runs; records of earlier versions do not say.
    #[serde(default = "perlmutter")]
    machine: String,
    name: String,
    owner_file: String,
    output: Option<String>,
    error: Option<String>,
}

fn perlmutter() -> String {
    Machine::perlmutter().to_string()
}

/// What is on record of a submission.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Receipt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job_id: Option<JobId>,
}

/// A job on record: its place there, its facts, and its script as it was or will be sent.
struct Recorded {
    slot: Slot,
    facts: Facts,
    script: String,
    receipt: Option<Receipt>,
}

/// Runs the job, once in effect for the run, the step and the key, and waits for its end. A rerun finds the job that an
/// earlier session submitted, and one that COMPLETED is not run again.
///
/// # Errors
/// The script cannot be made, the service refuses it, the job ended in another state than COMPLETED (code: its state), it
/// never begins, or the service could not be asked. Where the job may still run the failure says that a rerun waits for it.
pub async fn run_job(run: &Session, jobs: &Jobs, order: &Order<'_>) -> Result<JobReport, Failure> {
    let recorded = match run.effect(order.step, order.key).await? {
        Effect::Done(outcome) => return recalled(order.step, outcome),
        Effect::Pending(slot, intent) => Recorded {
            facts: recalled(order.step, intent.facts)?,
            script: String::from_utf8(intent.document).map_err(|_| unreadable(order.step))?,
            receipt: Some(recalled(
                order.step,
                intent
                    .receipt
                    .unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            )?),
            slot,
        },
        Effect::New(slot) | Effect::Failed { slot, .. } => intended(run, jobs, order, slot).await?,
    };
    let Recorded {
        slot,
        facts,
        script,
        receipt,
    } = recorded;
    let (slot, id) = submit::submitted(run, jobs, order.step, (slot, &facts), (&script, receipt)).await?;
    judge::waited(run, jobs, order, (slot, &facts), id).await
}

/// Puts the script on record.
async fn intended(run: &Session, jobs: &Jobs, order: &Order<'_>, slot: Slot) -> Result<Recorded, Failure> {
    let refused = |error: sfapi::Error| Failure::service(order.step, SERVICE, &error);
    let fence = Fence::new(order.run_folder, order.step, slot.attempt()).map_err(refused)?;
    let owner_file = fence.owner_file();
    let name = job_name(
        order.about,
        order.step,
        &format!("{}.{}", run.run_id(), slot.attempt()),
    );
    let script = (order.script)(name.clone(), fence).map_err(refused)?;
    let facts = Facts {
        machine: jobs.machine.clone(),
        name,
        owner_file,
        output: script.output_pattern().map(str::to_owned),
        error: script.error_pattern().map(str::to_owned),
    };
    let script = script.text().map_err(refused)?;
    let slot = slot
        .intend(script.as_bytes(), &serde_json::json!(facts))
        .await
        .map_err(|error| Failure::store(order.step, &error))?;
    Ok(Recorded {
        slot,
        facts,
        script,
        receipt: None,
    })
}

fn recalled<T: serde::de::DeserializeOwned>(step: &str, value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|_| unreadable(step))
}

fn unreadable(step: &str) -> Failure {
    Failure::new(step, "run_store", "what is on record of the job cannot be read")
}
