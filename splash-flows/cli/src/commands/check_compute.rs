//! `splash-flows check compute`

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use globus_compute::{Arguments, Client, Dialect, EndpointId, Executor, Function};
use pipeline::compute::Compute;
use serde::Deserialize;
use splash_flows::failure::Failure;

use super::run::until_interrupted;
use super::{facility, say};
use crate::Settings;

const STEP: &str = "check";
const SERVICE: &str = "globus_compute";
/// For how long the probe's answer is waited for: an endpoint may have to start a worker, or wait for a node.
const WITHIN: Duration = Duration::from_secs(300);
const PROBE: &str = include_str!("probe.py");
const CREDENTIALS: &str = "check GLOBUS_COMPUTE_CLIENT_ID and GLOBUS_COMPUTE_CLIENT_SECRET, or GLOBUS_CLIENT_ID and GLOBUS_CLIENT_SECRET";
const START: &str = "start it on its machine: globus-compute-endpoint start NAME";

/// Try a compute endpoint out: the credentials, whether it is online, its workers, its version and how it is talked to.
/// Changes nothing.
///
/// Each failure says what to do. Exit status: 0 all is well, 1 something failed, 130 interrupted.
#[derive(Debug, Args)]
pub(crate) struct CheckCompute {
    /// Its id. Default: `endpoint` under alcf_recon in config.yml, GLOBUS_COMPUTE_ENDPOINT, or the Secret block
    /// globus-compute-endpoint.
    endpoint: Option<String>,
    /// Also run a function of one second there.
    #[arg(long)]
    probe: bool,
}

impl CheckCompute {
    /// Looks at one thing after the other.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        match until_interrupted(self.run(settings)) {
            Ok(Some(Ok(true))) => ExitCode::SUCCESS,
            Ok(Some(Ok(false))) => ExitCode::FAILURE,
            other => super::ended(other.map(|done| done.map(|done| done.map(drop)))),
        }
    }

    async fn run(&self, settings: &Settings) -> Result<bool, Failure> {
        let facility = facility(settings)?;
        let mut all_well = true;
        let mut told = |step: &str, outcome: Result<String, Failure>| {
            all_well &= outcome.is_ok();
            tell(step, &outcome);
            outcome.is_ok()
        };
        let asked = self.endpoint.clone().or_else(|| super::alcf_endpoint(&facility));
        let endpoint = facility.compute_endpoint(asked.as_deref()).await;
        let compute = facility.compute().map_err(|failure| failure.remedy(CREDENTIALS));
        let named = told(
            "endpoint",
            endpoint.as_ref().map(ToString::to_string).map_err(Clone::clone),
        );
        let (true, Ok(endpoint)) = (named, endpoint) else {
            return Ok(false);
        };
        let taken = match &compute {
            Ok(compute) => token(compute).await,
            Err(failure) => Err(failure.clone()),
        };
        if let (true, Ok(compute)) = (told("token", taken), compute) {
            let client = compute.client();
            let online = told("online", online(client, &endpoint).await);
            told("version", version(client, &endpoint).await);
            if self.probe && online {
                told("probe", probe(client, &endpoint).await);
            }
        }
        Ok(all_well)
    }
}

fn of(error: &globus_compute::Error) -> Failure {
    let failure = Failure::service(STEP, SERVICE, error);
    if error.is_not_found() {
        failure.remedy("check the endpoint's id: globus-compute-endpoint list, on its machine")
    } else {
        failure
    }
}

fn tell(step: &str, outcome: &Result<String, Failure>) {
    let (word, text) = match outcome {
        Ok(text) => ("ok", text.clone()),
        Err(failure) => ("FAIL", failure.to_string()),
    };
    if writeln!(std::io::stdout().lock(), "{word:<4}  {step:<8}  {text}").is_err() {
        say(&text);
    }
}

async fn token(compute: &Compute) -> Result<String, Failure> {
    let taken = compute.client().rest().authenticate().await;
    taken
        .map(|()| "Globus takes the credentials".to_owned())
        .map_err(|error| of(&error).remedy(CREDENTIALS))
}

/// Whether it takes tasks, and with how many workers, as far as it tells.
async fn online(client: &Client, endpoint: &EndpointId) -> Result<String, Failure> {
    let status = client.endpoint(endpoint.clone()).status().send().await;
    let status = status.map_err(|error| of(&error))?;
    let work = status.details.clone().unwrap_or_default();
    let counts = [
        ("workers", work.total_workers),
        ("idle", work.idle_workers),
        ("tasks waiting", work.pending_tasks),
        ("managers", work.managers),
    ];
    let counts = counts.map(|(name, count)| Some(format!("{name} {}", count?)));
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let work = if counts.is_empty() {
        "it tells nothing of its workers".to_owned()
    } else {
        counts.join(", ")
    };
    let text = format!("{}; {work}", status.status);
    if status.is_online() {
        return Ok(text);
    }
    Err(Failure::new(STEP, "endpoint_offline", text)
        .of(SERVICE)
        .remedy(START))
}

async fn version(client: &Client, endpoint: &EndpointId) -> Result<String, Failure> {
    let known = client.endpoint(endpoint.clone()).get().send().await;
    let known = known.map_err(|error| of(&error))?;
    let how = match Dialect::of_version(known.endpoint_version.as_deref()) {
        Dialect::Legacy => "plain pickles, as endpoints before 3.3 read them",
        _ => "plain source and JSON",
    };
    let name = known.display_name.or(known.name).unwrap_or_default();
    let version = known.endpoint_version.as_deref().unwrap_or("of unknown version");
    let host = known
        .hostname
        .map(|host| format!(" on {host}"))
        .unwrap_or_default();
    Ok(format!("{version}, {name}{host}; it is talked to in {how}"))
}

/// What the probe returns.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Probed {
    host: String,
    python: String,
    seconds: f64,
}

async fn probe(client: &Client, endpoint: &EndpointId) -> Result<String, Failure> {
    let begun = std::time::Instant::now();
    let executor = Executor::new(client.clone(), endpoint.clone());
    let function = Function::from_source("probe", PROBE).map_err(|error| of(&error))?;
    let task = executor.submit(&function, Arguments::new()).await;
    let task = task.map_err(|error| of(&error))?;
    let id = task.id().to_string();
    let Ok(ran) = tokio::time::timeout(WITHIN, task.result::<Probed>()).await else {
        let text = format!("compute task {id} has not ended within {} s", WITHIN.as_secs());
        return Err(Failure::new(STEP, "no_answer", text).of(SERVICE).remedy(
            "see whether the endpoint's scheduler gives it a node, and the endpoint's log (endpoint.log)",
        ));
    };
    let ran = ran.map_err(|error| {
        Failure::new(STEP, "probe_failed", error.to_string())
            .of(SERVICE)
            .remedy("see the endpoint's log (endpoint.log) and worker_init in its configuration")
    })?;
    Ok(format!(
        "a function of {:.1} s ran on {} with Python {}; its answer came after {:.1} s",
        ran.seconds,
        ran.host,
        ran.python,
        begun.elapsed().as_secs_f64()
    ))
}
