//! `/tasks`: what the service does after it has answered.

use std::time::Duration;

use http::Method;
use rest_core::{Pace, Poller, Progress, RequestParts};
use serde_json::Value;

use super::Read;
use crate::error::{doubt, refused};
use crate::model::{self, Accepted, Task, TaskStatus};
use crate::{Client, Error, Result, TaskId};

/// Tasks take a second or so; a busy service some minutes.
const PACE: Pace = Pace {
    first: Duration::from_millis(250),
    growth: 0.25,
    max: Duration::from_secs(10),
};
/// A task that takes longer is given up on: what it did is in doubt.
const LONGEST: Duration = Duration::from_secs(600);

/// The service's tasks. Made by [`Client::tasks`].
#[derive(Clone, Debug)]
pub struct Tasks {
    client: Client,
}

impl Tasks {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// `GET /tasks`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new("sfapi.tasks", Method::GET, "/tasks"))
    }

    /// The client's tasks. Retried.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<Vec<Task>> {
        let answer: model::Tasks = self.client.request(self.into_parts()?).await?;
        Ok(answer.tasks.unwrap_or_default())
    }
}

/// What can be done with a task. Made by [`Client::task`].
#[derive(Clone, Debug)]
pub struct TaskHandle {
    client: Client,
    id: TaskId,
}

impl TaskHandle {
    pub(crate) fn new(client: Client, id: TaskId) -> Self {
        Self { client, id }
    }

    fn read(&self, operation: &'static str, method: Method) -> Read<Task> {
        let parts = RequestParts::new(operation, method, "/tasks/{id}").path_param("id", self.id.as_str());
        Read::new(&self.client, parts)
    }

    /// `GET /tasks/{id}`: the task.
    pub fn get(&self) -> Read<Task> {
        self.read("sfapi.task", Method::GET)
    }

    /// `DELETE /tasks/{id}`: calls the task off.
    pub fn cancel(&self) -> Read<Task> {
        self.read("sfapi.cancel_task", Method::DELETE)
    }

    /// Waits until the task has ended, whichever way, for ten minutes at most.
    ///
    /// # Errors
    /// Those of any request, where they do not pass by themselves; `Timeout`, the task untouched.
    pub async fn wait(&self) -> Result<Task> {
        let get = self.get().no_retry();
        let poll = move || -> rest_core::BoxFuture<'static, Result<Progress<(), Task>>> {
            let get = get.clone();
            Box::pin(async move {
                let task = get.send().await?;
                Ok(if task.is_done() {
                    Progress::Done(task)
                } else {
                    Progress::Pending(())
                })
            })
        };
        Poller::new("sfapi.task", self.client.rest().clock().clone(), poll)
            .pace(PACE)
            .deadline(LONGEST)
            .until_done()
            .await
    }
}

/// Sends what becomes a task, and gives the task's id.
pub(super) async fn begin(client: &Client, parts: RequestParts) -> Result<TaskId> {
    let operation = parts.operation();
    let idempotent = parts.is_idempotent();
    let sent = client.request::<Accepted>(parts).await;
    let accepted = match sent {
        Ok(accepted) => accepted,
        Err(error) if idempotent => return Err(error),
        Err(error) => return Err(doubt(operation, error)),
    };
    if accepted.status.eq_ignore_ascii_case("error") {
        return Err(refused(operation, accepted.error.as_deref()));
    }
    let id = accepted.task_id.filter(|id| !id.as_str().is_empty());
    id.ok_or_else(|| {
        Error::in_doubt(
            operation,
            "the service took it, and named no task to follow it by",
        )
    })
}

/// What the task of an accepted request did. From here on nothing tells whether the request was acted on but the
/// task itself.
pub(super) async fn result_of(client: &Client, operation: &'static str, id: &TaskId) -> Result<Value> {
    let task = client.task(id).wait().await.map_err(|error| {
        Error::in_doubt(operation, format!("task {id} could not be followed")).with_source(error)
    })?;
    let result = task.result();
    match task.status {
        Some(TaskStatus::Completed) => {}
        Some(TaskStatus::Cancelled) => {
            return Err(Error::in_doubt(operation, format!("task {id} was cancelled")));
        }
        _ => {
            let said = result.as_ref().map(Value::to_string).unwrap_or_default();
            return Err(Error::in_doubt(operation, format!("task {id} failed: {said}")));
        }
    }
    result.ok_or_else(|| Error::in_doubt(operation, format!("task {id} is completed and says nothing")))
}
