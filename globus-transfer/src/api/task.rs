//! One task.

use http::Method;
use rest_core::RequestParts;

use super::task_lists::{ListEvents, ListSkippedErrors, ListSuccessfulTransfers};
use crate::model::{OperationResult, Task};
use crate::{Client, Result, TaskId};

/// What can be asked of one task. Made by [`Client::task`].
#[derive(Clone, Debug)]
pub struct TaskHandle {
    pub(super) client: Client,
    pub(super) id: TaskId,
}

impl TaskHandle {
    pub(crate) fn new(client: Client, id: TaskId) -> Self {
        Self { client, id }
    }

    /// Reads the task.
    pub fn get(&self) -> GetTask {
        GetTask {
            client: self.client.clone(),
            id: self.id.clone(),
            retry: true,
        }
    }

    /// Ends the task. What it has already copied or deleted stays so.
    pub fn cancel(&self) -> CancelTask {
        CancelTask {
            client: self.client.clone(),
            id: self.id.clone(),
        }
    }

    /// Lists what happened, newest first. Kept for about 30 days.
    pub fn events(&self) -> ListEvents {
        ListEvents::new(self.client.clone(), self.id.clone())
    }

    /// Lists the files that were copied; complete once the task has ended. Neither folders nor files that
    /// were skipped are among them. Kept for about 30 days.
    pub fn successful_transfers(&self) -> ListSuccessfulTransfers {
        ListSuccessfulTransfers::new(self.client.clone(), self.id.clone())
    }

    /// Lists the files that were passed over because of errors. Kept for about 30 days.
    pub fn skipped_errors(&self) -> ListSkippedErrors {
        ListSkippedErrors::new(self.client.clone(), self.id.clone())
    }
}

/// Reads a task. Made by [`TaskHandle::get`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetTask {
    client: Client,
    id: TaskId,
    retry: bool,
}

impl GetTask {
    /// Sends the request once, for callers that ask again anyway.
    pub fn no_retry(mut self) -> Self {
        self.retry = false;
        self
    }

    /// `GET /v0.10/task/{task_id}`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("globus_transfer.get_task", Method::GET, "/v0.10/task/{task_id}")
            .path_param("task_id", self.id.as_ref());
        Ok(if self.retry { parts } else { parts.no_retry() })
    }

    /// The task. Retried, unless [`no_retry`](Self::no_retry) was set.
    ///
    /// # Errors
    /// Those of any request; 404 for a task that is not the caller's own.
    pub async fn send(&self) -> Result<Task> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if the service does not know the task.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<Task>> {
        self.client.request_opt(self.into_parts()?).await
    }
}

/// Ends a task. Made by [`TaskHandle::cancel`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CancelTask {
    client: Client,
    id: TaskId,
}

impl CancelTask {
    /// `POST /v0.10/task/{task_id}/cancel` (no body), without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new(
            "globus_transfer.cancel_task",
            Method::POST,
            "/v0.10/task/{task_id}/cancel",
        )
        .path_param("task_id", self.id.as_ref())
        .idempotent(true))
    }

    /// Ends the task. [`OperationCode::TaskComplete`](crate::model::OperationCode::TaskComplete), the task had
    /// ended before, is no error. Retried: cancelling twice is cancelling once.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<OperationResult> {
        self.client.request(self.into_parts()?).await
    }
}
