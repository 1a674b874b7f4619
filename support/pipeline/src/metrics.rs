//! The incumbent's gauges of transfers, for every hop of a run, pushed to a Prometheus Pushgateway.
//!
//! `PUSHGATEWAY_URL` switches it on, `JOB_NAME` and `INSTANCE_LABEL` name the group. Where only one of these two is
//! set, the gateway is the incumbent's default, `http://localhost:9091`; an empty `PUSHGATEWAY_URL` switches it off.
//!
//! A push takes the place of what the group held, so each holds all hops of the run until then. It can fail without
//! harm: that is one warning, and the gateway is left alone for the rest of the run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pushgateway::{Exposition, Gateway};

use crate::dotenv::Environment;
use crate::progress::{Event, Progress};
use crate::run::RunContext;

const URL: &str = "PUSHGATEWAY_URL";
const DEFAULT_URL: &str = "http://localhost:9091";
const DEFAULT_JOB: &str = "nersc_transfer";
const DEFAULT_INSTANCE: &str = "data_transfer";

/// What one run tells of its transfers.
#[derive(Debug)]
pub struct Metrics {
    /// Nothing if it is switched off; text if the settings are wrong.
    gateway: Result<Option<Gateway>, String>,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// What the service said of the transfers that have just ended.
    latest: Vec<Delivered>,
    hops: Vec<Sample>,
    failed: bool,
}

#[derive(Debug)]
struct Delivered {
    machine: String,
    bytes: u64,
    bytes_per_second: Option<u64>,
    seconds: Option<f64>,
}

/// One hop's values.
#[derive(Debug)]
struct Sample {
    execution_id: String,
    machine: String,
    bytes: f64,
    bytes_per_second: f64,
    seconds: f64,
}

impl Metrics {
    /// As the environment says. Nothing is sent.
    pub(crate) fn new(environment: &Environment) -> Self {
        Self {
            gateway: gateway(environment).map_err(|error| format!("{URL}: {error}")),
            told: Mutex::default(),
        }
    }

    /// The same progress, with an ear for transfers.
    pub(crate) fn listening(self: &Arc<Self>, progress: Progress) -> Progress {
        let metrics = Arc::clone(self);
        Progress::new(move |run_id, event| {
            if let Event::Delivered {
                machine,
                bytes,
                bytes_per_second,
                seconds,
                ..
            } = event
            {
                metrics.told().latest.push(Delivered {
                    machine: machine.clone(),
                    bytes: *bytes,
                    bytes_per_second: *bytes_per_second,
                    seconds: *seconds,
                });
            }
            progress.pass(run_id, event);
        })
    }

    /// Pushes the transfers that have just ended, which took so long here, with those before them. Nothing if there
    /// was none, or it moved no bytes.
    pub async fn push(&self, run: &RunContext, wall: Duration) {
        let Some(figures) = self.told().figures(wall) else {
            return;
        };
        let outcome = match &self.gateway {
            Ok(None) => return,
            Ok(Some(gateway)) => gateway
                .push(&figures)
                .send()
                .await
                .map_err(|error| error.to_string()),
            Err(problem) => Err(problem.clone()),
        };
        if let Err(problem) = outcome {
            self.told().failed = true;
            tracing::warn!(%problem, "metrics not pushed");
            run.say(&Event::Notice {
                text: format!("the metrics were not pushed, and are not in this run again: {problem}"),
            });
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn figures(&mut self, wall: Duration) -> Option<Exposition> {
        let latest = std::mem::take(&mut self.latest);
        let before = self.hops.len();
        let moved = latest.into_iter().filter(|latest| latest.bytes > 0);
        self.hops.extend(moved.map(|latest| Sample::of(latest, wall)));
        (!self.failed && self.hops.len() > before).then(|| exposition(&self.hops))
    }
}

impl Sample {
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
    fn of(delivered: Delivered, wall: Duration) -> Self {
        // A run that found its task again waited for less than the task took.
        let seconds = wall.as_secs_f64().max(delivered.seconds.unwrap_or(0.0));
        let bytes = delivered.bytes as f64;
        let speed = delivered.bytes_per_second.map(|speed| speed as f64);
        Self {
            execution_id: format!("exec_{}", uuid::Uuid::new_v4()),
            machine: delivered.machine,
            bytes,
            bytes_per_second: speed.unwrap_or_else(|| bytes / seconds.max(f64::MIN_POSITIVE)),
            seconds,
        }
    }
}

fn gateway(environment: &Environment) -> pushgateway::Result<Option<Gateway>> {
    let set = |name: &str| {
        environment
            .get(name)
            .is_some_and(|value| !value.trim().is_empty())
    };
    let url = match environment.get(URL) {
        Some(_) if !set(URL) => return Ok(None),
        Some(url) => url,
        None if set("JOB_NAME") || set("INSTANCE_LABEL") => DEFAULT_URL,
        None => return Ok(None),
    };
    // The gateway refuses a job without a name, and has a form for an instance without one.
    let job = environment.get("JOB_NAME").filter(|_| set("JOB_NAME"));
    let instance = environment.get("INSTANCE_LABEL");
    let (job, instance) = (job.unwrap_or(DEFAULT_JOB), instance.unwrap_or(DEFAULT_INSTANCE));
    Gateway::new(url, job, instance).map(Some)
}

type Value = fn(&Sample) -> f64;

fn exposition(hops: &[Sample]) -> Exposition {
    let by_execution: [(&str, &str, Value); 2] = [
        (
            "nersc_transfer_request_count",
            "Transfers asked for, one each",
            |_| 1.0,
        ),
        ("nersc_transfer_total_bytes", "Bytes of each transfer", |hop| {
            hop.bytes
        }),
    ];
    let by_machine: [(&str, &str, Value); 3] = [
        (
            "nersc_transfer_file_bytes",
            "Bytes of the latest transfer to a machine",
            |hop| hop.bytes,
        ),
        (
            "nersc_transfer_speed_bytes_per_second",
            "Speed of the latest transfer to a machine, as the service has it",
            |hop| hop.bytes_per_second,
        ),
        (
            "nersc_transfer_time_seconds",
            "Time of the latest copy to a machine, its proof included",
            |hop| hop.seconds,
        ),
    ];
    let mut figures = Exposition::default();
    for (name, help, value) in by_execution {
        let mut gauge = figures.gauge(name, help);
        for hop in hops {
            gauge.sample("execution_id", &hop.execution_id, value(hop));
        }
    }
    for (name, help, value) in by_machine {
        let mut gauge = figures.gauge(name, help);
        for hop in hops {
            gauge.sample("machine", &hop.machine, value(hop));
        }
    }
    figures
}

#[cfg(test)]
mod tests;
