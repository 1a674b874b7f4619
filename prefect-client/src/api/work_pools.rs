//! `work_pools`, and the workers that serve them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::call::{act, call, fields, list, optional};
use super::work_queues::{CreateWorkQueue, ListPoolQueues, WorkQueueHandle};
use crate::Client;
use crate::model::{ScheduledRun, WorkPool, WorkerInfo};

impl Client {
    /// The work pools.
    pub fn work_pools(&self) -> WorkPools {
        WorkPools { client: self.clone() }
    }

    /// The work pool of this name.
    pub fn work_pool(&self, name: impl Into<String>) -> WorkPoolHandle {
        WorkPoolHandle {
            client: self.clone(),
            name: name.into(),
        }
    }
}

/// The work pools. Made by [`Client::work_pools`].
#[derive(Clone, Debug)]
pub struct WorkPools {
    client: Client,
}

impl WorkPools {
    /// Creates a work pool. The type is free text; Python's workers take only pools of their own type, such as
    /// `process`. Names that begin with `prefect` are the server's.
    pub fn create(&self, name: impl Into<String>, kind: impl Into<String>) -> CreateWorkPool {
        let mut create = CreateWorkPool::new(&self.client, &[]);
        create.call.set("name", name.into());
        create.call.set("type", kind.into());
        create
    }

    /// Lists work pools.
    pub fn list(&self) -> ListWorkPools {
        ListWorkPools::new(&self.client, &[])
    }

    /// Counts work pools.
    pub fn count(&self) -> CountWorkPools {
        CountWorkPools::new(&self.client, &[])
    }
}

/// What can be asked of one work pool. Made by [`Client::work_pool`].
#[derive(Clone, Debug)]
pub struct WorkPoolHandle {
    client: Client,
    name: String,
}

impl WorkPoolHandle {
    fn pool(&self) -> [(&'static str, &str); 1] {
        [("name", self.name.as_str())]
    }

    /// Reads it.
    pub fn get(&self) -> GetWorkPool {
        GetWorkPool::new(&self.client, &self.pool())
    }

    /// Changes it.
    pub fn update(&self) -> UpdateWorkPool {
        UpdateWorkPool::new(&self.client, &self.pool())
    }

    /// Deletes it and its queues.
    pub fn delete(&self) -> DeleteWorkPool {
        DeleteWorkPool::new(&self.client, &self.pool())
    }

    /// Reads how many of its slots are taken, and by what. Server version 3.8.
    pub fn concurrency_status(&self) -> WorkPoolConcurrencyStatus {
        WorkPoolConcurrencyStatus::new(&self.client, &self.pool())
    }

    /// Asks for runs that are scheduled before this time and within the limits of pool and queues. It takes none of
    /// them: that is what [`NewState::pending`](crate::NewState::pending) is for.
    pub fn scheduled_runs(&self, before: DateTime<Utc>) -> GetScheduledRuns {
        let mut get = GetScheduledRuns::new(&self.client, &self.pool());
        get.call.set("scheduled_before", super::call::time_text(before));
        get
    }

    /// Says that a worker of this name is alive, which makes it known and online.
    pub fn heartbeat(&self, worker: impl Into<String>) -> WorkerHeartbeat {
        let mut beat = WorkerHeartbeat::new(&self.client, &self.pool());
        beat.call.set("name", worker.into());
        beat
    }

    /// Lists its workers.
    pub fn workers(&self) -> ListWorkers {
        ListWorkers::new(&self.client, &self.pool())
    }

    /// Forgets a worker.
    pub fn delete_worker(&self, worker: impl AsRef<str>) -> DeleteWorker {
        DeleteWorker::new(&self.client, &[self.pool()[0], ("worker", worker.as_ref())])
    }

    /// Lists its queues.
    pub fn queues(&self) -> ListPoolQueues {
        ListPoolQueues::new(&self.client, &self.pool())
    }

    /// Creates a queue in it.
    pub fn create_queue(&self, name: impl Into<String>) -> CreateWorkQueue {
        let mut create = CreateWorkQueue::new(&self.client, &self.pool());
        create.call.set("name", name.into());
        create
    }

    /// The queue of this name in it.
    pub fn queue(&self, name: impl Into<String>) -> WorkQueueHandle {
        WorkQueueHandle::new(&self.client, &self.name, name.into())
    }
}

call! {
    /// Creates a work pool. Made by [`WorkPools::create`].
    CreateWorkPool: "prefect.work_pool_create", POST "/work_pools/" -> WorkPool;
    /// The new pool; 409 if there is one of this name. Not repeated once it may have been acted on.
}

call! {
    /// Reads a work pool. Made by [`WorkPoolHandle::get`].
    GetWorkPool: "prefect.work_pool_get", GET "/work_pools/{name}" -> WorkPool;
    /// The pool. Retried.
}
optional!(GetWorkPool -> WorkPool);

act! {
    /// Changes a work pool. Made by [`WorkPoolHandle::update`].
    UpdateWorkPool: "prefect.work_pool_update", PATCH(repeatable) "/work_pools/{name}";
    /// Changes it. Retried.
}

macro_rules! pool_fields {
    ($($name:ident)+) => { $(
        fields!($name {
            /// Free text.
            description: text;
            /// Whether it gives out no runs.
            is_paused: flag["is_paused"];
            /// How many of its runs may be pending or running at a time; `None` for any number.
            concurrency_limit: limit;
            /// What a worker starts for a run, as Python's workers read it.
            base_job_template: json;
        });
    )+ };
}

pool_fields!(CreateWorkPool UpdateWorkPool);

act! {
    /// Deletes a work pool. Made by [`WorkPoolHandle::delete`].
    DeleteWorkPool: "prefect.work_pool_delete", DELETE "/work_pools/{name}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

call! {
    /// Reads how many slots of a work pool are taken. Made by [`WorkPoolHandle::concurrency_status`].
    WorkPoolConcurrencyStatus: "prefect.work_pool_concurrency_status",
        POST(repeatable) "/work_pools/{name}/concurrency_status" -> Value;
    /// The document: `active_slots`, `concurrency_limit`, `queues` with their runs. Retried.
}

call! {
    /// Asks a work pool for scheduled runs. Made by [`WorkPoolHandle::scheduled_runs`].
    GetScheduledRuns: "prefect.work_pool_scheduled_runs",
        POST(repeatable) "/work_pools/{name}/get_scheduled_flow_runs" -> Vec<ScheduledRun>;
    /// The runs, the earliest first; none while the pool is paused or full. 404 if the pool or one of the queues does
    /// not exist. Retried.
}

fields!(GetScheduledRuns {
    /// Only those in these queues.
    work_queue_names: texts;
    /// How many at most.
    limit: number;
});

act! {
    /// Says that a worker is alive. Made by [`WorkPoolHandle::heartbeat`].
    WorkerHeartbeat: "prefect.worker_heartbeat", POST(repeatable) "/work_pools/{name}/workers/heartbeat";
    /// Says so. 404 if there is no such pool. Retried.
}

fields!(WorkerHeartbeat {
    /// When the next one is to be expected, in seconds. Three missed ones make the worker offline.
    heartbeat_interval_seconds: number;
});

impl WorkerHeartbeat {
    /// Says which program the worker is. Server version 3.
    pub fn program(mut self, name: &str, version: &str) -> Self {
        let integrations = json!([{ "name": name, "version": version }]);
        self.call.set("metadata", json!({ "integrations": integrations }));
        self
    }
}

list! {
    /// Lists the workers of a pool. Made by [`WorkPoolHandle::workers`].
    ListWorkers: "prefect.worker_list", "/work_pools/{name}/workers/filter" -> WorkerInfo;
}

fields!(ListWorkers {
    /// Only those that stand so: `ONLINE`, `OFFLINE`.
    status: texts["workers", "status", "any_"];
});

act! {
    /// Forgets a worker. Made by [`WorkPoolHandle::delete_worker`].
    DeleteWorker: "prefect.worker_delete", DELETE "/work_pools/{name}/workers/{worker}";
    /// Forgets it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists work pools. Made by [`WorkPools::list`].
    ListWorkPools: "prefect.work_pool_list", "/work_pools/filter" -> WorkPool;
}

fields!(ListWorkPools {
    /// Only those with one of these names.
    names: texts["work_pools", "name", "any_"];
    /// Only those of one of these types.
    kinds: texts["work_pools", "type", "any_"];
});

call! {
    /// Counts work pools. Made by [`WorkPools::count`].
    CountWorkPools: "prefect.work_pool_count", POST(repeatable) "/work_pools/count" -> u64;
    /// How many there are. Retried.
}
