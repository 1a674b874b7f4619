//! What moves did, and what a dispatcher started.

use serde::{Deserialize, Serialize};

use super::{Catalogued, CopyReport, ScheduledPrune, told};
use crate::copy::VerifiedCopy;
use crate::failure::Failure;
use crate::ingest::{Again, Issue};
use crate::run::RunContext;
use crate::scheduler::ChildEnd;

/// The outcome of the move of one scan.
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
    /// The report of a run that has done nothing yet with this file.
    pub fn new(run_id: &str, file: &str) -> Self {
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

    /// Adds a copy that is proved.
    pub fn add_copy(&mut self, proof: &VerifiedCopy) {
        self.bytes = Some(proof.subject().size());
        self.copies.push(CopyReport::of(proof));
    }

    /// The report of a run that has ended with these failures, each of which is told.
    #[must_use]
    pub fn close(mut self, run: &RunContext, failures: Vec<Failure>) -> Self {
        (self.error, self.further_errors) = told(run, failures);
        self.ok = self.error.is_none();
        self
    }
}

/// The outcome of the move of a list of scans.
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
    /// The report of these moves of one run.
    pub fn new(run_id: &str, files: Vec<MoveReport>) -> Self {
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

/// The outcome of a run that moves a scan and starts other flows for it.
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

impl DispatchReport {
    /// The report of a run that has done nothing yet with this file.
    pub fn new(run_id: &str, file: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            file: file.to_owned(),
            moved: None,
            branches: Vec::new(),
            error: None,
            further_errors: Vec::new(),
        }
    }
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

impl BranchReport {
    /// A branch that has not been started.
    pub fn new(deployment: &str) -> Self {
        Self {
            deployment: deployment.to_owned(),
            run: None,
            skipped: None,
        }
    }
}
