//! `splash-flows prune`

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use splash_flows::config::DeletionMode;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::flows::{self, Outcome};
use splash_flows::prune::{DuePrune, due_prunes};
use splash_flows_cli::{live, words};

use super::run::{flow, until_interrupted};
use super::{configuration, facility, say};
use crate::Settings;

const FLOW: &str = "prune_globus_endpoint";

/// Delete a file or folder whose copy elsewhere is proved, as far as `deletion` in config.yml allows; or, with --due, run
/// what is due in the local schedule.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command")]
pub(crate) struct Prune {
    /// The file or folder, relative to the roots of both endpoints.
    #[arg(required_unless_present = "due", conflicts_with = "due")]
    path: Option<String>,
    /// The key of the endpoint whose copy goes.
    #[arg(
        long,
        value_name = "ENDPOINT",
        required_unless_present = "due",
        conflicts_with = "due"
    )]
    from: Option<String>,
    /// The key of the endpoint whose copy must prove it. Without one, only a `retention` rule lets it go.
    #[arg(long, value_name = "ENDPOINT", conflicts_with = "due")]
    check: Option<String>,
    /// What the two are compared by: our own delivery, or, for data that we did not deliver, names and sizes.
    #[arg(long, value_enum, default_value_t = Verify::Delivery, conflicts_with = "due")]
    verify: Verify,
    /// Check and report; delete nothing.
    #[arg(long, conflicts_with = "due")]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, conflicts_with_all = ["due", "dry_run"])]
    yes: bool,
    /// The run's id. The id of a run that did not end well goes on where it ended. Default: a new one.
    #[arg(long, conflicts_with = "due")]
    run_id: Option<String>,
    /// Run the prunes of the local schedule that are due: for cron, where there is no Prefect server.
    #[arg(long)]
    due: bool,
    /// Print the report as one JSON document; with --due, a list of them.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Verify {
    Delivery,
    Size,
}

impl Prune {
    /// Runs it; exit status 0 done, 1 failed or refused, 2 not asked for in a way that can be meant, 130 interrupted.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        match (&self.path, &self.from) {
            (Some(path), Some(from)) => self.one(settings, path, from),
            _ => self.what_is_due(settings),
        }
    }

    fn one(&self, settings: &Settings, path: &str, from: &str) -> ExitCode {
        let mut parameters = json!({
            "relative_path": path,
            "source_endpoint": from,
            "check_endpoint": self.check,
            "dry_run": self.dry_run,
            "verify": match self.verify {
                Verify::Delivery => "delivery",
                Verify::Size => "size",
            },
        });
        if !self.dry_run && !self.yes {
            let deletes = match configuration(settings) {
                Ok((config, _)) => config.deletion() != DeletionMode::Report,
                Err(failure) => {
                    say(&failure.to_string());
                    return ExitCode::FAILURE;
                }
            };
            if deletes {
                if !std::io::stdin().is_terminal() {
                    say("nobody can be asked here: give --yes to delete, or --dry-run to check only");
                    return ExitCode::from(2);
                }
                parameters["dry_run"] = json!(true);
                let checked = flow(settings, FLOW, &parameters, None, false);
                if checked != ExitCode::SUCCESS || !agreed(path, from) {
                    say("nothing was deleted");
                    return ExitCode::FAILURE;
                }
                parameters["dry_run"] = json!(false);
            }
        }
        flow(settings, FLOW, &parameters, self.run_id.as_deref(), self.json)
    }

    fn what_is_due(&self, settings: &Settings) -> ExitCode {
        let ran = until_interrupted(run_due(settings, self.json));
        match ran {
            Ok(Some(Ok(outcomes))) => {
                let ok = outcomes.iter().all(|outcome| outcome.ok);
                if print(&outcomes, self.json) && ok {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::FAILURE
                }
            }
            Ok(Some(Err(failure))) => {
                say(&failure.to_string());
                ExitCode::FAILURE
            }
            Ok(None) => {
                say("interrupted: what is not done is due again");
                ExitCode::from(130)
            }
            Err(error) => {
                say(&format!("no runtime: {error}"));
                ExitCode::FAILURE
            }
        }
    }
}

/// Asks on the terminal; anything but yes is no.
fn agreed(path: &str, from: &str) -> bool {
    yes(&format!("Delete {path:?} from {from}?"))
}

/// Asks on the terminal; anything but yes is no.
pub(super) fn yes(question: &str) -> bool {
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Runs every prune that is due, one after the other; one that fails is scheduled again and holds none of the others up.
async fn run_due(settings: &Settings, json: bool) -> Result<Vec<Outcome>, Failure> {
    let facility = Arc::new(facility(settings)?);
    let mut outcomes = Vec::new();
    for prune in due_prunes(&facility).await? {
        outcomes.push(run_now(&facility, &prune, json).await);
    }
    Ok(outcomes)
}

/// Runs what stands in the schedule.
pub(super) async fn run_now(facility: &Arc<Facility>, prune: &DuePrune, json: bool) -> Outcome {
    let progress = if json { live::silent() } else { live::progress() };
    say(&format!("run {}", prune.run_id));
    let ran = flows::run(facility, &prune.flow, &prune.parameters, &prune.run_id, progress);
    match Box::pin(ran).await {
        Ok(outcome) => outcome,
        Err(failure) => Outcome {
            ok: false,
            report: json!({ "run_id": prune.run_id, "ok": false, "error": failure }),
        },
    }
}

pub(super) fn print(outcomes: &[Outcome], json: bool) -> bool {
    let mut out = std::io::stdout().lock();
    if json {
        let reports: Vec<&Value> = outcomes.iter().map(|outcome| &outcome.report).collect();
        return writeln!(out, "{}", json!(reports)).is_ok();
    }
    let mut written = true;
    for outcome in outcomes {
        written &= writeln!(out, "{}", words::summary(&outcome.report)).is_ok();
        if let Some(failures) = words::failures(&outcome.report) {
            say(&failures);
        }
    }
    if outcomes.is_empty() {
        written &= writeln!(out, "nothing is due").is_ok();
    }
    written
}
