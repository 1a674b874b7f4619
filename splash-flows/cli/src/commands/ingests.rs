//! `splash-flows ingests`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use splash_flows::failure::Failure;
use splash_flows::ingest::{OpenFlow, open_flow, open_flows};
use splash_flows::prune::drop_prune;
use splash_flows_cli::words;

use super::ingest::{ended, lines};
use super::prune::run_now;
use super::run::until_interrupted;
use super::{facility, say};
use crate::Settings;

/// What could not be catalogued yet, and scans that were not complete: list them, try one now, or drop one.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Ingests {
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
    /// Try one now, whenever it is due.
    Retry {
        /// Its id in the list.
        id: String,
        /// Print the report as one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Take one out of the list: it is not tried again by itself.
    Drop {
        /// Its id in the list.
        id: String,
        /// Why; kept in the record.
        #[arg(long)]
        reason: String,
    },
}

impl Ingests {
    /// Does it; exit status 1 if it failed or was refused.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        ended(until_interrupted(self.run(settings)))
    }

    async fn run(&self, settings: &Settings) -> Result<bool, Failure> {
        let facility = Arc::new(facility(settings)?);
        let (text, ok) = match &self.action {
            None => {
                let mut open = open_flows(&facility).await?;
                open.retain(|one| one.overdue || !self.overdue);
                let none = "everything stands in the catalogue";
                (lines(&open, self.json, none, line), true)
            }
            Some(Action::Retry { id, json }) => {
                let one = open_flow(&facility, id).await?;
                let outcome = run_now(&facility, &one, *json).await;
                if *json {
                    (outcome.report.to_string(), outcome.ok)
                } else {
                    if let Some(failures) = words::failures(&outcome.report) {
                        say(&failures);
                    }
                    (words::summary(&outcome.report), outcome.ok)
                }
            }
            Some(Action::Drop { id, reason }) => {
                if reason.trim().is_empty() {
                    return Err(Failure::new("ingests", "no_reason", "--reason is empty"));
                }
                open_flow(&facility, id).await?;
                drop_prune(&facility, id, reason).await?;
                (format!("dropped: {id} is not tried again by itself"), true)
            }
        };
        Ok(writeln!(std::io::stdout().lock(), "{text}").is_ok() && ok)
    }
}

fn line(one: &OpenFlow) -> String {
    let due = one.due.format("%Y-%m-%d %H:%M:%S UTC");
    let mut parts = vec![format!("{}  {due}  {:?} by {}", one.id, one.file, one.flow)];
    if one.overdue {
        parts.push("OVERDUE".to_owned());
    }
    parts.extend(one.elsewhere.iter().map(|id| format!("flow run {id}")));
    if let Some(reason) = &one.reason {
        parts.push(format!("{} tries, the last: {reason}", one.tries));
    }
    parts.join(", ")
}
