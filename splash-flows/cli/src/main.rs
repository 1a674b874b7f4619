//! The `splash-flows` command.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::flows::{self, FLOWS, Outcome};
use splash_flows_cli::{live, parameters, words};

/// Run the beamline's data flows from the command line.
#[derive(Debug, Parser)]
#[command(name = "splash-flows", version, max_term_width = 100)]
struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, default_value = "config.yml")]
    config: PathBuf,
    /// A file of variables; those of the process win. Default: .env in the current folder, if there is one.
    #[arg(long, global = true)]
    env_file: Option<PathBuf>,
    /// Where runs are recorded. Default: $XDG_STATE_HOME/splash-flows, else ~/.local/state/splash-flows.
    #[arg(long, global = true)]
    state_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one flow. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    Run {
        /// The flow's name; `splash-flows flows` lists them.
        flow: String,
        /// A parameter, as key=value. Repeatable. A value is text, true, false, null, or JSON.
        #[arg(long = "param", value_name = "KEY=VALUE")]
        parameters: Vec<String>,
        /// The run's id. The id of a run that did not end well goes on where it ended. Default: a new one.
        #[arg(long)]
        run_id: Option<String>,
        /// Print the report as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List the flows and their parameters.
    Flows,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.command {
        Command::Flows => list_flows(),
        Command::Run {
            flow,
            parameters: pairs,
            run_id,
            json,
        } => {
            let parameters = match parameters::parse(pairs) {
                Ok(parameters) => parameters,
                Err(error) => {
                    say(&error);
                    return ExitCode::from(2);
                }
            };
            let run_id = run_id.clone().unwrap_or_else(splash_flows::run::new_run_id);
            run(&arguments, flow, &parameters, &run_id, *json)
        }
    }
}

fn list_flows() -> ExitCode {
    let mut out = std::io::stdout().lock();
    for flow in FLOWS {
        let written = writeln!(
            out,
            "{}\n    {}\n    {}",
            flow.name, flow.summary, flow.parameters
        );
        if written.is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Runs a flow to its end; the report goes to stdout, everything else to stderr.
fn run(arguments: &Arguments, flow: &str, parameters: &Value, run_id: &str, json: bool) -> ExitCode {
    log_to_stderr();
    say(&format!("run {run_id}"));
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = begin(arguments, flow, parameters, run_id, json) => Some(outcome),
            () = interrupted() => None,
        }
    });
    match outcome {
        Some(Ok(outcome)) => finish(&outcome, json),
        Some(Err(failure)) => finish(&refused(run_id, &failure), json),
        None => {
            say(&format!(
                "interrupted: tasks at the services go on; to go on with the run: --run-id {run_id}"
            ));
            ExitCode::from(130)
        }
    }
}

async fn begin(
    arguments: &Arguments,
    flow: &str,
    parameters: &Value,
    run_id: &str,
    json: bool,
) -> Result<Outcome, Failure> {
    let refused = |error: String| Failure::new("preflight", "config", error);
    let environment =
        Environment::load(arguments.env_file.as_deref()).map_err(|error| refused(error.to_string()))?;
    let config = Config::load(&arguments.config, &environment).map_err(|error| refused(error.to_string()))?;
    let facility = Arc::new(Facility::connect(
        config,
        environment,
        arguments.state_dir.as_deref(),
    )?);
    let progress = if json { live::silent() } else { live::progress() };
    flows::run(&facility, flow, parameters, run_id, progress).await
}

/// SIGINT or SIGTERM. The run's lease is given back as its future is dropped; nothing remote is cancelled.
async fn interrupted() {
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

/// A run that could not begin, in the form of a report.
fn refused(run_id: &str, failure: &Failure) -> Outcome {
    Outcome {
        ok: false,
        report: json!({ "run_id": run_id, "ok": false, "error": failure }),
    }
}

fn finish(outcome: &Outcome, json: bool) -> ExitCode {
    let text = if json {
        outcome.report.to_string()
    } else {
        words::summary(&outcome.report)
    };
    let written = writeln!(std::io::stdout().lock(), "{text}");
    if !json && let Some(failure) = words::failures(&outcome.report) {
        say(&failure);
    }
    if outcome.ok && written.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Logs at the level of RUST_LOG, off by default: progress and report say what people need.
fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing_subscriber::filter::LevelFilter::OFF.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .init();
}

fn say(text: &str) {
    // A closed stderr must not end a run.
    let _ = writeln!(std::io::stderr(), "{text}");
}
