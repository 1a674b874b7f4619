//! `work_pools/{name}/queues`.

use super::call::{act, call, fields, list, optional};
use crate::Client;
use crate::model::WorkQueue;

/// What can be asked of one queue. Made by [`WorkPoolHandle::queue`](super::WorkPoolHandle::queue).
#[derive(Clone, Debug)]
pub struct WorkQueueHandle {
    client: Client,
    pool: String,
    name: String,
}

impl WorkQueueHandle {
    pub(crate) fn new(client: &Client, pool: &str, name: String) -> Self {
        Self {
            client: client.clone(),
            pool: pool.to_owned(),
            name,
        }
    }

    fn place(&self) -> [(&'static str, &str); 2] {
        [("pool", self.pool.as_str()), ("name", self.name.as_str())]
    }

    /// Reads it.
    pub fn get(&self) -> GetWorkQueue {
        GetWorkQueue::new(&self.client, &self.place())
    }

    /// Changes it.
    pub fn update(&self) -> UpdateWorkQueue {
        UpdateWorkQueue::new(&self.client, &self.place())
    }

    /// Deletes it.
    pub fn delete(&self) -> DeleteWorkQueue {
        DeleteWorkQueue::new(&self.client, &self.place())
    }
}

call! {
    /// Creates a queue. Made by [`WorkPoolHandle::create_queue`](super::WorkPoolHandle::create_queue).
    CreateWorkQueue: "prefect.work_queue_create", POST "/work_pools/{name}/queues" -> WorkQueue;
    /// The new queue; 409 if there is one of this name. Not repeated once it may have been acted on.
}

call! {
    /// Reads a queue. Made by [`WorkQueueHandle::get`].
    GetWorkQueue: "prefect.work_queue_get", GET "/work_pools/{pool}/queues/{name}" -> WorkQueue;
    /// The queue. Retried.
}
optional!(GetWorkQueue -> WorkQueue);

act! {
    /// Changes a queue. Made by [`WorkQueueHandle::update`].
    UpdateWorkQueue: "prefect.work_queue_update", PATCH(repeatable) "/work_pools/{pool}/queues/{name}";
    /// Changes it. Retried.
}

macro_rules! queue_fields {
    ($($name:ident)+) => { $(
        fields!($name {
            /// Free text.
            description: text;
            /// Whether it gives out no runs.
            is_paused: flag["is_paused"];
            /// How many of its runs may be pending or running at a time; `None` for any number.
            concurrency_limit: limit;
            /// Its rank in the pool; 1 comes first.
            priority: number;
        });
    )+ };
}

queue_fields!(CreateWorkQueue UpdateWorkQueue);

act! {
    /// Deletes a queue. Made by [`WorkQueueHandle::delete`].
    DeleteWorkQueue: "prefect.work_queue_delete", DELETE "/work_pools/{pool}/queues/{name}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists the queues of a pool. Made by [`WorkPoolHandle::queues`](super::WorkPoolHandle::queues).
    ListPoolQueues: "prefect.work_queue_list", "/work_pools/{name}/queues/filter" -> WorkQueue;
}

fields!(ListPoolQueues {
    /// Only those with one of these names.
    names: texts["work_queues", "name", "any_"];
});
