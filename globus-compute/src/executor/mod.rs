//! Calling functions on an endpoint as if they were here.

mod error;
mod handle;
#[cfg(feature = "amqp")]
mod push;
mod source;
mod submit;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rest_core::{Pace, WatchGroup};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::model::Submitted;
use crate::{Client, Dialect, EndpointId, FunctionId, Result, TaskGroupId, TaskId};
use source::Source;

pub use error::TaskError;
pub use handle::{CommandHandle, TaskHandle};

/// Calls functions on one endpoint and fetches their results.
///
/// All handles of an executor and its clones share their questions: one request asks for up to 128 tasks, by whichever
/// of them is awaited first; nothing runs in the background. While any is awaited, the results of all are fetched, so
/// that none is left lying for the 30 minutes after which the service gives up on it.
///
/// ```no_run
/// use globus_compute::{Arguments, Client, EndpointId, Executor, Function};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = EndpointId::parse("4b116d3c-1703-4f8f-9f6f-39921e5864df")?;
/// let executor = Executor::new(Client::from_env()?, endpoint);
/// let add = Function::from_source("add", "def add(a, b=1):\n    return a + b\n")?;
/// let task = executor.submit(&add, Arguments::new().arg(2).kwarg("b", 3)).await?;
/// let sum: i64 = task.result().await?;
/// # Ok(()) }
/// ```
///
/// **Nothing can be cancelled.** The service has no request for it: dropping a handle or a timeout here leaves the task
/// running. A time limit belongs into the function; [`Command`](crate::Command) has one.
#[derive(Clone)]
pub struct Executor {
    shared: Arc<Shared>,
    pace: Pace,
    options: Map<String, Value>,
    dialect: Option<Dialect>,
    on_submitted: Option<OnSubmitted>,
}

type OnSubmitted = Arc<dyn Fn(&Submitted) + Send + Sync>;

/// What the clones of an executor share.
#[derive(Debug)]
struct Shared {
    client: Client,
    endpoint: EndpointId,
    waiters: Arc<WatchGroup<Source>>,
    /// The dialect of the endpoint, once it was asked.
    dialect: OnceCell<Dialect>,
    /// Functions that are registered, by their text.
    functions: tokio::sync::Mutex<HashMap<String, FunctionId>>,
    /// One submission at a time: what is new in the group afterwards is its own.
    submitting: tokio::sync::Mutex<()>,
    group: Arc<Mutex<Group>>,
}

/// The group of what is submitted.
#[derive(Debug, Default)]
struct Group {
    id: Option<TaskGroupId>,
    /// Whether the caller chose the id, so that it can be looked up after a lost answer.
    chosen: bool,
    /// Its tasks, as far as they are known here.
    known: Vec<TaskId>,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("endpoint", &self.shared.endpoint)
            .field("task_group", &self.group_id())
            .finish_non_exhaustive()
    }
}

impl Executor {
    /// An executor for an endpoint. Sends nothing.
    pub fn new(client: Client, endpoint: EndpointId) -> Self {
        let source = Source::new(client.clone());
        Self::over(client, endpoint, source, Arc::default(), asking())
    }

    /// As [`new`](Self::new), with the results pushed by the service over its queue (AMQP). They are asked for all the
    /// same, but seldom: the queue is there for speed, and may fail without harm. The queue hands each result to one
    /// consumer only, so a group should have one executor with it.
    #[cfg(feature = "amqp")]
    pub fn with_push(client: Client, endpoint: EndpointId) -> Self {
        let group: Arc<Mutex<Group>> = Arc::default();
        let source = Source::with_push(client.clone(), Arc::clone(&group));
        let mut executor = Self::over(client, endpoint, source, group, listening());
        executor.options.insert("create_queue".into(), true.into());
        executor
    }

    fn over(
        client: Client,
        endpoint: EndpointId,
        source: Source,
        group: Arc<Mutex<Group>>,
        pace: Pace,
    ) -> Self {
        let shared = Shared {
            client,
            endpoint,
            waiters: WatchGroup::new(source),
            dialect: OnceCell::new(),
            functions: tokio::sync::Mutex::default(),
            submitting: tokio::sync::Mutex::default(),
            group,
        };
        Self {
            shared: Arc::new(shared),
            pace,
            options: Map::new(),
            dialect: None,
            on_submitted: None,
        }
    }

    /// The group for everything that is submitted, instead of one that the service makes. With a new id of one's own
    /// (any UUID), recorded before, a submission whose answer is lost can be found again; this executor then looks for
    /// it by itself.
    pub fn task_group(self, id: TaskGroupId) -> Self {
        self.with_group(|group| {
            group.id = Some(id);
            group.chosen = true;
        });
        self
    }

    /// How to talk to the endpoint, instead of asking for its version first.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// How often to ask, by the age of a task; default 1 s at first, then a fifth of its age, 10 s at most.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// What to fill into the endpoint's template; each distinct set starts a process of its own there.
    pub fn user_endpoint_config(mut self, config: Map<String, Value>) -> Self {
        self.options.insert("user_endpoint_config".into(), config.into());
        self
    }

    /// Nodes and ranks, for endpoints with an MPI engine.
    pub fn resource_specification(mut self, specification: Map<String, Value>) -> Self {
        self.options
            .insert("resource_specification".into(), specification.into());
        self
    }

    /// Called with the ids of what was submitted before anything is awaited: the place to record them, so that
    /// [`attach`](Self::attach) finds the tasks again after a crash. Must not block for long.
    pub fn on_submitted(mut self, record: impl Fn(&Submitted) + Send + Sync + 'static) -> Self {
        self.on_submitted = Some(Arc::new(record));
        self
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &EndpointId {
        &self.shared.endpoint
    }

    /// The group of what was submitted; `None` before the first submission, unless it was chosen.
    pub fn group_id(&self) -> Option<TaskGroupId> {
        self.with_group(|group| group.id.clone())
    }

    /// Waits for a task that was submitted before, by whatever process. Sends nothing yet.
    pub fn attach(&self, task: TaskId) -> TaskHandle {
        let seat = self.shared.waiters.join(task.clone(), self.pace);
        TaskHandle::new(self.shared.client.clone(), task, seat)
    }

    /// The tasks of a group, in the order of their submission, to be waited for.
    ///
    /// # Errors
    /// Those of any request; 404 if the service does not know the group.
    pub async fn attach_group(&self, group: &TaskGroupId) -> Result<Vec<TaskHandle>> {
        let found = self.shared.client.task_group(group).send().await?;
        self.with_group(|own| {
            own.id.get_or_insert_with(|| group.clone());
            if own.id.as_ref() == Some(group) {
                own.known.extend(found.tasks.iter().map(|task| task.id.clone()));
            }
        });
        Ok(found.tasks.into_iter().map(|task| self.attach(task.id)).collect())
    }

    fn with_group<T>(&self, act: impl FnOnce(&mut Group) -> T) -> T {
        act(&mut self.shared.group.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The pace when results must be asked for.
fn asking() -> Pace {
    Pace {
        first: Duration::from_secs(1),
        growth: 0.2,
        max: Duration::from_secs(10),
    }
}

/// The pace beside a queue.
#[cfg(feature = "amqp")]
fn listening() -> Pace {
    Pace {
        first: Duration::from_secs(10),
        growth: 0.5,
        max: Duration::from_mins(1),
    }
}
