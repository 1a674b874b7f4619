//! Where the executor's waiters learn how their tasks stand.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use rest_core::{Clock, WatchSource};

use crate::api::IDS_PER_REQUEST;
use crate::{Client, Result, Task, TaskId};

/// The service's answers to `batch_status`, and what it pushes.
#[derive(Debug)]
pub(super) struct Source {
    client: Client,
    #[cfg(feature = "amqp")]
    push: Option<super::push::Push>,
}

impl Source {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            #[cfg(feature = "amqp")]
            push: None,
        }
    }

    #[cfg(feature = "amqp")]
    pub(super) fn with_push(client: Client, group: Arc<std::sync::Mutex<super::Group>>) -> Self {
        let push = Some(super::push::Push::new(client.clone(), group));
        Self { client, push }
    }

    /// What has been pushed already and nobody waited for then.
    #[cfg(feature = "amqp")]
    fn pushed(&self, ids: &[TaskId]) -> HashMap<TaskId, Arc<Task>> {
        self.push.as_ref().map(|push| push.take(ids)).unwrap_or_default()
    }
}

#[async_trait]
impl WatchSource for Source {
    type Id = TaskId;
    type Item = Task;

    fn clock(&self) -> &Arc<dyn Clock> {
        self.client.rest().clock()
    }

    fn batch(&self) -> usize {
        IDS_PER_REQUEST
    }

    fn is_final(&self, task: &Task) -> bool {
        task.is_done()
    }

    async fn look(&self, ids: &[TaskId]) -> Result<HashMap<TaskId, Arc<Task>>> {
        #[cfg(feature = "amqp")]
        let mut known = self.pushed(ids);
        #[cfg(not(feature = "amqp"))]
        let mut known: HashMap<TaskId, Arc<Task>> = HashMap::new();
        let open: Vec<&TaskId> = ids.iter().filter(|id| !known.contains_key(*id)).collect();
        if !open.is_empty() {
            let batch = self.client.tasks(open).no_retry().send().await?;
            known.extend(batch.results.into_iter().map(|(id, task)| (id, Arc::new(task))));
        }
        Ok(known)
    }

    #[cfg(feature = "amqp")]
    async fn told(&self) -> (TaskId, Arc<Task>) {
        match &self.push {
            Some(push) => push.next().await,
            None => std::future::pending().await,
        }
    }
}
