//! What a tick of a watcher asks, and the cancellations that its waiters share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use rest_core::{Clock, WatchSource};
use tokio::sync::OnceCell;

use super::abort::Aborted;
use super::service::Service;
use crate::{Result, Task, TaskId};

/// Ids of one request: about 3.7 kB of URL.
const IDS_PER_REQUEST: usize = 100;

/// The one cancellation of a task, however many waiters want it.
pub(super) type Abort = Arc<OnceCell<Aborted>>;

#[derive(Debug)]
pub(super) struct TaskSource {
    service: Arc<dyn Service>,
    aborts: Mutex<HashMap<TaskId, Weak<OnceCell<Aborted>>>>,
}

impl TaskSource {
    pub(super) fn new(service: Arc<dyn Service>) -> Self {
        Self {
            service,
            aborts: Mutex::default(),
        }
    }

    pub(super) fn service(&self) -> &dyn Service {
        self.service.as_ref()
    }

    /// The cancellation of a task. It is one as long as anybody holds it.
    pub(super) fn abort_of(&self, task_id: &TaskId) -> Abort {
        // Nothing below panics while the lock is held.
        let mut aborts = self.aborts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(abort) = aborts.get(task_id).and_then(Weak::upgrade) {
            return abort;
        }
        aborts.retain(|_, abort| abort.strong_count() > 0);
        let abort = Abort::default();
        aborts.insert(task_id.clone(), Arc::downgrade(&abort));
        abort
    }
}

#[async_trait]
impl WatchSource for TaskSource {
    type Id = TaskId;
    type Item = Task;

    fn clock(&self) -> &Arc<dyn Clock> {
        self.service.clock()
    }

    fn batch(&self) -> usize {
        IDS_PER_REQUEST
    }

    /// The tasks of up to a hundred ids; those that the list leaves out are looked up one by one.
    async fn look(&self, ids: &[TaskId]) -> Result<HashMap<TaskId, Arc<Task>>> {
        let listed = self.service.tasks(ids).await?;
        let mut tasks: HashMap<TaskId, Arc<Task>> = listed
            .into_iter()
            .map(|task| (task.task_id.clone(), Arc::new(task)))
            .collect();
        for id in ids {
            if tasks.contains_key(id) {
                continue;
            }
            if let Some(task) = self.service.task(id).await? {
                tasks.insert(id.clone(), Arc::new(task));
            }
        }
        Ok(tasks)
    }
}
