//! `splash-flows ingest`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use splash_flows::failure::Failure;
use splash_flows::flows::Outcome;
use splash_flows::flows::scicat::{FLOW, IngestParameters, Paths, dry_run};
use splash_flows::ingest::due_flows;
use splash_flows_cli::words;

use super::prune::{print, run_now};
use super::run::{flow, until_interrupted};
use super::{configuration, facility, say};
use crate::Settings;

/// Catalogue a scan, or files; or, with --due, try again what is due in the local schedule.
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// The file or folder, as flows are given it. Several are one dataset.
    #[arg(required_unless_present = "due", conflicts_with = "due")]
    files: Vec<String>,
    /// By which rules: a name of ingest.rules in config.yml, or one of the facility's. Default: those of 8.3.2's
    /// tomography, or of SCICAT_INGEST_INGESTER_SPEC.
    #[arg(long, value_name = "NAME", conflicts_with = "due")]
    spec: Option<String>,
    /// The dataset that it was computed from: it is catalogued as a derived one. Repeatable.
    #[arg(long = "derived-from", value_name = "PID", conflicts_with_all = ["due", "dry_run"], requires = "software")]
    inputs: Vec<String>,
    /// The program that computed it, with its version. Repeatable.
    #[arg(long, value_name = "NAME", requires = "inputs")]
    software: Vec<String>,
    /// With which parameters it was computed, as a JSON object.
    #[arg(long, value_name = "JSON", requires = "inputs", value_parser = object)]
    job_parameters: Option<serde_json::Map<String, Value>>,
    /// Read and show what would be sent; send nothing.
    #[arg(long, conflicts_with = "due")]
    dry_run: bool,
    /// The run's id. The id of a run that did not end well goes on where it ended. Default: a new one.
    #[arg(long, conflicts_with_all = ["due", "dry_run"])]
    run_id: Option<String>,
    /// Try again what failed and is due: for cron, where there is no Prefect server.
    #[arg(long)]
    due: bool,
    /// Print one JSON document: dataset, origdatablock, attachment, issues; with --due, a list of reports.
    #[arg(long)]
    json: bool,
}

impl Ingest {
    /// Runs it; exit status 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        if self.due {
            return ended(until_interrupted(self.what_is_due(settings)));
        }
        if self.dry_run {
            return ended(until_interrupted(self.show(settings)));
        }
        let parameters = json!(self.parameters());
        flow(settings, FLOW, &parameters, self.run_id.as_deref(), self.json)
    }

    fn parameters(&self) -> IngestParameters {
        let mut parameters = IngestParameters::new("", self.spec.as_deref());
        parameters.input_datasets.clone_from(&self.inputs);
        parameters.used_software.clone_from(&self.software);
        parameters.job_parameters = self.job_parameters.clone().unwrap_or_default();
        parameters.dataset_path = match self.files.as_slice() {
            [one] => Paths::One(one.clone()),
            several => Paths::Several(several.to_vec()),
        };
        parameters
    }

    async fn show(&self, settings: &Settings) -> Result<bool, Failure> {
        let (config, environment) = configuration(settings)?;
        let document = dry_run(&config, &environment, &self.parameters()).await?;
        let text = if self.json {
            document.to_string()
        } else {
            words::dry_ingest(&document)
        };
        Ok(writeln!(std::io::stdout().lock(), "{text}").is_ok())
    }

    async fn what_is_due(&self, settings: &Settings) -> Result<bool, Failure> {
        let facility = Arc::new(facility(settings)?);
        let mut outcomes = Vec::new();
        for due in due_flows(&facility).await? {
            outcomes.push(run_now(&facility, &due, self.json).await);
        }
        let ok = outcomes.iter().all(|outcome: &Outcome| outcome.ok);
        Ok(print(&outcomes, self.json) && ok)
    }
}

fn object(text: &str) -> Result<serde_json::Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))
}

/// The exit status of a command that answers whether all is well.
pub(super) fn ended(outcome: std::io::Result<Option<Result<bool, Failure>>>) -> ExitCode {
    match outcome {
        Ok(Some(Ok(true))) => ExitCode::SUCCESS,
        Ok(Some(Ok(false))) => ExitCode::FAILURE,
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

/// One line of a list, or its JSON.
pub(super) fn lines<T: serde::Serialize>(
    list: &[T],
    json: bool,
    none: &str,
    line: impl Fn(&T) -> String,
) -> String {
    if json {
        return json!(list).to_string();
    }
    if list.is_empty() {
        return none.to_owned();
    }
    list.iter().map(line).collect::<Vec<_>>().join("\n")
}
