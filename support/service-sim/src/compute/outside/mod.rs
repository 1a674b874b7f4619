//! Endpoints outside of the simulator: real ones, which register here and are reached over a message broker.

mod broker;
mod messages;
mod routes;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Compute;
use super::caller::Refusal;
use super::run::Job;
use super::store::Outcome;

pub(super) use broker::Broker;
pub(super) use routes::{register, remove, result_queue, update};

/// An endpoint that has not been heard of for so many of its periods is offline.
const PERIODS: u32 = 3;

/// What an endpoint outside is told of a task beside its text.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) endpoint: String,
    pub(super) function: String,
    pub(super) user: String,
    /// What its template is filled with.
    pub(super) config: Value,
    pub(super) resources: Value,
}

/// What is known of the endpoints outside.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// Those that are registered, as they described themselves, with their owner.
    registered: BTreeMap<String, (Value, String)>,
    /// The processes that do an endpoint's work, one for each configuration that was asked for.
    processes: HashMap<(String, String), String>,
    /// The last report of each endpoint and each process.
    reports: HashMap<String, (Instant, Value)>,
}

impl Outside {
    pub(super) fn is_registered(&self, id: &str) -> bool {
        self.registered.contains_key(id)
    }

    /// The endpoints as they are listed.
    pub(super) fn listed(&self) -> Vec<Value> {
        let all = self.registered.iter();
        all.map(|(id, (body, owner))| {
            json!({"uuid": id, "name": body["endpoint_name"], "display_name": body["display_name"], "owner": owner})
        })
        .collect()
    }

    /// An endpoint as it is shown.
    pub(super) fn shown(&self, id: &str) -> Option<Value> {
        let (body, _) = self.registered.get(id)?;
        let mut shown = json!({
            "uuid": id, "name": body["endpoint_name"], "display_name": body["display_name"], "public": body["public"],
            "multi_user": body["multi_user"], "description": null, "subscription_uuid": null,
        });
        for (name, value) in body["metadata"].as_object().into_iter().flatten() {
            shown[name] = value.clone();
        }
        Some(shown)
    }

    /// Whether it is there, and how busy its processes are.
    pub(super) fn status(&self, id: &str) -> Option<Value> {
        self.registered.get(id)?;
        let online = self.is_online(id);
        let processes = self.processes.iter().filter(|((endpoint, _), _)| endpoint == id);
        let reports = processes.filter_map(|(_, process)| self.reports.get(process));
        let sums = |name: &str| -> u64 {
            let numbers = reports.clone().filter_map(|(_, state)| state[name].as_u64());
            if online { numbers.sum() } else { 0 }
        };
        let details = json!({
            "total_workers": sums("total_workers"), "idle_workers": sums("idle_workers"),
            "pending_tasks": sums("pending_tasks"), "outstanding_tasks": sums("outstanding_tasks"),
            "managers": sums("managers"),
        });
        Some(json!({"status": if online { "online" } else { "offline" }, "details": details}))
    }

    /// An endpoint that ends reports a period of 0.
    fn is_online(&self, id: &str) -> bool {
        self.reports.get(id).is_some_and(|(heard, state)| {
            let period = state["heartbeat_period"]
                .as_f64()
                .unwrap_or(30.0)
                .clamp(0.0, 3600.0);
            heard.elapsed() < Duration::from_secs_f64(period) * PERIODS
        })
    }

    fn process(&mut self, endpoint: &str, config: &Value) -> String {
        let key = (endpoint.to_owned(), config.to_string());
        let process = self.processes.entry(key);
        process
            .or_insert_with(|| uuid::Uuid::new_v4().to_string())
            .clone()
    }
}

impl Compute {
    /// Hands a task to the endpoint's process, which is started if need be. A task that cannot be handed over has failed.
    pub(super) async fn hand_over(self: &Arc<Self>, job: &Job) {
        let process = self.store().outside.process(&job.to.endpoint, &job.to.config);
        self.store().assign(&job.id, &process);
        let sent = async {
            let broker = self.broker()?;
            broker.declare(self, &format!("{process}.tasks")).await?;
            let start = messages::start(broker.url(), &process, job);
            broker.command(self, &job.to.endpoint, &start).await?;
            broker.task(self, &process, job).await
        };
        let sent: Result<(), String> = sent.await;
        if let Err(error) = sent {
            let why = format!("the message broker did not take the task: {error}");
            self.finish(&job.id, Outcome::Reason(why)).await;
        }
    }

    /// Makes the queue into which a group's results are pushed.
    pub(super) async fn make_queue(self: &Arc<Self>, group: &str) -> Result<(), Refusal> {
        let made = match self.broker() {
            Ok(broker) => broker.declare(self, &messages::queue_of(group)).await,
            // Without a broker nothing is pushed, and whoever asked for it finds no queue.
            Err(_) => return Ok(()),
        };
        made.map_err(|error| Refusal::new(503, "BROKER_UNAVAILABLE", error))
    }

    /// Pushes the end of a task to those who listen to its group.
    pub(super) async fn push(self: &Arc<Self>, id: &str, message: Option<Vec<u8>>) {
        let group = {
            let store = self.store();
            let group = store.task(id).map(|task| task.group.clone());
            group.filter(|group| store.groups.get(group).is_some_and(|group| group.queue))
        };
        let (Some(group), Ok(broker)) = (group, self.broker()) else {
            return;
        };
        let message = message.or_else(|| {
            let store = self.store();
            messages::result(id, &store.task(id)?.outcome)
        });
        if let Some(message) = message {
            // A push that is lost costs time only: results are asked for as well.
            let _: Result<(), String> = broker.publish(self, &messages::queue_of(&group), &message).await;
        }
    }

    /// A result from a process.
    async fn take_result(self: &Arc<Self>, message: Vec<u8>) {
        let Some((id, outcome)) = messages::read_result(&message) else {
            return;
        };
        let now = self.now();
        if self.store().end(&id, outcome, now) {
            self.push(&id, Some(message)).await;
            self.ended.send_modify(|count| *count += 1);
        }
    }

    /// A report from an endpoint or a process. One that cannot work says why, and its tasks fail with its words.
    fn take_report(&self, message: &[u8]) {
        let Some((id, state)) = messages::read_report(message) else {
            return;
        };
        let now = self.now();
        let mut store = self.store();
        if let Some(error) = state["error"].as_str() {
            store.fail_assigned(&id, error, now);
        }
        store.outside.reports.insert(id, (Instant::now(), state));
        drop(store);
        self.ended.send_modify(|count| *count += 1);
    }

    fn broker(&self) -> Result<&Broker, String> {
        self.broker
            .as_ref()
            .ok_or_else(|| "this simulator was started without a message broker".to_owned())
    }
}
