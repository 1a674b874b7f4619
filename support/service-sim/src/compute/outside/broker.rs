//! The message broker (AMQP 0-9-1), which is not part of the simulator.

use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use serde_json::Value;
use tokio::sync::Mutex;

use super::super::Compute;
use super::super::run::Job;
use super::messages;

/// A broker, connected to when it is first needed.
pub(crate) struct Broker {
    url: String,
    open: Mutex<Option<(Connection, Channel)>>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL holds a password.
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}

impl Broker {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            open: Mutex::default(),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes a queue, unless it is there.
    pub(super) async fn declare(&self, compute: &Arc<Compute>, queue: &str) -> Result<(), String> {
        let channel = self.channel(compute).await?;
        let made = channel.queue_declare(
            queue.into(),
            QueueDeclareOptions::durable(),
            FieldTable::default(),
        );
        made.await.map(drop).map_err(|error| error.to_string())
    }

    /// Sends a message to a queue.
    pub(super) async fn publish(
        &self,
        compute: &Arc<Compute>,
        queue: &str,
        message: &[u8],
    ) -> Result<(), String> {
        self.send(compute, queue, message, BasicProperties::default())
            .await
    }

    /// Sends a command to an endpoint.
    pub(super) async fn command(
        &self,
        compute: &Arc<Compute>,
        endpoint: &str,
        command: &Value,
    ) -> Result<(), String> {
        let properties = BasicProperties::default().with_content_type("application/json".into());
        let queue = format!("{endpoint}.commands");
        self.send(compute, &queue, command.to_string().as_bytes(), properties)
            .await
    }

    /// Sends a task to a process.
    pub(super) async fn task(&self, compute: &Arc<Compute>, process: &str, job: &Job) -> Result<(), String> {
        let text = |text: &str| AMQPValue::LongString(text.into());
        let mut headers = FieldTable::default();
        headers.insert("function_uuid".into(), text(&job.to.function));
        headers.insert("task_uuid".into(), text(&job.id));
        headers.insert(
            "resource_specification".into(),
            text(&job.to.resources.to_string()),
        );
        if !job.serializers.is_empty() {
            let paths: Vec<AMQPValue> = job.serializers.iter().map(|path| text(path)).collect();
            headers.insert("result_serializers".into(), AMQPValue::FieldArray(paths.into()));
        }
        let properties = BasicProperties::default().with_headers(headers);
        let queue = format!("{process}.tasks");
        self.send(compute, &queue, &messages::task(job), properties).await
    }

    async fn send(
        &self,
        compute: &Arc<Compute>,
        queue: &str,
        message: &[u8],
        properties: BasicProperties,
    ) -> Result<(), String> {
        let channel = self.channel(compute).await?;
        // Endpoints look at the time, so it is the real one.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let properties = properties.with_delivery_mode(2).with_timestamp(now.as_secs());
        let sending = async {
            let sent = channel
                .basic_publish(
                    "".into(),
                    queue.into(),
                    BasicPublishOptions::default(),
                    message,
                    properties,
                )
                .await?;
            sent.await
        };
        sending.await.map(drop).map_err(|error| error.to_string())
    }

    /// The channel; a first call, and one after the connection was lost, makes it.
    async fn channel(&self, compute: &Arc<Compute>) -> Result<Channel, String> {
        let mut open = self.open.lock().await;
        if let Some((connection, channel)) = &*open
            && connection.status().connected()
        {
            return Ok(channel.clone());
        }
        let made = self.connect(compute).await.map_err(|error| error.to_string())?;
        Ok(open.insert(made).1.clone())
    }

    /// Connects, makes what endpoints expect to be there, and listens to them from now on.
    async fn connect(&self, compute: &Arc<Compute>) -> lapin::Result<(Connection, Channel)> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        for kind in ["results", "heartbeats"] {
            let durable = ExchangeDeclareOptions {
                durable: true,
                ..Default::default()
            };
            let none = FieldTable::default;
            channel
                .exchange_declare(kind.into(), ExchangeKind::Topic, durable, none())
                .await?;
            channel
                .queue_declare(kind.into(), QueueDeclareOptions::durable(), none())
                .await?;
            let all = format!("*.{kind}");
            channel
                .queue_bind(
                    kind.into(),
                    kind.into(),
                    all.into(),
                    QueueBindOptions::default(),
                    none(),
                )
                .await?;
            tokio::spawn(listen(
                Arc::downgrade(compute),
                connection.create_channel().await?,
                kind,
            ));
        }
        Ok((connection, channel))
    }
}

/// Takes in the messages of a queue until the connection ends, or the simulator. Boxed, for it may connect again itself.
fn listen(compute: Weak<Compute>, channel: Channel, kind: &'static str) -> BoxFuture<'static, ()> {
    let listening = async move {
        let consumer = channel.basic_consume(
            kind.into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let Ok(mut consumer) = consumer.await else {
            return;
        };
        while let Some(Ok(delivery)) = consumer.next().await {
            let Some(compute) = compute.upgrade() else {
                return;
            };
            let acker = delivery.acker;
            if kind == "results" {
                compute.take_result(delivery.data).await;
            } else {
                compute.take_report(&delivery.data);
            }
            // A message that could not be acknowledged comes again, and changes nothing then.
            let _: lapin::Result<bool> = acker.ack(BasicAckOptions::default()).await;
        }
    };
    Box::pin(listening)
}
