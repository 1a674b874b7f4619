//! What holds a run back, and what does not: limits, priorities, pauses, lateness.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use peer_tests::PrefectVersion;
use prefect_client::model::NewState;
use prefect_client::worker::{Flow, FlowContext, Stopped, Summary, Worker};
use prefect_client::{Client, DeploymentId, FlowRunId, StateType};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::site::{ended, state_name, wait_for};
use crate::support::{client, running, sent, shared, unique};

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// How many runs of a flow go on at a time, the most that ever did, and in which order they began.
#[derive(Default)]
struct Seen {
    now: AtomicUsize,
    most: AtomicUsize,
    ended: AtomicUsize,
    order: Mutex<Vec<String>>,
    /// A run that has begun ends when it is told.
    may_end: Notify,
}

impl Seen {
    fn flow(self: &Arc<Self>, name: &str) -> Flow {
        let seen = Arc::clone(self);
        Flow::new(name, move |context: FlowContext, _: Nothing| {
            let seen = Arc::clone(&seen);
            async move {
                let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
                seen.most.fetch_max(now, Ordering::SeqCst);
                let queue = context.run().work_queue_name.clone().unwrap_or_default();
                seen.order.lock().unwrap().push(queue);
                seen.may_end.notified().await;
                seen.now.fetch_sub(1, Ordering::SeqCst);
                seen.ended.fetch_add(1, Ordering::SeqCst);
                Ok::<_, String>(())
            }
        })
    }
}

/// A pool of its own.
struct Place {
    client: Client,
    pool: String,
    flow: String,
}

impl Place {
    async fn new() -> Self {
        let place = Self {
            client: client(shared()),
            pool: unique("pool"),
            flow: unique("flow"),
        };
        sent(async || {
            place
                .client
                .work_pools()
                .create(&place.pool, "process")
                .send()
                .await
        })
        .await;
        place
    }

    async fn queue(&self, name: &str, priority: u64, limit: Option<u64>) {
        let pool = self.client.work_pool(&self.pool);
        let mut create = pool.create_queue(name).priority(priority);
        if let Some(limit) = limit {
            create = create.concurrency_limit(limit);
        }
        sent(async || create.clone().send().await).await;
    }

    async fn deployment(&self, queue: &str, limit: Option<u64>) -> DeploymentId {
        let flow = sent(async || self.client.flows().create(&self.flow).send().await).await;
        let create = self.client.deployments().create(&flow.id, unique("deployment"));
        let mut create = create
            .work_pool_name(&self.pool)
            .work_queue_name(queue)
            .parameter_openapi_schema(json!({"type": "object", "properties": {}}));
        if let Some(limit) = limit {
            create = create.concurrency_limit(limit);
        }
        sent(async || create.clone().send().await).await.id
    }

    async fn submit(&self, deployment: &DeploymentId) -> FlowRunId {
        let create = self.client.create_flow_run(deployment.clone());
        let create = create.idempotency_key(unique("run"));
        sent(async || create.clone().send().await).await.id
    }

    fn worker(&self, limit: usize, flow: Flow) -> Running {
        let (stop, stopped) = oneshot::channel();
        let worker = Worker::builder(self.client.clone())
            .pool(&self.pool)
            .limit(limit)
            .poll_interval(Duration::from_secs(1))
            .flow(flow);
        let task = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Running { stop, task }
    }

    async fn completed(&self, id: &FlowRunId) {
        let run = ended(&self.client, id.as_str(), Path::new("")).await;
        assert!(state_name(&run).starts_with("Completed"), "{}", state_name(&run));
    }
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<prefect_client::Result<Summary>>,
}

impl Running {
    async fn end(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

/// Ends one run after the other, each when as many as may are under way.
async fn run_through(place: &Place, seen: &Arc<Seen>, ids: &[FlowRunId], at_a_time: usize) {
    for ended in 0..ids.len() {
        reaches(&seen.now, at_a_time.min(ids.len() - ended)).await;
        seen.may_end.notify_one();
        reaches(&seen.ended, ended + 1).await;
    }
    for id in ids {
        place.completed(id).await;
    }
    assert_eq!(seen.most.load(Ordering::SeqCst), at_a_time);
}

async fn reaches(count: &AtomicUsize, wanted: usize) {
    wait_for(Path::new(""), async || {
        (count.load(Ordering::SeqCst) == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_s_limit_holds_and_queues_go_by_their_priority() {
    let place = Place::new().await;
    let seen = Arc::new(Seen::default());
    place.queue("later", 20, None).await;
    place.queue("first", 10, None).await;
    let (later, first) = (
        place.deployment("later", None).await,
        place.deployment("first", None).await,
    );
    let mut ids = Vec::new();
    for deployment in [&later, &later, &first, &first] {
        ids.push(place.submit(deployment).await);
    }
    let worker = place.worker(1, seen.flow(&place.flow));
    run_through(&place, &seen, &ids, 1).await;
    worker.end().await;
    let order = seen.order.lock().unwrap().clone();
    assert_eq!(order, ["first", "first", "later", "later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_s_limit_and_a_pool_s_hold() {
    for limits_pool in [false, true] {
        let place = Place::new().await;
        let seen = Arc::new(Seen::default());
        place.queue("queue", 1, (!limits_pool).then_some(2)).await;
        if limits_pool {
            let update = place.client.work_pool(&place.pool).update().concurrency_limit(2);
            sent(async || update.clone().send().await).await;
        }
        let deployment = place.deployment("queue", None).await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(place.submit(&deployment).await);
        }
        let worker = place.worker(50, seen.flow(&place.flow));
        run_through(&place, &seen, &ids, 2).await;
        worker.end().await;
    }
}

/// The server has a run that finds no slot wait for half a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_s_limit_holds_and_who_waits_for_it_runs_in_the_end() {
    let place = Place::new().await;
    let seen = Arc::new(Seen::default());
    let deployment = place.deployment("default", Some(1)).await;
    let ids = [place.submit(&deployment).await, place.submit(&deployment).await];
    let worker = place.worker(50, seen.flow(&place.flow));
    run_through(&place, &seen, &ids, 1).await;
    worker.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_pool_starts_nothing_until_it_goes_on_and_a_late_run_runs_then() {
    let place = Place::new().await;
    let seen = Arc::new(Seen::default());
    let pool = place.client.work_pool(&place.pool);
    sent(async || pool.update().is_paused(true).send().await).await;
    let deployment = place.deployment("default", None).await;
    let create = place.client.create_flow_run(deployment.clone());
    let create = create
        .scheduled_at(Utc::now() - TimeDelta::hours(1))
        .idempotency_key(unique("run"));
    let id = sent(async || create.clone().send().await).await.id;
    let worker = place.worker(50, seen.flow(&place.flow));
    // The server calls it late after a while, whether a worker has asked for it or not.
    wait_for(Path::new(""), async || {
        let run = place.client.flow_run(id.clone()).get().send().await.ok()?;
        (run.state_name.as_deref() == Some("Late")).then_some(())
    })
    .await;
    assert_eq!(seen.most.load(Ordering::SeqCst), 0);
    sent(async || pool.update().is_paused(false).send().await).await;
    run_through(&place, &seen, &[id], 1).await;
    worker.end().await;
}

async fn paused_at_its_checkpoint(context: FlowContext, _: Nothing) -> Result<(), Stopped> {
    let paused = NewState::paused_until(Utc::now() + TimeDelta::hours(1));
    let run = context.client().flow_run(context.run_id().clone());
    // Retried by itself while the server is busy.
    assert!(run.set_state(paused).send().await.unwrap().is_accepted());
    let moment = Duration::from_millis(50);
    // Until the worker has seen it there is nothing to wait for.
    while tokio::time::timeout(moment, context.checkpoint()).await.is_ok() {
        tokio::time::sleep(moment).await;
    }
    context.log(20, "waits");
    context.checkpoint().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_waits_at_its_checkpoint_until_it_is_resumed() {
    let place = Place::new().await;
    let deployment = place.deployment("default", None).await;
    let id = place.submit(&deployment).await;
    let worker = place.worker(50, Flow::new(&place.flow, paused_at_its_checkpoint));
    let logs = place.client.logs().list().flow_run_ids([id.as_str()]).limit(50);
    wait_for(Path::new(""), async || {
        let lines = logs.send().await.ok()?.items;
        lines.iter().any(|line| line.message == "waits").then_some(())
    })
    .await;
    let run = place.client.flow_run(id.clone()).get().send().await.unwrap();
    assert_eq!(run.state_type, Some(StateType::Paused));
    sent(async || place.client.flow_run(id.clone()).resume().send().await).await;
    place.completed(&id).await;
    worker.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_run_that_is_told_of_by_events_is_recorded() {
    if PrefectVersion::from_env().unwrap() == PrefectVersion::V2_20_17 {
        return;
    }
    let client = client(shared());
    let run = FlowRunId::new(running(&client).await);
    let mut task = client.task_runs().by_events(&run, "copy", "0").name("a copy");
    let began = Utc::now();
    let states = [NewState::pending(), NewState::running(), NewState::completed()];
    let events = states.each_ref().map(|state| task.enters(state, Utc::now()));
    client.events().emit(events).send().await.unwrap();
    let recorded = wait_for(Path::new(""), async || {
        let found = client.task_run(task.id().clone()).get().send_opt().await.ok()??;
        (found.state_type == Some(StateType::Completed)).then_some(found)
    })
    .await;
    assert_eq!(
        (recorded.name.as_deref(), recorded.flow_run_id, recorded.run_count),
        (Some("a copy"), Some(run), Some(1))
    );
    assert!(recorded.end_time.unwrap() >= began - TimeDelta::seconds(1));
}
