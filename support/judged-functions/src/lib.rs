//! Functions on a Globus Compute endpoint that run once in effect, and are believed only when the command that they run
//! ended with status 0.
//!
//! The service has no idempotency key and gives results up that nobody fetches for 30 minutes. Three things make a call
//! one in effect all the same: the submission is on record before it is sent, with a task group of its own, in which a
//! task whose answer was lost is found again; the function begins with a claim, a folder that only one call of an attempt
//! can make; and it leaves its outcome there. So the same call may be sent again at any time: it runs nothing twice, and
//! answers what the first one left.
//!
//! The service cannot call a task off: the time limit is kept by the function.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod judge;
mod pending;
mod submit;
mod wrapper;

pub use pending::{PendingCall, pending};
pub use wrapper::wrapper;

use std::fmt;
use std::time::Duration;

use globus_compute::{
    Arguments, Client, EndpointId, Executor, Function, SubmissionDocument, TaskGroupId, TaskId,
};
use proved_transfer::failure::Failure;
use proved_transfer::session::Session;
use run_store::{Effect, Slot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The service's name in failures.
const SERVICE: &str = "globus_compute";
/// For how long a task whose answer was lost is looked for before the call is sent again.
const SETTLE: Duration = Duration::from_secs(15);
/// For how long a task is waited for beyond its time limit: endpoints have queues.
const PATIENCE: Duration = Duration::from_secs(12 * 3600);

/// The functions of one endpoint. Cheap to clone; clones share their polls and what they registered.
#[derive(Debug, Clone)]
pub struct Functions {
    client: Client,
    executor: Executor,
    settle: Duration,
    patience: Duration,
}

impl Functions {
    /// Functions on this endpoint. Sends nothing.
    pub fn new(client: &Client, endpoint: EndpointId) -> Self {
        Self {
            client: client.clone(),
            executor: Executor::new(client.clone(), endpoint),
            settle: SETTLE,
            patience: PATIENCE,
        }
    }

    /// For how long a task whose answer was lost is looked for before the call is sent again; default 15 seconds.
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = time;
        self
    }

    /// For how long beyond its time limit a task is waited for; default 12 hours. An endpoint that is restarted forgets
    /// its tasks, and the service has them waiting for ever; so after that time the call is sent once more, whose claim
    /// tells what became of the work, and after as long again the wait is over. Either task may go on, and a rerun waits
    /// for it.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &EndpointId {
        self.executor.endpoint()
    }

    /// Whether the endpoint takes tasks now. One request, retried.
    ///
    /// # Errors
    /// It is not online (code `endpoint_offline`), or could not be asked.
    pub async fn ready(&self, step: &str) -> Result<(), Failure> {
        let endpoint = self.endpoint();
        let status = self.client.endpoint(endpoint.clone()).status().send().await;
        let status = status.map_err(|error| Failure::service(step, SERVICE, &error))?;
        if status.is_online() {
            return Ok(());
        }
        let text = format!("the compute endpoint {endpoint} is {}", status.status);
        Err(Failure::new(step, "endpoint_offline", text).of(SERVICE).remedy(
            "start it on its machine (globus-compute-endpoint start NAME), then see `splash-flows check compute`",
        ))
    }
}

/// Makes the arguments of an attempt, given the claim that its function shall make.
pub type MakeArguments<'a> = dyn Fn(&str) -> Arguments + Send + Sync + 'a;

/// A function to be run.
pub struct Call<'a> {
    /// The step of the run, in the record and in the claim.
    pub step: &'a str,
    /// What the call is about, in the record.
    pub key: &'a str,
    /// A folder of the run on the endpoint's machine, for claims. Made if missing.
    pub run_folder: &'a str,
    /// The function, made by [`wrapper`].
    pub function: &'a Function,
    /// Its arguments.
    pub arguments: &'a MakeArguments<'a>,
    /// The time limit that the arguments name.
    pub limit: Duration,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("step", &self.step)
            .field("key", &self.key)
            .field("function", &self.function.name())
            .finish_non_exhaustive()
    }
}

/// A call whose command succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallReport {
    /// The run's step.
    pub step: String,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The task that did the work.
    pub task_id: TaskId,
    /// How long the command ran, in whole seconds.
    pub seconds: Option<u64>,
}

/// What is on record with the submission.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    compute_endpoint: EndpointId,
    task_group: TaskGroupId,
    claim: String,
    limit_seconds: u64,
}

/// What is on record of the service's answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Receipt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compute_task: Option<TaskId>,
}

/// A call on record: its place there, its facts, and the submission as it was or will be sent.
struct Recorded {
    slot: Slot,
    facts: Facts,
    document: SubmissionDocument,
}

/// Runs the function, once in effect for the run, the step and the key, and waits for its end. A rerun finds the task that
/// an earlier session submitted, and a call that succeeded is not made again.
///
/// # Errors
/// The function or its arguments cannot be sent, the service refuses them, the function raised (code `EXCEPTION`), its
/// command ended with another status than 0 (`FAILED`) or was killed when its time was up (`TIMEOUT`), the service gave
/// the task up (`GIVEN_UP`) or did not end it in time (`no_end`), the work was begun and never ended (`cut_off`), or the
/// service could not be asked. Where the task may still run the failure says that a rerun waits for it.
pub async fn run_function(
    run: &Session,
    functions: &Functions,
    call: &Call<'_>,
) -> Result<CallReport, Failure> {
    let step = call.step;
    let (recorded, receipt) = match run.effect(step, call.key).await? {
        Effect::Done(outcome) => return recalled(step, outcome),
        Effect::Pending(slot, intent) => {
            let receipt = intent.receipt.unwrap_or_else(|| json!({}));
            let document = SubmissionDocument::from_bytes(intent.document).map_err(|_| unreadable(step))?;
            let recorded = Recorded {
                slot,
                facts: recalled(step, intent.facts)?,
                document,
            };
            // With an empty receipt nobody knows whether it was sent.
            (recorded, Some(recalled(step, receipt)?))
        }
        Effect::New(slot) | Effect::Failed { slot, .. } => {
            (intended(run, functions, call, slot).await?, None)
        }
    };
    let (recorded, task) = submit::submitted(run, functions, step, recorded, receipt).await?;
    judge::waited(run, functions, step, recorded, task).await
}

/// Registers the function and puts the submission on record.
async fn intended(
    run: &Session,
    functions: &Functions,
    call: &Call<'_>,
    slot: Slot,
) -> Result<Recorded, Failure> {
    let step = call.step;
    let refused = |error: globus_compute::Error| Failure::service(step, SERVICE, &error);
    let group = TaskGroupId::parse(&uuid::Uuid::new_v4().to_string()).map_err(refused)?;
    // The id keeps what an earlier run of the same name may have left there from being believed.
    let own = group.as_str().split('-').next().unwrap_or_default();
    let claim = format!("{}/.{step}.{}.{own}.claimed", call.run_folder, slot.attempt());
    let arguments = (call.arguments)(&claim);
    let prepared = async {
        let dialect = functions.executor.endpoint_dialect().await?;
        // What cannot be sent is found before anything is registered.
        let payload = arguments.payload(dialect)?;
        let function = functions.executor.register(call.function).await?;
        let submit = functions.client.endpoint(functions.endpoint().clone()).submit();
        submit.payload(&function, payload).task_group(&group).document()
    };
    let document = run.holding(step, prepared).await?.map_err(refused)?;
    let facts = Facts {
        compute_endpoint: functions.endpoint().clone(),
        task_group: group,
        claim,
        limit_seconds: call.limit.as_secs(),
    };
    let slot = slot.intend(document.as_bytes(), &json!(facts)).await;
    let slot = slot.map_err(|error| Failure::store(step, &error))?;
    Ok(Recorded {
        slot,
        facts,
        document,
    })
}

fn recalled<T: serde::de::DeserializeOwned>(step: &str, value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|_| unreadable(step))
}

fn unreadable(step: &str) -> Failure {
    Failure::new(step, "run_store", "what is on record of the call cannot be read")
}
