//! The tasks, and the submission ids that lead to them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::limits::{ACTIVE, PENDING};
use super::refusal::Refusal;
use super::task::{Kind, Plan, Task};
use crate::builder::Limits;

#[derive(Debug, Default)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tasks: Vec<Task>,
    by_id: HashMap<String, usize>,
    by_submission: HashMap<String, usize>,
    issued: HashSet<String>,
}

/// What became of a submission.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Submitted {
    Accepted(String),
    /// The submission id was used before, for this task.
    Duplicate(String),
}

impl Store {
    /// A new submission id.
    pub(crate) fn issue(&self) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        self.lock().issued.insert(id.clone());
        id
    }

    /// The task that a submission id led to; an error if the id was never issued.
    pub(crate) fn submitted(&self, submission_id: &str) -> Result<Option<String>, Refusal> {
        self.lock().submitted(submission_id)
    }

    /// Makes a task of the plan, unless its submission id has one. Of two at once, one makes it.
    pub(crate) fn submit(
        &self,
        plan: Plan,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<Submitted, Refusal> {
        let mut inner = self.lock();
        if let Some(task_id) = inner.submitted(&plan.submission_id)? {
            return Ok(Submitted::Duplicate(task_id));
        }
        if limits == Limits::Production && inner.pending(&plan.owner) >= PENDING {
            let message = format!("You already have {PENDING} tasks pending");
            return Err(Refusal::new(409, "TooManyPendingTasks", message));
        }
        let task = Task::new(plan, now);
        let id = task.id.clone();
        let at = inner.tasks.len();
        inner.by_id.insert(id.clone(), at);
        inner.by_submission.insert(task.plan.submission_id.clone(), at);
        inner.tasks.push(task);
        Ok(Submitted::Accepted(id))
    }

    /// Looks at or changes one task.
    pub(crate) fn with<R>(&self, id: &str, act: impl FnOnce(&mut Task) -> R) -> Option<R> {
        let mut inner = self.lock();
        let at = *inner.by_id.get(id)?;
        inner.tasks.get_mut(at).map(act)
    }

    /// Looks at or changes one task of this owner; another's is not found.
    pub(crate) fn with_own<R>(
        &self,
        id: &str,
        owner: &str,
        act: impl FnOnce(&mut Task) -> R,
    ) -> Result<R, Refusal> {
        self.with(id, |task| (task.plan.owner == owner).then(|| act(task)))
            .flatten()
            .ok_or_else(|| Refusal::not_found(format!("No task with task_id '{id}' found")))
    }

    /// Something of every task, in the order of submission.
    pub(crate) fn map<R>(&self, look: impl FnMut(&Task) -> R) -> Vec<R> {
        self.lock().tasks.iter().map(look).collect()
    }

    /// Something of each task that `look` wants, in the order of submission.
    pub(crate) fn filter_map<R>(&self, look: impl FnMut(&Task) -> Option<R>) -> Vec<R> {
        self.lock().tasks.iter().filter_map(look).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn submitted(&self, submission_id: &str) -> Result<Option<String>, Refusal> {
        if !self.issued.contains(submission_id) {
            return Err(Refusal::bad_request(format!(
                "Invalid submission_id '{submission_id}'"
            )));
        }
        let at = self.by_submission.get(submission_id);
        Ok(at.and_then(|at| self.tasks.get(*at)).map(|task| task.id.clone()))
    }

    /// How many tasks wait behind the active ones.
    fn pending(&self, owner: &str) -> usize {
        let unfinished = |kind| {
            let open = |task: &&Task| task.plan.owner == owner && task.plan.kind == kind && !task.is_done();
            self.tasks.iter().filter(open).count()
        };
        let waiting = |kind| usize::saturating_sub(unfinished(kind), ACTIVE);
        waiting(Kind::Transfer) + waiting(Kind::Delete)
    }
}
