//! What a reconstruction did.

use proved_transfer::copy::VerifiedCopy;
use serde::{Deserialize, Serialize};

use super::{Catalogued, CopyReport, ScheduledPrune, told};
use crate::failure::Failure;
use crate::ingest::{Again, Issue};
use crate::run::RunContext;

/// A step that a centre did, believed because the centre says that it succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepReport {
    /// The centre, such as `nersc`.
    pub site: String,
    /// The step: `reconstruct`, `multiresolution`.
    pub step: String,
    /// The centre's id of the job or task.
    pub id: String,
    /// How long it ran, in seconds, if the centre says so.
    pub seconds: Option<u64>,
}

impl StepReport {
    /// A step of a centre, with the centre's id of it.
    pub fn new(site: &str, step: &str, id: &str, seconds: Option<u64>) -> Self {
        Self {
            site: site.to_owned(),
            step: step.to_owned(),
            id: id.to_owned(),
            seconds,
        }
    }
}

/// The outcome of one run of a reconstruction flow.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReconReport {
    /// The run's id.
    pub run_id: String,
    /// Whether every step succeeded.
    pub ok: bool,
    /// The scan, as the flow was given it.
    pub file: String,
    /// The centre's steps that succeeded.
    pub steps: Vec<StepReport>,
    /// The copies that are proved.
    pub copies: Vec<CopyReport>,
    /// What stood at the place of a result, brought there from another centre, and was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// The catalogue entries of the results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scicat: Vec<Catalogued>,
    /// What the catalogue could not be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// The next tries of what the catalogue did not take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Again>,
    /// The prunes that stand in the schedule.
    pub prunes: Vec<ScheduledPrune>,
    /// The first failure.
    pub error: Option<Failure>,
    /// The failures after the first.
    pub further_errors: Vec<Failure>,
}

impl ReconReport {
    /// The report of a run that has done nothing yet with this file.
    pub fn new(run_id: &str, file: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            file: file.to_owned(),
            steps: Vec::new(),
            copies: Vec::new(),
            replaced: Vec::new(),
            scicat: Vec::new(),
            issues: Vec::new(),
            again: Vec::new(),
            prunes: Vec::new(),
            error: None,
            further_errors: Vec::new(),
        }
    }

    /// Adds a copy that is proved.
    pub fn add_copy(&mut self, proof: &VerifiedCopy) {
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
