//! What runs did, and what stands in the schedule: documents that `--json` prints and the run store keeps.

mod moves;
mod prune;
mod recon;

use proved_transfer::copy::VerifiedCopy;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;

pub use moves::{BranchReport, DispatchReport, ListReport, MoveReport};
pub use prune::{InTrash, PruneAgain, PruneOutcome, PruneReport, ScheduledPrune};
pub use recon::{ReconReport, StepReport};

/// A proved copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CopyReport {
    /// The key of the endpoint that holds it.
    pub endpoint: String,
    /// Its path on that endpoint's collection.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The flow's verdict; a copy that is not proved is not in the report.
    pub verified: bool,
    /// The Globus task that delivered it.
    pub task_id: String,
}

impl CopyReport {
    fn of(proof: &VerifiedCopy) -> Self {
        Self {
            endpoint: proof.witness().endpoint().to_owned(),
            path: proof.witness().path().to_owned(),
            bytes: proof.witness().size(),
            verified: true,
            task_id: proof.task_id().unwrap_or_default().to_owned(),
        }
    }
}

/// A catalogue entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Catalogued {
    /// The SciCat dataset's persistent identifier.
    pub pid: String,
}

impl Catalogued {
    /// The entry of this persistent identifier.
    pub fn new(pid: impl Into<String>) -> Self {
        Self { pid: pid.into() }
    }
}

/// Tells of each failure; the first, and those after it.
fn told(run: &RunContext, failures: Vec<Failure>) -> (Option<Failure>, Vec<Failure>) {
    for failure in &failures {
        run.say(&Event::Failed {
            failure: failure.clone(),
        });
    }
    let mut failures = failures.into_iter();
    (failures.next(), failures.collect())
}
