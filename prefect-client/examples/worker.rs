//! A worker with flows that do nothing, sleep, fail, panic: for trying out a server, and for tests from outside.
//!
//! `PREFECT_API_URL=http://127.0.0.1:4200/api cargo run -p prefect-client --features worker --example worker -- POOL`,
//! then create deployments of the flows `noop`, `sleep`, `fail`, `panic`, `effect` in that pool.

use std::time::Duration;

use prefect_client::Client;
use prefect_client::worker::{Flow, FlowContext, RunLogs, Stopped, Worker, WorkerBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Seconds {
    /// How long to sleep.
    seconds: f64,
}

async fn noop(_: FlowContext, _: Nothing) -> Result<(), String> {
    Ok(())
}

async fn sleep(context: FlowContext, parameters: Seconds) -> Result<u64, Stopped> {
    let seconds = parameters.seconds.clamp(0.0, 86_400.0);
    tracing::info!(seconds, "sleeping");
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs_f64(seconds)) => {}
        () = context.stopping().cancelled() => {}
    }
    context.ensure_owner().await?;
    tracing::info!("awake");
    Ok(context.attempt())
}

async fn clean_up(_: FlowContext, _: Seconds) -> Result<(), String> {
    tracing::info!("cleaned up");
    Ok(())
}

async fn fail(context: FlowContext, _: Nothing) -> Result<(), String> {
    tracing::warn!("about to fail");
    Err(format!("attempt {} failed", context.attempt()))
}

async fn panic(_: FlowContext, _: Nothing) -> Result<(), String> {
    #[expect(clippy::panic, reason = "to show what becomes of it")]
    {
        panic!("as it was asked to")
    }
}

/// Makes one task run, sleeps, and appends a line to a file: how often the effect happened.
#[derive(Deserialize, JsonSchema)]
struct Effect {
    file: std::path::PathBuf,
    seconds: f64,
}

async fn effect(
    context: FlowContext,
    parameters: Effect,
) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    use std::io::Write as _;
    tokio::time::sleep(Duration::from_secs_f64(parameters.seconds.clamp(0.0, 3600.0))).await;
    context.ensure_owner().await?;
    let task = context.task_run("append", "0").name("append").send().await?;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&parameters.file)?;
    writeln!(
        file,
        "{} {} {} {}",
        context.run_id(),
        task.id,
        context.attempt(),
        context.worker()
    )?;
    Ok(context.attempt())
}

fn builder(client: Client) -> WorkerBuilder {
    Worker::builder(client)
        .flow(Flow::new("noop", noop).version("1"))
        .flow(Flow::new("sleep", sleep).on_cancel(clean_up))
        .flow(Flow::new("fail", fail).retries(1, Duration::from_secs(1)))
        .flow(Flow::new("panic", panic))
        .flow(Flow::new("effect", effect))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let logs = RunLogs::default();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_filter(filter),
        )
        .with(logs.layer())
        .init();
    let pools: Vec<String> = std::env::args().skip(1).collect();
    // WORKER_LIMIT runs and WORKER_REQUESTS requests at a time, WORKER_HEARTBEAT in seconds.
    let seconds = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let mut worker = builder(Client::from_env()?).logs(logs);
    for pool in pools {
        worker = worker.pool(pool);
    }
    if let Some(limit) = seconds("WORKER_LIMIT").and_then(|limit| usize::try_from(limit).ok()) {
        worker = worker.limit(limit);
    }
    if let Some(requests) = seconds("WORKER_REQUESTS").and_then(|requests| usize::try_from(requests).ok()) {
        worker = worker.requests_at_a_time(requests);
    }
    if let Some(interval) = seconds("WORKER_HEARTBEAT") {
        worker = worker.heartbeat_interval(Duration::from_secs(interval));
    }
    let summary = worker
        .run(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    tracing::info!(?summary, "ended");
    Ok(())
}
