//! `splash-flows run`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use splash_flows::failure::Failure;
use splash_flows::flows::{self, Outcome};
use splash_flows::span;
use splash_flows_cli::{live, parameters, words};
use tokio::runtime::{Builder, Runtime};

use super::{facility, say};
use crate::Settings;

/// Run one flow. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
#[derive(Debug, Args)]
pub(crate) struct RunFlow {
    /// The flow's name; `splash-flows flows` lists them.
    flow: String,
    /// A parameter, as key=value. Repeatable. A value is text, true, false, null, JSON, or a number where the flow takes one.
    #[arg(long = "param", value_name = "KEY=VALUE")]
    parameters: Vec<String>,
    /// The run's id. The id of a run that did not end well goes on where it ended. Default: a new one.
    #[arg(long)]
    run_id: Option<String>,
    /// Print the report as one JSON document.
    #[arg(long)]
    json: bool,
}

impl RunFlow {
    /// Runs the flow to its end.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        match parameters::parse(&self.flow, &self.parameters) {
            Ok(parameters) => flow(
                settings,
                &self.flow,
                &parameters,
                self.run_id.as_deref(),
                self.json,
            ),
            Err(error) => {
                say(&error);
                ExitCode::from(2)
            }
        }
    }
}

/// Runs a flow to its end; the report goes to stdout, everything else to stderr.
pub(crate) fn flow(
    settings: &Settings,
    name: &str,
    parameters: &Value,
    run_id: Option<&str>,
    json: bool,
) -> ExitCode {
    let run_id = run_id.map_or_else(splash_flows::run::new_run_id, str::to_owned);
    let span = span::run(name, parameters, &run_id);
    let tell = |text: &str| span.in_scope(|| say(text));
    tell(&format!("run {run_id}"));
    let outcome = until_interrupted(begin(settings, name, parameters, &run_id, json));
    match outcome {
        Ok(Some(Ok(outcome))) => finish(&outcome, json, tell),
        Ok(Some(Err(failure))) => finish(&refused(&run_id, &failure), json, tell),
        Ok(None) => {
            tell(&format!(
                "interrupted: tasks at the services go on; to go on with the run: --run-id {run_id}"
            ));
            ExitCode::from(130)
        }
        Err(error) => {
            tell(&format!("no runtime: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs a future to its end, or until SIGINT or SIGTERM: nothing then. A run's lease is given back as its
/// future is dropped; nothing remote is cancelled.
pub(crate) fn until_interrupted<F: Future>(work: F) -> std::io::Result<Option<F::Output>> {
    Ok(runtime()?.block_on(async {
        tokio::select! {
            outcome = work => Some(outcome),
            () = interrupted() => None,
        }
    }))
}

/// Where commands run their requests.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Waits for SIGINT or SIGTERM.
pub(super) async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

async fn begin(
    settings: &Settings,
    flow: &str,
    parameters: &Value,
    run_id: &str,
    json: bool,
) -> Result<Outcome, Failure> {
    let facility = Arc::new(facility(settings)?);
    let progress = if json { live::silent() } else { live::progress() };
    flows::run(&facility, flow, parameters, run_id, progress).await
}

/// A run that could not begin, in the form of a report.
fn refused(run_id: &str, failure: &Failure) -> Outcome {
    Outcome {
        ok: false,
        report: json!({ "run_id": run_id, "ok": false, "error": failure }),
    }
}

fn finish(outcome: &Outcome, json: bool, tell: impl Fn(&str)) -> ExitCode {
    let text = if json {
        outcome.report.to_string()
    } else {
        words::summary(&outcome.report)
    };
    let written = writeln!(std::io::stdout().lock(), "{text}");
    if !json && let Some(failure) = words::failures(&outcome.report) {
        tell(&failure);
    }
    if outcome.ok && written.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
