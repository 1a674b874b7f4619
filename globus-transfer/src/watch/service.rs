//! What waiting needs of the service.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use rest_core::Clock;

use crate::model::{OperationResult, TaskEvent};
use crate::{Client, Result, Task, TaskId};

/// How many of the newest events are looked through for the cause of a fatal condition.
const EVENTS: u64 = 20;

/// A seam for tests, which drive it in paused time.
#[async_trait]
pub(super) trait Service: Debug + Send + Sync {
    fn clock(&self) -> &Arc<dyn Clock>;
    async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<Task>>;
    async fn task(&self, id: &TaskId) -> Result<Option<Task>>;
    async fn cancel(&self, id: &TaskId) -> Result<OperationResult>;
    async fn events(&self, id: &TaskId) -> Result<Vec<TaskEvent>>;
}

/// Polls are not retried by the client: the next poll is their retry.
#[async_trait]
impl Service for Client {
    fn clock(&self) -> &Arc<dyn Clock> {
        self.rest().clock()
    }

    async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<Task>> {
        let list = Client::tasks(self)
            .ids(ids.iter().cloned())
            .limit(ids.len() as u64)
            .no_retry();
        Ok(list.send().await?.items)
    }

    async fn task(&self, id: &TaskId) -> Result<Option<Task>> {
        Client::task(self, id.clone()).get().no_retry().send_opt().await
    }

    async fn cancel(&self, id: &TaskId) -> Result<OperationResult> {
        Client::task(self, id.clone()).cancel().send().await
    }

    async fn events(&self, id: &TaskId) -> Result<Vec<TaskEvent>> {
        Ok(Client::task(self, id.clone())
            .events()
            .limit(EVENTS)
            .send()
            .await?
            .items)
    }
}
