//! `nersc_streaming_flow`: a job that receives frames from the beamline and reconstructs them while it may run.

use std::sync::Mutex;
use std::time::Duration;

use judged_jobs::{Order, run_job};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use settings::{walltime, whole_minutes};
use sfapi::Job;
use sfapi::slurm::{check_time, format_time};
use tracing::Instrument;

use super::scripts::{self, Folders};
use crate::facility::Facility;
use crate::failure::Failure;
use crate::hpc::{ReconReport, StepReport};
use crate::run::RunContext;
use crate::span::step;

/// The step in the record, in the job's name and in failures.
const STEP: &str = "stream";

/// The parameters of `nersc_streaming_flow`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamingParameters {
    /// How long the job runs: seconds, ISO 8601 or `h:mm:ss`; 5 minutes by default.
    #[serde(default = "five_minutes")]
    #[schemars(extend("anyOf" = [{ "type": "string", "format": "duration" }, { "type": "number" }]))]
    pub walltime: Value,
    /// How often, in seconds, the job's state is published; 10 by default.
    #[serde(default = "ten")]
    pub monitor_interval: u64,
}

fn five_minutes() -> Value {
    json!("PT5M")
}

fn ten() -> u64 {
    10
}

/// Runs the job to the end of its time, and publishes how it stands as the variable `<run id>-metadata` meanwhile.
pub async fn nersc_streaming(run: &RunContext, parameters: &StreamingParameters) -> ReconReport {
    let mut report = ReconReport::new(run.run_id(), "");
    let streamed = Box::pin(stream(run, parameters)).instrument(step(STEP)).await;
    let failures = match streamed {
        Ok(done) => {
            report.steps.push(done);
            Vec::new()
        }
        Err(failure) => vec![failure],
    };
    report.close(run, failures)
}

/// Takes back what a run has published of its job, once it was cancelled.
///
/// # Errors
/// The server could not be asked.
pub async fn withdraw_streaming(facility: &Facility, run_id: &str) -> Result<(), Failure> {
    facility.scheduler().withdraw(&variable(run_id)).await
}

fn variable(run_id: &str) -> String {
    format!("{run_id}-metadata")
}

async fn stream(run: &RunContext, parameters: &StreamingParameters) -> Result<StepReport, Failure> {
    let refused = |text: String| Failure::new(STEP, "parameters", text);
    let time = walltime(&parameters.walltime).ok_or_else(|| {
        let given = &parameters.walltime;
        refused(format!(
            "walltime is {given}; it must be a time such as 300 (seconds), \"PT5M\" or \"0:05:00\""
        ))
    })?;
    if parameters.monitor_interval == 0 {
        return Err(refused("monitor_interval must be at least 1 second".to_owned()));
    }
    let time = whole_minutes(time);
    let settings = &crate::site::settings(run.facility().config())?.nersc_streaming;
    check_time(&settings.qos, time).map_err(|error| refused(format!("walltime: {error}")))?;
    let superfacility = run.facility().superfacility()?;
    let folders = Folders::of(superfacility.user().await?, "", "");
    let jobs = superfacility.jobs(&settings.machine).await?;
    let outputs = settings
        .volumes
        .iter()
        .filter_map(|(outside, _)| outside.strip_prefix("{pscratch}"));
    let outputs = outputs.map(|below| format!("{}{below}", folders.pscratch));
    for folder in outputs.chain([settings.log_folder.clone()]) {
        jobs.make_folder(&folder)
            .await
            .map_err(|error| Failure::service("preflight", "sfapi", &error))?;
    }
    let about = format!(
        "{}_streaming_tomo_recon",
        run.facility().now().format("%Y%m%d_%H%M%S")
    );
    let latest: Mutex<Option<Value>> = Mutex::new(None);
    let run_folder = folders.run(run.run_id());
    let order = Order {
        step: STEP,
        key: STEP,
        about: &about,
        run_folder: &run_folder,
        script: &|name, fence| scripts::streaming(settings, &folders, name, time, fence),
        time_is_its_end: true,
        on_update: &|job| {
            if let Ok(mut latest) = latest.lock() {
                *latest = Some(shown(job, time));
            }
        },
    };
    let interval = Duration::from_secs(parameters.monitor_interval);
    let done = tokio::select! {
        done = Box::pin(run_job(run, &jobs, &order)) => done,
        () = publish(run, &latest, interval) => Err(Failure::new(STEP, "published", "the job's state is published without end")),
    };
    let withdrawn = run.facility().scheduler().withdraw(&variable(run.run_id())).await;
    let job = done?;
    withdrawn?;
    Ok(StepReport::new("nersc", &job.step, &job.job_id, job.seconds))
}

/// The document that outside pages read.
fn shown(job: &Job, time: Duration) -> Value {
    json!({
        "job_id": job.id.as_str(),
        "job_state": job.state.as_str(),
        "timelimit": format_time(job.time_limit.unwrap_or(time)),
        "elapsed": format_time(job.elapsed.unwrap_or_default()),
    })
}

/// Publishes what changes, for ever. A server that does not take it is in the log once; the job goes on.
async fn publish(run: &RunContext, latest: &Mutex<Option<Value>>, interval: Duration) {
    let (mut published, mut warned) = (None, false);
    loop {
        let now = latest.lock().ok().and_then(|latest| latest.clone());
        // Until the job is seen for the first time its state is looked for more often.
        let pause = if now.is_none() {
            Duration::from_millis(200)
        } else {
            interval
        };
        if let Some(value) = now.filter(|value| published.as_ref() != Some(value)) {
            match run
                .facility()
                .scheduler()
                .publish(&variable(run.run_id()), &value)
                .await
            {
                Ok(()) => published = Some(value),
                Err(failure) if !warned => {
                    warned = true;
                    tracing::warn!(run_id = run.run_id(), %failure, "the job's state is not published");
                }
                Err(_) => {}
            }
        }
        tokio::time::sleep(pause.min(interval)).await;
    }
}
