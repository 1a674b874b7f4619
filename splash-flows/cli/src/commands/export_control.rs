//! `splash-flows export-control`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use proved_transfer::audit;
use run_store::{ControlledPath, RunStore};
use serde::Serialize;
use serde_json::json;
use splash_flows::config::Config;
use splash_flows::facility::{shared_record, state_dir};
use splash_flows_cli::who::Who;

use super::{configuration, say};
use crate::Settings;
use crate::commands::run::until_interrupted;

/// The paths that may not leave the site: list them, add one, or lift one.
#[derive(Debug, Args)]
pub(crate) struct ExportControl {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the paths on record, and the patterns of the configuration.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Keep a file or folder on site, with everything below it.
    Add(Change),
    /// Let a file or folder go again: exactly the one that is on record.
    Lift(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// The path as the flows are given it, such as /global/raw/folder/scan.h5, or without /global.
    path: String,
    /// Why; kept in the record and in the audit log.
    #[arg(long)]
    reason: String,
}

/// One line of the audit log.
#[derive(Serialize)]
struct AuditLine<'a> {
    at: chrono::DateTime<chrono::Utc>,
    action: &'a str,
    path: &'a str,
    reason: &'a str,
    by: Who,
}

impl ExportControl {
    /// Does it; exit status 1 if it was refused.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let done = match until_interrupted(self.run(settings)) {
            Ok(Some(done)) => done,
            Ok(None) => Err("interrupted".to_owned()),
            Err(error) => Err(format!("no runtime: {error}")),
        };
        match done {
            Ok(text) if writeln!(std::io::stdout().lock(), "{text}").is_ok() => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(error) => {
                say(&error);
                ExitCode::FAILURE
            }
        }
    }

    async fn run(&self, settings: &Settings) -> Result<String, String> {
        let (config, environment) = configuration(settings).map_err(|failure| failure.message)?;
        let state_dir =
            state_dir(settings.state_dir.as_deref(), &environment).map_err(|failure| failure.message)?;
        let record = Record {
            store: shared_record(&environment, &state_dir).map_err(|failure| failure.message)?,
            config,
            state_dir,
        };
        match &self.action {
            Action::List { json } => record.list(*json).await,
            Action::Add(change) => record.add(&change.path()?, change.reason()?).await,
            Action::Lift(change) => record.lift(&change.path()?, change.reason()?).await,
        }
    }
}

impl Change {
    /// The path below the facility's data, in the spelling of the record.
    fn path(&self) -> Result<String, String> {
        let path = self.path.as_str();
        let below = match path.strip_prefix("/global") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
            _ => path,
        };
        let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() || path.contains('\0') || parts.iter().any(|part| matches!(*part, "." | "..")) {
            return Err(format!(
                "{path:?} names no file or folder; it should look like /global/raw/<folder>/<scan>.h5"
            ));
        }
        Ok(format!("/{}", parts.join("/")))
    }

    fn reason(&self) -> Result<&str, String> {
        match self.reason.trim() {
            "" => Err("--reason is empty: say why, for those who read the audit log".to_owned()),
            reason => Ok(reason),
        }
    }
}

/// The record, and what the configuration adds to it.
struct Record {
    store: Arc<dyn RunStore>,
    config: Config,
    state_dir: PathBuf,
}

impl Record {
    async fn list(&self, json: bool) -> Result<String, String> {
        let paths = self
            .store
            .controlled_paths()
            .await
            .map_err(|error| told(&error))?;
        let patterns: Vec<String> = self.patterns();
        if json {
            let path = |one: &ControlledPath| json!({"path": one.path, "reason": one.reason, "run_id": one.run_id, "since": one.since});
            let paths: Vec<_> = paths.iter().map(path).collect();
            return Ok(json!({ "paths": paths, "patterns": patterns }).to_string());
        }
        let mut lines: Vec<String> = paths.iter().map(line).collect();
        lines.extend(
            patterns
                .iter()
                .map(|pattern| format!("pattern {pattern} of {}", self.config.file())),
        );
        if lines.is_empty() {
            lines.push("nothing is under export control".to_owned());
        }
        Ok(lines.join("\n"))
    }

    async fn add(&self, path: &str, reason: &str) -> Result<String, String> {
        if let Some(record) = self.exactly(path).await? {
            return Ok(format!("already on record: {}", line(&record)));
        }
        self.audit("export_control_add", path, reason)?;
        self.store
            .control_path(path, reason, None)
            .await
            .map_err(|error| told(&error))?;
        Ok(format!("{path:?} and everything below it stay on site"))
    }

    async fn lift(&self, path: &str, reason: &str) -> Result<String, String> {
        if let Some(pattern) = self.config.export_control().pattern(path) {
            return Err(format!(
                "{path:?} is not lifted: the pattern {pattern} under export_control in {} covers it, and the next run \
                 would put it on record again. Change the pattern first",
                self.config.file()
            ));
        }
        if self.exactly(path).await?.is_none() {
            let covering = self.store.controlled(path).await.map_err(|error| told(&error))?;
            return Err(match covering {
                Some(record) => format!(
                    "{path:?} itself is not on record; what is: {}. Lift that path",
                    line(&record)
                ),
                None => format!("{path:?} is not under export control"),
            });
        }
        // First the log: nothing is lifted of which it does not tell.
        self.audit("export_control_lift", path, reason)?;
        self.store
            .lift_control(path, reason)
            .await
            .map_err(|error| told(&error))?;
        let still = self.store.controlled(path).await.map_err(|error| told(&error))?;
        Ok(match still {
            Some(record) => format!("{path:?} is lifted, but still covered by {}", line(&record)),
            None => format!("{path:?} may leave the site"),
        })
    }

    async fn exactly(&self, path: &str) -> Result<Option<ControlledPath>, String> {
        let paths = self
            .store
            .controlled_paths()
            .await
            .map_err(|error| told(&error))?;
        Ok(paths.into_iter().find(|record| record.path == path))
    }

    fn patterns(&self) -> Vec<String> {
        let patterns = self.config.export_control().patterns().iter();
        patterns.map(ToString::to_string).collect()
    }

    fn audit(&self, action: &str, path: &str, reason: &str) -> Result<(), String> {
        let line = AuditLine {
            at: chrono::Utc::now(),
            action,
            path,
            reason,
            by: Who::now(),
        };
        audit::append_line(&self.state_dir, &line).map_err(|error| {
            format!(
                "the audit log in {} cannot be written, so nothing was done: {error}",
                self.state_dir.display()
            )
        })
    }
}

fn line(record: &ControlledPath) -> String {
    let run = record.run_id.as_ref().map(|run| format!(", run {run}"));
    format!(
        "{:?} since {}{}: {}",
        record.path,
        record.since.format("%Y-%m-%d %H:%M:%S"),
        run.unwrap_or_default(),
        record.reason
    )
}

/// The error and its causes in one line.
fn told(error: &run_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
