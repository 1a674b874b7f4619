//! Results pushed over the service's queue (AMQP 0-9-1).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicNackOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties, Consumer};
use rest_core::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::debug;

use super::Group;
use crate::{Client, Task, TaskGroupId, TaskId};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(30);
/// The pause after a first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// As many results are kept for tasks that nobody waits for yet; the service still has all of them.
const KEPT: usize = 256;

/// The queue of the executor's group.
pub(super) struct Push {
    client: Client,
    group: Arc<Mutex<Group>>,
    arrived: Mutex<Arrived>,
    queue: tokio::sync::Mutex<Queue>,
}

#[derive(Default)]
struct Arrived {
    /// Not handed on yet.
    untold: VecDeque<TaskId>,
    tasks: HashMap<TaskId, Arc<Task>>,
    /// The tasks in the order of their arrival.
    order: VecDeque<TaskId>,
}

/// The connection, being made or made.
#[derive(Default)]
struct Queue {
    connecting: Option<BoxFuture<'static, Result<Open, String>>>,
    open: Option<Open>,
    failures: u32,
    not_before: Option<Instant>,
}

struct Open {
    consumer: Consumer,
    /// Ends with this.
    _connection: Connection,
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").finish_non_exhaustive()
    }
}

impl Push {
    pub(super) fn new(client: Client, group: Arc<Mutex<Group>>) -> Self {
        Self {
            client,
            group,
            arrived: Mutex::default(),
            queue: tokio::sync::Mutex::default(),
        }
    }

    /// What has arrived for these tasks.
    pub(super) fn take(&self, ids: &[TaskId]) -> HashMap<TaskId, Arc<Task>> {
        let mut arrived = self.arrived();
        let found = ids.iter().filter_map(|id| arrived.tasks.remove_entry(id));
        found.collect()
    }

    /// The next result. May be dropped at any point: what has come in by then is told by the next call.
    pub(super) async fn next(&self) -> (TaskId, Arc<Task>) {
        let mut queue = self.queue.lock().await;
        loop {
            if let Some(told) = self.untold() {
                return told;
            }
            let group = self
                .group
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .id
                .clone();
            let Some(group) = group else {
                return std::future::pending().await;
            };
            let delivery = queue.delivery(&self.client, &group).await;
            self.take_in(&delivery).await;
        }
    }

    /// Keeps a result before it is acknowledged: whoever is interrupted in between has it twice and not never.
    async fn take_in(&self, delivery: &Delivery) {
        let outcome = match read(&delivery.data) {
            Some(task) if is_withheld(delivery) => {
                // Of high assurance: the message only says that there is a result.
                if let Ok(task) = self.client.task(&task.task_id).no_retry().send().await {
                    self.keep(task);
                }
                delivery.ack(BasicAckOptions::default()).await
            }
            Some(task) => {
                self.keep(task);
                delivery.ack(BasicAckOptions::default()).await
            }
            None => {
                debug!(
                    bytes = delivery.data.len(),
                    "a message of the result queue is no result"
                );
                delivery.nack(BasicNackOptions::default()).await
            }
        };
        if let Err(error) = outcome {
            debug!(%error, "a message could not be acknowledged");
        }
    }

    fn keep(&self, task: Task) {
        if !task.is_done() {
            return;
        }
        let id = task.task_id.clone();
        let mut arrived = self.arrived();
        arrived.tasks.insert(id.clone(), Arc::new(task));
        arrived.order.push_back(id.clone());
        arrived.untold.push_back(id);
        while arrived.order.len() > KEPT {
            if let Some(oldest) = arrived.order.pop_front() {
                arrived.tasks.remove(&oldest);
            }
        }
    }

    fn untold(&self) -> Option<(TaskId, Arc<Task>)> {
        let mut arrived = self.arrived();
        while let Some(id) = arrived.untold.pop_front() {
            if let Some(task) = arrived.tasks.get(&id) {
                return Some((id, Arc::clone(task)));
            }
        }
        None
    }

    fn arrived(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The next message, over a new connection if need be.
    async fn delivery(&mut self, client: &Client, group: &TaskGroupId) -> Delivery {
        let clock = client.rest().clock().clone();
        loop {
            if let Some(open) = &mut self.open {
                match open.consumer.next().await {
                    Some(Ok(delivery)) => {
                        self.failures = 0;
                        return delivery;
                    }
                    Some(Err(error)) => self.failed(&error.to_string(), clock.instant()),
                    None => self.failed("it was closed", clock.instant()),
                }
                continue;
            }
            if let Some(at) = self.not_before {
                clock.sleep(at.saturating_duration_since(clock.instant())).await;
                self.not_before = None;
            }
            let connecting = self
                .connecting
                .get_or_insert_with(|| connect(client.clone(), group.clone()).boxed());
            let made = connecting.await;
            self.connecting = None;
            match made {
                Ok(open) => self.open = Some(open),
                Err(reason) => self.failed(&reason, clock.instant()),
            }
        }
    }

    fn failed(&mut self, reason: &str, now: Instant) {
        self.open = None;
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST_PAUSE);
        self.failures += 1;
        self.not_before = Some(now + pause);
        debug!(
            reason,
            pause_s = pause.as_secs(),
            "the result queue cannot be listened to; results are asked for"
        );
    }
}

async fn connect(client: Client, group: TaskGroupId) -> Result<Open, String> {
    let place = client
        .result_queue()
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let queue = format!("{}{group}", place.queue_prefix);
    let making = async {
        let url = place.connection_url.expose_secret();
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let consumer = channel
            .basic_consume(
                queue.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok::<_, lapin::Error>(Open {
            consumer,
            _connection: connection,
        })
    };
    match tokio::time::timeout(CONNECT, making).await {
        Ok(Ok(open)) => Ok(open),
        // An error may quote the URL, which holds a password.
        Ok(Err(error)) => Err(error
            .to_string()
            .replace(place.connection_url.expose_secret(), "(the queue's URL)")),
        Err(_) => Err(format!("no connection within {} s", CONNECT.as_secs())),
    }
}

/// Whether the message leaves out the result, as it does for endpoints of high assurance.
fn is_withheld(delivery: &Delivery) -> bool {
    let headers = delivery.properties.headers().as_ref();
    headers
        .and_then(|headers| headers.inner().get("high_assurance"))
        .is_some_and(|value| matches!(value, AMQPValue::Boolean(true)))
}

#[derive(Deserialize)]
struct Message {
    message_type: String,
    data: ResultData,
}

#[derive(Deserialize)]
struct ResultData {
    task_id: TaskId,
    data: String,
    #[serde(default)]
    details: Value,
    #[serde(default)]
    error_details: Value,
}

/// The task of a message: the byte 1, then JSON.
fn read(body: &[u8]) -> Option<Task> {
    let text = body.strip_prefix(&[1])?;
    let message: Message = serde_json::from_slice(text).ok()?;
    if message.message_type != "result" {
        return None;
    }
    let ResultData {
        task_id,
        data,
        details,
        error_details,
    } = message.data;
    let mut task = json!({"task_id": task_id, "details": details});
    let failed = !error_details.is_null();
    task["status"] = json!(if failed { "failed" } else { "success" });
    task[if failed { "exception" } else { "result" }] = json!(data);
    serde_json::from_value(task).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(data: &Value) -> Vec<u8> {
        let text = json!({"message_type": "result", "data": data}).to_string();
        [&[1], text.as_bytes()].concat()
    }

    #[test]
    fn messages_become_tasks() {
        let id = "33333333-3333-3333-3333-333333333333";
        let good = message(
            &json!({"task_id": id, "data": "11\n7", "details": {"os": "Linux"}, "error_details": null,
            "task_statuses": [{"timestamp": 1_700_000_000_000_000_000_i64, "state": "execution-start", "actor": "worker"}]}),
        );
        let task = read(&good).unwrap();
        assert_eq!(task.value(), Ok(crate::Value::Int(7)));
        let bad = message(
            &json!({"task_id": id, "data": "ValueError: x", "error_details": {"code": "RemoteExecutionError"}}),
        );
        let task = read(&bad).unwrap();
        assert!(task.is_done() && !task.status.is_success());
        assert_eq!(task.exception.as_deref(), Some("ValueError: x"));
        for other in [
            &b""[..],
            b"\x01",
            b"\x02{}",
            &good[1..],
            b"\x01{\"message_type\":\"ep_status_report\",\"data\":{}}",
        ] {
            assert!(read(other).is_none());
        }
    }
}
