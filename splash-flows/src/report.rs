//! What a run did: the document that `--json` prints and the run store keeps.

use serde::{Deserialize, Serialize};

use crate::copy::VerifiedCopy;
use crate::failure::Failure;
use crate::ingest::{Again, Issue};
use crate::progress::Event;
use crate::run::RunContext;
use crate::scheduler::ChildEnd;

pub use pipeline::report::{InTrash, PruneAgain, PruneOutcome, PruneReport, ScheduledPrune};

/// The outcome of one run of `new_832_file_flow`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MoveReport {
    /// The run's id.
    pub run_id: String,
    /// Whether every step that the run was asked for succeeded.
    pub ok: bool,
    /// The scan, as the flow was given it.
    pub file: String,
    /// The scan's size in bytes, once it was seen.
    pub bytes: Option<u64>,
    /// The copies that are proved, in the order of the hops.
    pub copies: Vec<CopyReport>,
    /// The catalogue entry.
    pub scicat: Option<Catalogued>,
    /// The prunes that stand in the schedule.
    pub prunes: Vec<ScheduledPrune>,
    /// What the scan lacks for the catalogue, such as a field that is missing; each once.
    pub issues: Vec<Issue>,
    /// The next try of what failed and is tried again by itself: the catalogue entry, or a scan that is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
    /// The first failure.
    pub error: Option<Failure>,
    /// The failures after the first.
    pub further_errors: Vec<Failure>,
}

impl MoveReport {
    pub(crate) fn new(run_id: &str, file: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            file: file.to_owned(),
            bytes: None,
            copies: Vec::new(),
            scicat: None,
            prunes: Vec::new(),
            issues: Vec::new(),
            again: None,
            error: None,
            further_errors: Vec::new(),
        }
    }

    pub(crate) fn add_copy(&mut self, proof: &VerifiedCopy) {
        self.bytes = Some(proof.subject().size());
        self.copies.push(CopyReport {
            endpoint: proof.witness().endpoint().to_owned(),
            path: proof.witness().path().to_owned(),
            bytes: proof.witness().size(),
            verified: true,
            task_id: proof.task_id().unwrap_or_default().to_owned(),
        });
    }

    pub(crate) fn close(mut self, run: &RunContext, failures: Vec<Failure>) -> Self {
        for failure in &failures {
            run.say(&Event::Failed {
                failure: failure.clone(),
            });
        }
        let mut failures = failures.into_iter();
        self.error = failures.next();
        self.further_errors = failures.collect();
        self.ok = self.error.is_none();
        self
    }
}

/// The outcome of one run of `new_832_file_flow` with a list of scans.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListReport {
    /// The run's id.
    pub run_id: String,
    /// Whether every scan went all its way.
    pub ok: bool,
    /// Each scan, in the order in which they were given.
    pub files: Vec<MoveReport>,
    /// The first failure.
    pub error: Option<Failure>,
    /// The failures after the first.
    pub further_errors: Vec<Failure>,
}

impl ListReport {
    pub(crate) fn new(run_id: &str, files: Vec<MoveReport>) -> Self {
        let of = |report: &MoveReport| {
            let all = report.error.iter().chain(&report.further_errors);
            all.cloned().collect::<Vec<_>>()
        };
        let mut failures = files.iter().flat_map(of);
        Self {
            run_id: run_id.to_owned(),
            error: failures.next(),
            further_errors: failures.collect(),
            ok: files.iter().all(|report| report.ok),
            files,
        }
    }
}

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

/// A catalogue entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Catalogued {
    /// The SciCat dataset's persistent identifier.
    pub pid: String,
}

/// The outcome of one run of `dispatcher`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DispatchReport {
    /// The run's id.
    pub run_id: String,
    /// Whether every branch that the settings ask for did all it should.
    pub ok: bool,
    /// The scan, as the flow was given it.
    pub file: String,
    /// The move, where the settings ask for it.
    pub moved: Option<MoveReport>,
    /// The other branches that the settings ask for.
    pub branches: Vec<BranchReport>,
    /// The first failure.
    pub error: Option<Failure>,
    /// The failures after the first.
    pub further_errors: Vec<Failure>,
}

/// A flow that the dispatcher started, or did not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BranchReport {
    /// Its deployment.
    pub deployment: String,
    /// Its run and how that ended, if it was started.
    pub run: Option<ChildEnd>,
    /// Why it was not started, where that is no failure.
    pub skipped: Option<String>,
}
