//! Setting up a worker.

use std::net::SocketAddr;
use std::time::Duration;

use uuid::Uuid;

use super::flow::Flow;
use super::logs::RunLogs;
use super::registry::Registry;
use super::unhandled::{OnUnhandled, UnhandledFailure};
use super::work::{Summary, Worker};
use crate::{Client, Error, Result};

/// A pool that the worker serves.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) name: String,
    /// The queues; all of them if there is none.
    pub(crate) queues: Vec<String>,
}

/// What becomes of a run whose flow the worker does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownFlows {
    /// It fails, and says which flows there are, unless another worker is online in the pool, which may have it.
    #[default]
    FailIfAlone,
    /// It stays where it is, and the worker's log says so.
    Leave,
}

/// Everything that is set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The worker's name as the server knows it: no two processes ever have the same.
    pub(crate) name: String,
    pub(crate) pools: Vec<Pool>,
    pub(crate) pool_type: String,
    pub(crate) limit: usize,
    pub(crate) requests: usize,
    pub(crate) poll_interval: Duration,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) watch_interval: Duration,
    pub(crate) cancel_grace: Duration,
    pub(crate) drain: Duration,
    pub(crate) takeovers: u64,
    pub(crate) unknown_flows: UnknownFlows,
    pub(crate) on_unhandled: OnUnhandled,
    pub(crate) listen: Option<SocketAddr>,
}

/// Sets up a [`Worker`]. What is wrong comes out at [`build`](Self::build).
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built or run"]
pub struct WorkerBuilder {
    client: Client,
    settings: Settings,
    flows: Registry,
    logs: RunLogs,
    problem: Option<&'static str>,
}

impl WorkerBuilder {
    pub(crate) fn new(client: Client) -> Self {
        let settings = Settings {
            name: String::new(),
            pools: Vec::new(),
            pool_type: "process".to_owned(),
            limit: 50,
            requests: 4,
            poll_interval: Duration::from_secs(5),
            heartbeat_interval: Duration::from_secs(10),
            watch_interval: Duration::from_secs(2),
            cancel_grace: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            takeovers: 5,
            unknown_flows: UnknownFlows::default(),
            on_unhandled: OnUnhandled::default(),
            listen: None,
        };
        Self {
            client,
            settings,
            flows: Registry::default(),
            logs: RunLogs::default(),
            problem: None,
        }
    }

    /// Serves this pool, all its queues unless [`queue`](Self::queue) follows. Called again, this one too. A pool
    /// that does not exist is created.
    pub fn pool(mut self, name: impl Into<String>) -> Self {
        self.settings.pools.push(Pool {
            name: name.into(),
            queues: Vec::new(),
        });
        self
    }

    /// Of the pool named last, serves this queue only. Called again, this one too.
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        match self.settings.pools.last_mut() {
            Some(pool) => pool.queues.push(name.into()),
            None => self.problem = Some("a queue was named before its pool"),
        }
        self
    }

    /// The type of pools that are created; `process` unless said, so that Python's workers can serve them too.
    pub fn pool_type(mut self, kind: impl Into<String>) -> Self {
        self.settings.pool_type = kind.into();
        self
    }

    /// How many runs go on at a time; 50 unless said. Limits of pools, queues and deployments hold besides.
    pub fn limit(mut self, runs: usize) -> Self {
        self.settings.limit = runs;
        self
    }

    /// How many requests to the server are on their way at a time, those of handlers included; 4 unless said. A server
    /// is one process, and one on SQLite writes one thing at a time.
    pub fn requests_at_a_time(mut self, requests: usize) -> Self {
        self.settings.requests = requests;
        self
    }

    /// Serves this flow. Called again, this one too.
    pub fn flow(mut self, flow: Flow) -> Self {
        self.flows.add(flow);
        self
    }

    /// The first part of the worker's name; the machine's name unless said. The rest is made up at each start.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// How often the pools are asked for runs; every 5 s unless said. Runs that are due in between start on time.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.settings.poll_interval = interval;
        self
    }

    /// How often the worker says that it is alive; every 10 s unless said, in whole seconds. After three intervals of
    /// silence others may take over its runs.
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.settings.heartbeat_interval = interval;
        self
    }

    /// How often the worker looks whether its runs were cancelled or paused; every 2 s unless said.
    pub fn watch_interval(mut self, interval: Duration) -> Self {
        self.settings.watch_interval = interval;
        self
    }

    /// How long a handler may take to end by itself once its run is cancelled; then it is dropped. 10 s unless said.
    pub fn cancel_grace(mut self, grace: Duration) -> Self {
        self.settings.cancel_grace = grace;
        self
    }

    /// How long runs may go on once the worker is asked to stop; then they are handed over. 10 s unless said.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.settings.drain = drain;
        self
    }

    /// How often a run is taken over from dead workers before it stays as it is, so that one that kills its workers
    /// does not kill them all; 5 unless said.
    pub fn max_takeovers(mut self, takeovers: u64) -> Self {
        self.settings.takeovers = takeovers;
        self
    }

    /// What becomes of a run whose flow the worker does not have.
    pub fn unknown_flows(mut self, unknown: UnknownFlows) -> Self {
        self.settings.unknown_flows = unknown;
        self
    }

    /// Called with each run that ends badly without its handler having said so: a handler tells of its own failures
    /// itself. Must not block.
    pub fn on_unhandled_failure(mut self, hook: impl Fn(UnhandledFailure) + Send + Sync + 'static) -> Self {
        self.settings.on_unhandled = OnUnhandled::new(hook);
        self
    }

    /// Answers `/healthz` and `/metrics` here.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings.listen = Some(address);
        self
    }

    /// Sends what was collected here to the logs of runs. Without it only the worker's own lines are sent.
    pub fn logs(mut self, logs: RunLogs) -> Self {
        self.logs = logs;
        self
    }

    /// The worker. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is wrong.
    pub fn build(mut self) -> Result<Worker> {
        if let Some(problem) = self.problem_found() {
            return Err(Error::config(format!("the worker cannot be set up: {problem}")));
        }
        self.settings.name = unique_name(&self.settings.name);
        Ok(Worker::new(self.client, self.settings, self.flows, self.logs))
    }

    /// Builds the worker and runs it until `shutdown` comes.
    ///
    /// # Errors
    /// As [`build`](Self::build) and [`Worker::run`].
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Summary> {
        self.build()?.run(shutdown).await
    }

    fn problem_found(&self) -> Option<&'static str> {
        let settings = &self.settings;
        let beats_rightly = (1..=3600).contains(&settings.heartbeat_interval.as_secs())
            && settings.heartbeat_interval.subsec_nanos() == 0;
        [
            (self.problem.is_some(), self.problem.unwrap_or_default()),
            (settings.pools.is_empty(), "no pool was named"),
            (
                settings.pools.iter().any(|pool| pool.name.trim().is_empty()),
                "a pool's name is empty",
            ),
            (self.flows.is_empty(), "it has no flow"),
            (settings.limit == 0, "its limit is 0"),
            (settings.poll_interval.is_zero(), "its poll interval is 0"),
            (settings.watch_interval.is_zero(), "its watch interval is 0"),
            (
                !beats_rightly,
                "its heartbeat interval must be whole seconds, from 1 s to an hour",
            ),
        ]
        .into_iter()
        .find_map(|(wrong, problem)| wrong.then_some(problem))
    }
}

/// The worker's name: what was said or the machine's name, and what no other start has. The server takes neither `/`
/// nor `%` in it.
fn unique_name(given: &str) -> String {
    let machine = || {
        std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "worker".to_owned())
    };
    let name = if given.trim().is_empty() {
        machine()
    } else {
        given.trim().to_owned()
    };
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '%') {
                '-'
            } else {
                c
            }
        })
        .collect();
    let start = Uuid::new_v4().simple().to_string();
    format!("{name}-{}", start.get(..8).unwrap_or_default())
}
