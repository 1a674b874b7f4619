//! `splash-flows prunes`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use proved_transfer::audit;
use serde::Serialize;
use serde_json::json;
use splash_flows::failure::Failure;
use splash_flows::prune::{OpenPrune, drop_prune, open_prune, open_prunes};
use splash_flows_cli::who::Who;
use splash_flows_cli::words;

use super::prune::run_now;
use super::run::until_interrupted;
use super::{facility, say};
use crate::Settings;

/// The prunes that are not done: list them, run one now, or drop one.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Prunes {
    /// Only those whose date is over.
    #[arg(long)]
    overdue: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run a prune now, whenever it is due.
    Retry {
        /// Its id in the list.
        id: String,
        /// Print the report as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Take a prune out of the list: it is not tried again, whoever starts it.
    Drop {
        /// Its id in the list.
        id: String,
        /// Why; kept in the record and in the audit log.
        #[arg(long)]
        reason: String,
    },
}

/// One line of the audit log.
#[derive(Serialize)]
struct AuditLine<'a> {
    at: chrono::DateTime<chrono::Utc>,
    action: &'a str,
    prune: &'a str,
    endpoint: &'a str,
    path: &'a str,
    reason: &'a str,
    by: Who,
}

impl Prunes {
    /// Does it; exit status 1 if it failed or was refused.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        match until_interrupted(self.run(settings)) {
            Ok(Some(Ok((text, ok)))) if writeln!(std::io::stdout().lock(), "{text}").is_ok() && ok => {
                ExitCode::SUCCESS
            }
            Ok(Some(Ok(_))) => ExitCode::FAILURE,
            Ok(Some(Err(failure))) => {
                say(&failure.to_string());
                ExitCode::FAILURE
            }
            Ok(None) => {
                say("interrupted");
                ExitCode::from(130)
            }
            Err(error) => {
                say(&format!("no runtime: {error}"));
                ExitCode::FAILURE
            }
        }
    }

    async fn run(&self, settings: &Settings) -> Result<(String, bool), Failure> {
        let facility = Arc::new(facility(settings)?);
        match &self.action {
            None => {
                let mut open = open_prunes(&facility).await?;
                open.retain(|prune| prune.overdue || !self.overdue);
                Ok((listed(&open, self.json), true))
            }
            Some(Action::Retry { id, json }) => {
                let prune = open_prune(&facility, id).await?;
                let outcome = run_now(&facility, &prune, *json).await;
                if *json {
                    return Ok((outcome.report.to_string(), outcome.ok));
                }
                if let Some(failures) = words::failures(&outcome.report) {
                    say(&failures);
                }
                Ok((words::summary(&outcome.report), outcome.ok))
            }
            Some(Action::Drop { id, reason }) => {
                if reason.trim().is_empty() {
                    return Err(Failure::new("prunes", "no_reason", "--reason is empty"));
                }
                let open = open_prunes(&facility)
                    .await?
                    .into_iter()
                    .find(|prune| prune.id == *id);
                let Some(prune) = open else {
                    let text = format!("there is no open prune {id:?}");
                    return Err(Failure::new("prunes", "no_prune", text));
                };
                // First the log: nothing is dropped of which it does not tell.
                let line = AuditLine {
                    at: chrono::Utc::now(),
                    action: "drop_prune",
                    prune: id,
                    endpoint: &prune.endpoint,
                    path: &prune.path,
                    reason,
                    by: Who::now(),
                };
                audit::append(&facility.workplace().state_dir, &line).await?;
                drop_prune(&facility, id, reason).await?;
                Ok((
                    format!("dropped: {:?} stays on {}", prune.path, prune.endpoint),
                    true,
                ))
            }
        }
    }
}

fn listed(open: &[OpenPrune], json: bool) -> String {
    if json {
        return json!(open).to_string();
    }
    if open.is_empty() {
        return "no prune is open".to_owned();
    }
    let line = |prune: &OpenPrune| {
        let mut parts = vec![format!(
            "{}  {}  {:?} on {}",
            prune.id,
            prune.due.format("%Y-%m-%d %H:%M:%S UTC"),
            prune.path,
            prune.endpoint
        )];
        parts.push(match &prune.check_endpoint {
            Some(check) => format!("proved by {check}"),
            None => "by its age".to_owned(),
        });
        if prune.overdue {
            parts.push("OVERDUE".to_owned());
        }
        parts.extend(prune.elsewhere.iter().map(|id| format!("flow run {id}")));
        if let Some(reason) = &prune.reason {
            parts.push(format!("{} tries, the last: {reason}", prune.tries));
        }
        parts.join(", ")
    };
    open.iter().map(line).collect::<Vec<_>>().join("\n")
}
