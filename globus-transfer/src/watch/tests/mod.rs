//! Waiting, driven in paused time against a scripted service.

mod ends;
mod judge;
mod sharing;
mod trouble;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use rest_core::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::TaskWatcher;
use super::service::Service;
use crate::model::{OperationResult, TaskEvent};
use crate::{Error, Result, Task, TaskId};

type Script = Box<dyn FnMut(&TaskId, Duration) -> Option<Value> + Send>;

/// A service whose tasks are what a script says at any time after its start.
struct Fake {
    clock: Arc<dyn Clock>,
    started: Instant,
    latency: Duration,
    state: Mutex<State>,
}

struct State {
    script: Script,
    unlisted: HashSet<TaskId>,
    errors: VecDeque<Error>,
    cancel_error: Option<Error>,
    events: Vec<TaskEvent>,
    lists: Vec<(Duration, Vec<TaskId>)>,
    gets: Vec<TaskId>,
    cancels: Vec<TaskId>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    fn new(script: impl FnMut(&TaskId, Duration) -> Option<Value> + Send + 'static) -> Arc<Self> {
        Self::slow(Duration::ZERO, script)
    }

    fn slow(
        latency: Duration,
        script: impl FnMut(&TaskId, Duration) -> Option<Value> + Send + 'static,
    ) -> Arc<Self> {
        let state = State {
            script: Box::new(script),
            unlisted: HashSet::new(),
            errors: VecDeque::new(),
            cancel_error: None,
            events: Vec::new(),
            lists: Vec::new(),
            gets: Vec::new(),
            cancels: Vec::new(),
        };
        Arc::new(Self {
            clock: Arc::new(SystemClock),
            started: Instant::now(),
            latency,
            state: Mutex::new(state),
        })
    }

    fn watcher(self: &Arc<Self>) -> TaskWatcher {
        TaskWatcher::over(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// How many ids each list request asked for.
    fn list_sizes(&self) -> Vec<usize> {
        self.state().lists.iter().map(|(_, ids)| ids.len()).collect()
    }
}

impl State {
    fn task(&mut self, id: &TaskId, age: Duration) -> Option<Task> {
        let mut document = (self.script)(id, age)?;
        document["task_id"] = json!(id);
        Some(serde_json::from_value(document).unwrap())
    }
}

#[async_trait]
impl Service for Fake {
    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<Task>> {
        tokio::time::sleep(self.latency).await;
        let age = self.age();
        let mut state = self.state();
        state.lists.push((age, ids.to_vec()));
        if let Some(error) = state.errors.pop_front() {
            return Err(error);
        }
        let listed: Vec<&TaskId> = ids.iter().filter(|id| !state.unlisted.contains(*id)).collect();
        Ok(listed.into_iter().filter_map(|id| state.task(id, age)).collect())
    }

    async fn task(&self, id: &TaskId) -> Result<Option<Task>> {
        let age = self.age();
        let mut state = self.state();
        state.gets.push(id.clone());
        Ok(state.task(id, age))
    }

    async fn cancel(&self, id: &TaskId) -> Result<OperationResult> {
        let mut state = self.state();
        state.cancels.push(id.clone());
        if let Some(error) = state.cancel_error.clone() {
            return Err(error);
        }
        Ok(serde_json::from_value(json!({"code": "Canceled"})).unwrap())
    }

    async fn events(&self, _id: &TaskId) -> Result<Vec<TaskEvent>> {
        Ok(self.state().events.clone())
    }
}

fn id(text: impl Into<String>) -> TaskId {
    TaskId::new(text)
}

fn active() -> Value {
    json!({"status": "ACTIVE", "nice_status": "OK", "bytes_transferred": 0})
}

fn succeeded() -> Value {
    json!({"status": "SUCCEEDED", "bytes_transferred": 7})
}

/// A task that succeeds after `life`.
fn lasting(life: Duration) -> impl FnMut(&TaskId, Duration) -> Option<Value> + Send + 'static {
    move |_, age| Some(if age < life { active() } else { succeeded() })
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
