//! The fence: of several jobs of one step, one does its work.

use super::command::quote;
use crate::{Error, JobId, Result};

/// Lets one job of several through.
///
/// A submission whose answer was lost may be made again, so a step may get two jobs. Each first makes the folder
/// `<folder>/.<step>.<attempt>.claimed`, which only one can; it leaves its id in it. The others write `duplicate` and
/// end with exit code 0. A job that Slurm queues again finds its own id there, and goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    folder: String,
    claim: String,
}

/// What a job's output says when another job of the same step came first.
const DUPLICATE: &str = "duplicate";
/// The exit code of a job that could not find out.
const UNDECIDED: u8 = 75;

impl Fence {
    /// The fence of one attempt of a step, in a folder of its run that all jobs see.
    ///
    /// # Errors
    /// `Config` when the folder is not absolute, or the step cannot be part of a file's name.
    pub fn new(folder: &str, step: &str, attempt: u32) -> Result<Self> {
        if !folder.starts_with('/') || folder.trim_matches('/').is_empty() {
            return Err(Error::config(format!(
                "the run's folder {folder:?} is not absolute"
            )));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if step.is_empty() || !step.chars().all(plain) {
            return Err(Error::config(format!(
                "the step {step:?} is not letters, digits, `_` and `-`"
            )));
        }
        let folder = folder.trim_end_matches('/').to_owned();
        Ok(Self {
            claim: format!("{folder}/.{step}.{attempt}.claimed"),
            folder,
        })
    }

    /// The folder that is made once.
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// The file in it that names the job that came first.
    pub fn owner_file(&self) -> String {
        format!("{}/job", self.claim)
    }

    /// The id in that file, if it holds one.
    pub fn owner(bytes: &[u8]) -> Option<JobId> {
        let text = std::str::from_utf8(bytes).ok()?.trim();
        let is_id = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_id.then(|| JobId::new(text))
    }

    /// The lines with which a script begins.
    pub(super) fn lines(&self) -> Result<String> {
        let (folder, claim, owner) = (
            quote(&self.folder)?,
            quote(&self.claim)?,
            quote(&self.owner_file())?,
        );
        Ok(format!(
            "mkdir -p {folder} || exit {UNDECIDED}\n\
             if mkdir {claim} 2>/dev/null; then\n  \
             printf '%s\\n' \"$SLURM_JOB_ID\" > {owner} || exit {UNDECIDED}\n\
             else\n  \
             for try in 1 2 3 4 5; do [ -s {owner} ] && break; sleep 1; done\n  \
             winner=$(cat {owner}) || exit {UNDECIDED}\n  \
             [ -n \"$winner\" ] || exit {UNDECIDED}\n  \
             if [ \"$winner\" != \"$SLURM_JOB_ID\" ]; then\n    \
             echo \"{DUPLICATE}: job $winner came first\"\n    \
             exit 0\n  \
             fi\n\
             fi\n"
        ))
    }
}
