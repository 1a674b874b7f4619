//! `test_832_transfers` and `test_832_transfers_grafana`: whether the way of the scans is open.

use proved_transfer::probe;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::move_scan::moved;
use crate::copy::{Hop, Item, Kind, collection, copy};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::ingest::Issue;
use crate::report::MoveReport;
use crate::run::RunContext;

const STEP: &str = "flight_check";

/// The parameters of `test_832_transfers`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlightParameters {
    /// A file on spot832.
    #[serde(default = "test_file")]
    pub file_path: String,
}

/// The parameters of `test_832_transfers_grafana`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrafanaParameters {
    /// A file on data832, or a folder if it ends in a slash.
    #[serde(default = "test_folder")]
    pub file_path: String,
}

fn test_file() -> String {
    "/raw/transfer_tests/test.txt".to_owned()
}

fn test_folder() -> String {
    "/raw/transfer_tests/test/".to_owned()
}

/// Copies the file on spot832 to `test_<uuid>.txt` beside it, this to data832 and on to nersc832, each copy proved,
/// and removes the three again, whatever became of them.
pub async fn flight_check(run: &RunContext, parameters: &FlightParameters) -> MoveReport {
    let file = parameters.file_path.as_str();
    let mut report = MoveReport::new(run.run_id(), file);
    let tried = async {
        let [spot, data, nersc] = ["spot832", "data832", "nersc832"].map(|key| endpoint(run, key));
        let way = [spot?, data?, nersc?];
        run.facility().preflight_transfer().await?;
        Ok(probe::way(run, file, &way, ("test_", ".txt")).await)
    };
    let failures = match Box::pin(tried).await {
        Ok(trial) => {
            trial.copies.iter().for_each(|proof| report.add_copy(proof));
            report.issues = trial.removed.into_iter().map(Issue::warning).collect();
            trial.failures
        }
        Err(failure) => vec![failure],
    };
    report.close(run, failures)
}

/// Copies a file or folder from data832 to nersc_alsdev, proves it, and pushes the metrics of the hop. A copy that
/// stands already is proved and not made again; then there is nothing to push.
pub async fn flight_check_grafana(run: &RunContext, parameters: &GrafanaParameters) -> MoveReport {
    let path = parameters.file_path.as_str();
    let mut report = MoveReport::new(run.run_id(), path);
    let copied = async {
        let (source, destination) = (endpoint(run, "data832")?, endpoint(run, "nersc_alsdev")?);
        run.facility().preflight_transfer().await?;
        let item = Item {
            path,
            label: STEP,
            kind: path.strip_suffix('/').map_or(Kind::File, |_| Kind::Folder),
        };
        moved(run, Box::pin(copy(run, item, Hop { source, destination }, None))).await
    };
    let copied = Box::pin(copied).await.map(|proof| report.add_copy(&proof));
    report.close(run, Vec::from_iter(copied.err()))
}

/// An endpoint, looked at before anything is sent.
fn endpoint<'a>(run: &'a RunContext, key: &str) -> Result<&'a StorageEndpoint, Failure> {
    let endpoint = run.facility().config().endpoint(key);
    let endpoint = endpoint.map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
    collection(endpoint, STEP).map(|_| endpoint)
}
