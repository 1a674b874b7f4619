//! What the service knows.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};

/// A result that nobody has fetched for so long is given up.
const KEPT: TimeDelta = TimeDelta::minutes(30);

/// Functions, tasks and groups.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) functions: BTreeMap<String, Function>,
    pub(super) groups: HashMap<String, Group>,
    pub(super) outside: super::outside::Outside,
    tasks: HashMap<String, Task>,
    order: Vec<String>,
}

/// Tasks that belong together.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) tasks: Vec<String>,
    /// Whether somebody wants the results pushed.
    pub(super) queue: bool,
}

/// A registered function.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) description: Value,
    pub(super) meta: Value,
}

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) group: String,
    pub(super) created: DateTime<Utc>,
    pub(super) status: &'static str,
    pub(super) outcome: Outcome,
    /// The process outside that has it.
    process: Option<String>,
    started: Option<DateTime<Utc>>,
    completed: Option<DateTime<Utc>>,
    fetched: bool,
}

/// What a task came to.
#[derive(Clone, Debug, Default)]
pub(super) enum Outcome {
    /// Nothing yet.
    #[default]
    None,
    Result(String),
    Exception(String),
    Reason(String),
}

/// A Globus Compute task, for tests.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ComputeTaskView {
    /// Its id.
    pub task_id: String,
    /// The name of its function.
    pub function: String,
    /// Its group.
    pub group: String,
    /// Its state, as the service tells it.
    pub status: String,
}

impl Store {
    pub(super) fn add(&mut self, id: String, function: String, group: &str, now: DateTime<Utc>) {
        let tasks = &mut self.groups.entry(group.to_owned()).or_default().tasks;
        tasks.push(id.clone());
        self.order.push(id.clone());
        let task = Task {
            id: id.clone(),
            function,
            group: group.to_owned(),
            created: now,
            status: "waiting-for-ep",
            outcome: Outcome::None,
            process: None,
            started: None,
            completed: None,
            fetched: false,
        };
        self.tasks.insert(id, task);
    }

    pub(super) fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id)
    }

    pub(super) fn begin(&mut self, id: &str, now: DateTime<Utc>) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.status = "running";
            task.started = Some(now);
        }
    }

    /// Its endpoint forgot it: as far as the service knows it waits, for ever.
    pub(super) fn lose(&mut self, id: &str) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.status = "waiting-for-ep";
        }
    }

    /// Whether that was its end: a task ends once.
    pub(super) fn end(&mut self, id: &str, outcome: Outcome, now: DateTime<Utc>) -> bool {
        let task = self.tasks.get_mut(id).filter(|task| task.completed.is_none());
        let Some(task) = task else {
            return false;
        };
        task.status = if matches!(outcome, Outcome::Result(_)) {
            "success"
        } else {
            "failed"
        };
        task.outcome = outcome;
        task.completed = Some(now);
        true
    }

    /// Notes the process outside that is to run a task.
    pub(super) fn assign(&mut self, id: &str, process: &str) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.process = Some(process.to_owned());
        }
    }

    /// Ends all tasks of a process that cannot run them.
    pub(super) fn fail_assigned(&mut self, process: &str, why: &str, now: DateTime<Utc>) {
        let tasks = self.tasks.values();
        let of_it = tasks.filter(|task| task.process.as_deref() == Some(process));
        let ids: Vec<String> = of_it.map(|task| task.id.clone()).collect();
        for id in ids {
            self.end(&id, Outcome::Reason(why.to_owned()), now);
        }
    }

    /// The task's document, as it is given to somebody who asks for it now.
    pub(super) fn fetch(&mut self, id: &str, now: DateTime<Utc>) -> Option<Value> {
        let task = self.tasks.get_mut(id)?;
        let overdue = task.completed.is_some_and(|at| now - at > KEPT);
        if overdue && !task.fetched {
            task.status = "failed";
            task.outcome =
                Outcome::Reason("The result was not fetched within 30 minutes and is abandoned".to_owned());
        }
        task.fetched |= task.completed.is_some();
        Some(task.document())
    }

    /// How many tasks wait, and how many run.
    pub(super) fn counts(&self) -> (usize, usize) {
        let count = |status: &str| self.tasks.values().filter(|task| task.status == status).count();
        (count("waiting-for-ep"), count("running"))
    }

    pub(super) fn views(&self) -> Vec<ComputeTaskView> {
        let tasks = self.order.iter().filter_map(|id| self.tasks.get(id));
        tasks
            .map(|task| ComputeTaskView {
                task_id: task.id.clone(),
                function: task.function.clone(),
                group: task.group.clone(),
                status: task.status.to_owned(),
            })
            .collect()
    }
}

impl Task {
    fn document(&self) -> Value {
        let mut document = json!({"task_id": self.id, "status": self.status});
        if let Some(completed) = self.completed {
            document["completion_t"] = json!(format!("{}", seconds(completed)));
            let transitions = json!({
                "execution-start": self.started.map(seconds), "execution-end": seconds(completed),
            });
            document["details"] = json!({"os": "Linux", "task_transitions": transitions});
        }
        match &self.outcome {
            Outcome::None => {}
            Outcome::Result(text) => document["result"] = json!(text),
            Outcome::Exception(text) => document["exception"] = json!(text),
            Outcome::Reason(text) => document["reason"] = json!(text),
        }
        document
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds since 1970 fit for some centuries"
)]
fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_micros() as f64 / 1e6
}
