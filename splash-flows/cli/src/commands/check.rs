//! `splash-flows check`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use splash_flows_cli::check::{Finding, Subject, check};

use crate::Settings;

/// Check the configuration, or one endpoint, before a run.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check the configuration, the variables and the folders: every mistake at once, with file, line and column.
    /// Sends nothing. Exit status: 0 no mistake, 1 mistakes.
    Config {
        /// Print one JSON list: severity (error, note), file, line, column, key, message.
        #[arg(long)]
        json: bool,
    },
    Transfer(super::try_out::TryOut),
    Compute(super::check_compute::CheckCompute),
    Sfapi(super::check_sfapi::CheckSfapi),
}

impl Check {
    /// Checks and prints what it found.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let json = match &self.what {
            What::Config { json } => *json,
            What::Transfer(endpoint) => return endpoint.execute(settings),
            What::Compute(compute) => return compute.execute(settings),
            What::Sfapi(sfapi) => return sfapi.execute(settings),
        };
        let findings = check(Subject {
            config: &settings.config,
            env_file: settings.env_file.as_deref(),
            state_dir: settings.state_dir.as_deref(),
        });
        let text = if json {
            serde_json::to_string(&findings).unwrap_or_default()
        } else {
            words(&findings)
        };
        let written = writeln!(std::io::stdout().lock(), "{text}");
        if written.is_ok() && !findings.iter().any(Finding::is_error) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// A line for each finding, and their number.
fn words(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.push(match errors {
        0 => "no mistakes".to_owned(),
        1 => "1 mistake".to_owned(),
        more => format!("{more} mistakes"),
    });
    lines.join("\n")
}
