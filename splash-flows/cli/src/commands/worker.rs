//! `splash-flows worker`

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use prefect_client::Client;
use prefect_client::worker::{
    RunLogs, UnhandledFailure, UnknownFlows, Worker as PrefectWorker, WorkerBuilder,
};
use serde_json::json;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::notify::tell_overdue;
use splash_flows_cli::deploy::WORKER_NAME;
use splash_flows_cli::deploy::tables::{Beamline, Layout, deployments};
use splash_flows_cli::secrets::secrets;
use splash_flows_cli::{logging, serve};

use super::run::{interrupted, runtime};
use super::{configuration, prefect, say};
use crate::Settings;

const STEP: &str = "worker";
const EVERY_HOUR: Duration = Duration::from_secs(60 * 60);

/// Serve the flows from work pools of the Prefect server, until SIGINT or SIGTERM.
#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// Serve every pool of the beamline whose flows are in this build, in one process.
    #[arg(long, value_enum, required_unless_present = "pools", conflicts_with = "pools")]
    beamline: Option<Beamline>,
    /// How the beamline's pools are named.
    #[arg(long, value_enum, default_value_t)]
    layout: Layout,
    /// Serve this pool. Repeatable.
    #[arg(long = "pool", value_name = "POOL")]
    pools: Vec<String>,
    /// Of one --pool, serve only this queue. Repeatable.
    #[arg(long = "queue", value_name = "QUEUE", requires = "pools")]
    queues: Vec<String>,
    /// How many runs go on at a time.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// How often the pools are asked, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    poll: f64,
    /// How often the worker says that it is alive, in whole seconds; after three of them others take its runs over.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    heartbeat: u64,
    /// Answer /healthz and /metrics here, as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Worker {
    /// Serves until it is told to stop.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let logs = RunLogs::default();
        logging::start_worker(settings.log_format, &logs);
        match runtime().map(|runtime| runtime.block_on(self.run(settings, logs))) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(failure)) => {
                say(&failure.to_string());
                ExitCode::FAILURE
            }
            Err(error) => {
                say(&format!("no runtime: {error}"));
                ExitCode::FAILURE
            }
        }
    }

    async fn run(&self, settings: &Settings, logs: RunLogs) -> Result<(), Failure> {
        if self.pools.len() > 1 && !self.queues.is_empty() {
            return Err(Failure::new(STEP, "usage", "--queue needs exactly one --pool"));
        }
        let (config, environment) = configuration(settings)?;
        let (client, _) = prefect(settings)?;
        for secret in secrets(&environment, &config) {
            logs.hide(secret);
        }
        let facility = Facility::connect_worker(config, environment, settings.state_dir.as_deref())?;
        let poll = Duration::try_from_secs_f64(self.poll)
            .map_err(|error| Failure::new(STEP, "usage", format!("--poll: {error}")))?;
        let mut worker = self
            .pools(PrefectWorker::builder(client.clone()), &client)
            .await
            .name(WORKER_NAME)
            .limit(self.limit)
            .poll_interval(poll)
            .heartbeat_interval(Duration::from_secs(self.heartbeat))
            .unknown_flows(UnknownFlows::FailIfAlone)
            .logs(logs);
        if let Some(address) = self.listen {
            worker = worker.listen(address);
        }
        let facility = Arc::new(facility);
        let told = Arc::clone(&facility);
        worker = worker.on_unhandled_failure(move |failed| {
            tokio::spawn(tell_unhandled(Arc::clone(&told), failed));
        });
        for flow in serve::served(&facility) {
            worker = worker.flow(flow);
        }
        let failed = |error: prefect_client::Error| Failure::service(STEP, "prefect", &error);
        let summary = tokio::select! {
            summary = worker.run(interrupted()) => summary.map_err(failed)?,
            never = watch_prunes(&facility) => never,
        };
        say(&format!(
            "{} runs completed, {} failed, {} cancelled, {} handed over",
            summary.completed, summary.failed, summary.cancelled, summary.handed_over
        ));
        Ok(())
    }

    /// Names the pools, and tells of other workers there.
    async fn pools(&self, mut worker: WorkerBuilder, client: &Client) -> WorkerBuilder {
        let pools: BTreeSet<&str> = match self.beamline {
            Some(beamline) => served_pools(beamline, self.layout),
            None => self.pools.iter().map(String::as_str).collect(),
        };
        for pool in pools {
            worker = worker.pool(pool);
            for queue in &self.queues {
                worker = worker.queue(queue);
            }
            for other in splash_flows_cli::deploy::foreign_workers(client, pool)
                .await
                .unwrap_or_default()
            {
                say(&format!(
                    "note: another worker is online in {pool}: {other}; runs go to whichever asks first"
                ));
            }
        }
        worker
    }
}

/// Tells of a run whose flow did not live to tell of itself.
async fn tell_unhandled(facility: Arc<Facility>, failed: UnhandledFailure) {
    let failure = Failure::new("run", "not_handled", failed.problem).of("prefect");
    let flow = failed.flow.as_deref().unwrap_or("a flow");
    let report = json!({ "error": failure });
    let run_id = failed.flow_run_id.as_str();
    facility.notifier().ended(flow, run_id, &report).await;
}

/// Tells of prunes that become late, for as long as it is polled.
async fn watch_prunes<T>(facility: &Facility) -> T {
    loop {
        if let Err(failure) = tell_overdue(facility).await {
            tracing::warn!(%failure, "notify: it was not seen which prunes are late");
        }
        tokio::time::sleep(EVERY_HOUR).await;
    }
}

/// The pools in which every flow is one of this build; others are left to their own workers.
fn served_pools(beamline: Beamline, layout: Layout) -> BTreeSet<&'static str> {
    let is_ours = |flow: &str| splash_flows::flows::FLOWS.iter().any(|one| one.name == flow);
    let all = deployments(beamline, layout);
    let foreign: BTreeSet<&str> = all
        .iter()
        .filter(|one| !is_ours(one.flow))
        .map(|one| one.pool)
        .collect();
    for pool in &foreign {
        say(&format!(
            "note: {pool} is not served: its flows are not in this build"
        ));
    }
    all.iter()
        .map(|one| one.pool)
        .filter(|pool| !foreign.contains(pool))
        .collect()
}
