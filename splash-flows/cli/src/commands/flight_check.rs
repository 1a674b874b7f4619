//! `splash-flows flight-check`

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::run::flow;
use crate::Settings;

/// See whether the way of the scans is open: the flow test_832_transfers.
///
/// Copies a test file on spot832, then to data832 and to NERSC, proves each copy and removes them again. Exit status: 0
/// all is well and nothing is left, 1 something failed, 130 interrupted: the same --run-id cleans up.
#[derive(Debug, Args)]
pub(crate) struct FlightCheck {
    /// The file on spot832.
    #[arg(long, value_name = "PATH", default_value = "/raw/transfer_tests/test.txt")]
    file: String,
    /// The run's id, that of an interrupted check to clean up after it. Default: a new one.
    #[arg(long)]
    run_id: Option<String>,
    /// Print the report as one JSON document.
    #[arg(long)]
    json: bool,
}

impl FlightCheck {
    /// Runs the check.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        let parameters = json!({ "file_path": self.file });
        flow(
            settings,
            "test_832_transfers",
            &parameters,
            self.run_id.as_deref(),
            self.json,
        )
    }
}
