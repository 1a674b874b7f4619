//! Tasks and their groups.

use serde_json::json;

use crate::model::{ResultQueue, Task, TaskBatch, TaskGroup};
use crate::{Client, TaskGroupId, TaskId};

/// The ids that one request may ask for.
pub(crate) const IDS_PER_REQUEST: usize = 128;

impl Client {
    /// One task.
    pub fn task(&self, id: &TaskId) -> GetTask {
        GetTask::new(self.rest(), &[("task_id", id.as_str())])
    }

    /// Many tasks, at most 128. Those that the service does not name are missing from the answer.
    pub fn tasks<'a>(&self, ids: impl IntoIterator<Item = &'a TaskId>) -> GetTasks {
        let ids: Vec<&str> = ids.into_iter().map(TaskId::as_str).collect();
        let mut tasks = GetTasks::new(self.rest(), &[]);
        if ids.is_empty() || ids.len() > IDS_PER_REQUEST {
            let count = ids.len();
            tasks.call.refuse(format!(
                "{count} ids of tasks; 1 to {IDS_PER_REQUEST} fit into a request"
            ));
        }
        tasks.call = tasks.call.body(json!({ "task_ids": ids })).idempotent();
        tasks
    }

    /// The tasks of a group.
    pub fn task_group(&self, id: &TaskGroupId) -> GetTaskGroup {
        GetTaskGroup::new(self.rest(), &[("task_group_id", id.as_str())])
    }

    /// Where results are pushed.
    pub fn result_queue(&self) -> GetResultQueue {
        let mut queue = GetResultQueue::new(self.rest(), &[]);
        queue.call = queue.call.sensitive();
        queue
    }
}

rest_core::call! {
    /// Reads a task. Made by [`Client::task`].
    pub GetTask: "globus_compute.get_task", GET "/v2/tasks/{task_id}" -> Task, optional;
    /// The task. Retried.
}

impl GetTask {
    /// Asks once only: for callers that ask again by themselves.
    pub fn no_retry(mut self) -> Self {
        self.call = self.call.no_retry();
        self
    }
}

rest_core::call! {
    /// Reads many tasks. Made by [`Client::tasks`].
    pub GetTasks: "globus_compute.get_task_batch", POST "/v2/batch_status" -> TaskBatch;
    /// The tasks. Retried.
}

impl GetTasks {
    /// Asks once only: for callers that ask again by themselves.
    pub fn no_retry(mut self) -> Self {
        self.call = self.call.no_retry();
        self
    }
}

rest_core::call! {
    /// Reads a group. Made by [`Client::task_group`].
    pub GetTaskGroup: "globus_compute.get_task_group", GET "/v2/taskgroup/{task_group_id}" -> TaskGroup, optional;
    /// The group's tasks. Retried.
}

rest_core::call! {
    /// Asks where results are pushed. Made by [`Client::result_queue`].
    pub GetResultQueue: "globus_compute.get_result_queue", GET "/v2/get_amqp_result_connection_url" -> ResultQueue;
    /// The queues' place with fresh credentials. Retried. Its errors do not hold the answer.
}
