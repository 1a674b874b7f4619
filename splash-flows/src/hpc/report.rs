//! What a reconstruction did.

use proved_transfer::copy::VerifiedCopy;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::hpc::StepReport;
use crate::ingest::{Again, Issue};
use crate::progress::Event;
use crate::report::{Catalogued, CopyReport, ScheduledPrune};
use crate::run::RunContext;

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
    pub(crate) fn new(run_id: &str, file: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            file: file.to_owned(),
            steps: Vec::new(),
            copies: Vec::new(),
            scicat: Vec::new(),
            issues: Vec::new(),
            again: Vec::new(),
            prunes: Vec::new(),
            error: None,
            further_errors: Vec::new(),
        }
    }

    pub(crate) fn add_copy(&mut self, proof: &VerifiedCopy) {
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
