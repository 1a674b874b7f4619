//! Tasks that are waited for.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rest_core::{Reading, Seat};
use serde::de::DeserializeOwned;
use tracing::debug;

use super::error::TaskError;
use super::source::Source;
use crate::{Client, CommandOutput, Task, TaskId, Value};

/// So often in a row a task may be missing from the service's answers before it is looked up by itself. A new task is
/// not always seen at once.
const LOOK_UP_EVERY: u32 = 3;
/// So often it may be missing before it is believed lost.
const MISSES: u32 = 9;

/// A task, and a place among those who wait. `.await` gives the value that the function returned;
/// [`result`](Self::result) gives it as a type of one's own.
///
/// Dropping it leaves the task running; [`Executor::attach`](super::Executor::attach) takes it up again.
#[must_use = "a task's outcome should be looked at: a failed one is told nowhere else"]
pub struct TaskHandle {
    client: Client,
    id: TaskId,
    seat: Seat<Source>,
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl TaskHandle {
    pub(super) fn new(client: Client, id: TaskId, seat: Seat<Source>) -> Self {
        Self { client, id, seat }
    }

    /// The task's id, to be recorded.
    pub fn id(&self) -> &TaskId {
        &self.id
    }

    /// Waits for the end of the task, well or not. There is no time limit; drop the future to stop waiting.
    ///
    /// # Errors
    /// [`TaskError::Lost`] and [`TaskError::Service`].
    pub async fn ended(&mut self) -> Result<Arc<Task>, TaskError> {
        loop {
            match self.seat.next().await {
                Reading::Item(task) if task.is_done() => return Ok(task),
                Reading::Item(_) => {}
                Reading::Missing(times) => {
                    if let Some(task) = self.missing(times).await? {
                        return Ok(task);
                    }
                }
                Reading::Failed(source) => {
                    let task_id = self.id.clone();
                    return Err(TaskError::Service { task_id, source });
                }
            }
        }
    }

    /// Looks a task up that the lists leave out.
    async fn missing(&self, times: u32) -> Result<Option<Arc<Task>>, TaskError> {
        if !times.is_multiple_of(LOOK_UP_EVERY) {
            return Ok(None);
        }
        match self.client.task(&self.id).no_retry().send_opt().await {
            Ok(Some(task)) => Ok(task.is_done().then(|| Arc::new(task))),
            Ok(None) if times >= MISSES => Err(TaskError::Lost {
                task_id: self.id.clone(),
            }),
            Ok(None) => Ok(None),
            Err(error) => {
                debug!(task = %self.id, %error, "a task that the list leaves out could not be looked up");
                Ok(None)
            }
        }
    }

    /// The value that the function returned.
    ///
    /// # Errors
    /// Any [`TaskError`] but [`TaskError::Command`].
    pub async fn value(mut self) -> Result<Value, TaskError> {
        let task = self.ended().await?;
        let task_id = self.id;
        if !task.status.is_success() || task.result.is_none() {
            return Err(failure(task_id, &task));
        }
        task.value().map_err(|error| TaskError::Undecodable {
            task_id,
            reason: error.to_string(),
        })
    }

    /// What the function returned, as this type.
    ///
    /// # Errors
    /// Any [`TaskError`] but [`TaskError::Command`].
    pub async fn result<T: DeserializeOwned>(self) -> Result<T, TaskError> {
        let task_id = self.id.clone();
        let value = self.value().await?;
        T::deserialize(value).map_err(|error| TaskError::Undecodable {
            task_id,
            reason: error.to_string(),
        })
    }

    /// The handle of a task that runs a [`Command`](crate::Command), or any function that returns `returncode`,
    /// `stdout` and `stderr`.
    pub fn command(self) -> CommandHandle {
        CommandHandle(self)
    }
}

/// Why a task that ended has no result.
fn failure(task_id: TaskId, task: &Task) -> TaskError {
    match (&task.exception, &task.reason) {
        (Some(traceback), _) => TaskError::Raised {
            task_id,
            traceback: traceback.clone(),
        },
        (None, reason) => TaskError::GivenUp {
            task_id,
            reason: reason
                .clone()
                .unwrap_or_else(|| format!("it ended as {} without a result or a reason", task.status)),
        },
    }
}

impl IntoFuture for TaskHandle {
    type Output = Result<Value, TaskError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.value().boxed()
    }
}

/// A command that was submitted. `.await` gives its output if it ended with status 0, and an error with its output if
/// not.
#[derive(Debug)]
#[must_use = "a command's outcome should be looked at: a failed one is told nowhere else"]
pub struct CommandHandle(TaskHandle);

impl CommandHandle {
    /// The task's id, to be recorded.
    pub fn id(&self) -> &TaskId {
        &self.0.id
    }

    /// The command's output, whatever its status.
    ///
    /// # Errors
    /// Any [`TaskError`] but [`TaskError::Command`].
    pub async fn output(self) -> Result<CommandOutput, TaskError> {
        self.0.result().await
    }

    /// The command's output if it ended with status 0.
    ///
    /// # Errors
    /// Any [`TaskError`]; [`TaskError::Command`], with the output, for any other end.
    pub async fn success(self) -> Result<CommandOutput, TaskError> {
        let task_id = self.0.id.clone();
        let output = self.output().await?;
        if output.is_success() {
            return Ok(output);
        }
        let output = Box::new(output);
        Err(TaskError::Command { task_id, output })
    }
}

impl IntoFuture for CommandHandle {
    type Output = Result<CommandOutput, TaskError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.success().boxed()
    }
}
