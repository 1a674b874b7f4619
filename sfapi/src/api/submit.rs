//! `POST /compute/jobs/{machine}`: submitting a job.

use http::Method;
use rest_core::RequestParts;

use super::Compute;
use super::tasks::{begin, result_of};
use crate::error::{check_path, refused};
use crate::model::SubmitResult;
use crate::{Error, JobId, Result, TaskId};

const OPERATION: &str = "sfapi.submit_job";

/// Submits a job. Made by [`Compute::submit`] and [`Compute::submit_file`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct SubmitJob {
    compute: Compute,
    job: String,
    is_path: bool,
    args: Vec<String>,
    callback: Vec<(&'static str, String)>,
}

impl SubmitJob {
    pub(super) fn text(compute: Compute, job: String) -> Self {
        Self::new(compute, job, false)
    }

    pub(super) fn file(compute: Compute, path: String) -> Self {
        Self::new(compute, path, true)
    }

    fn new(compute: Compute, job: String, is_path: bool) -> Self {
        Self {
            compute,
            job,
            is_path,
            args: Vec::new(),
            callback: Vec::new(),
        }
    }

    /// Adds an argument; only for a script that stands on the machine.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Has the service call this URL when the job has ended.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback.push(("callbackUrl", url.into()));
        self
    }

    /// Has the service write to this address when the job has ended.
    pub fn callback_email(mut self, address: impl Into<String>) -> Self {
        self.callback.push(("callbackEmail", address.into()));
        self
    }

    /// After how many seconds the service gives up on calling back.
    pub fn callback_timeout(mut self, seconds: u32) -> Self {
        self.callback.push(("callbackTimeout", seconds.to_string()));
        self
    }

    /// The request, without sending it.
    ///
    /// # Errors
    /// `Config` for a text that is no script (it begins with `#!` and has a second line), for a path that is not
    /// absolute, and for arguments to a text.
    pub fn into_parts(&self) -> Result<RequestParts> {
        if self.is_path {
            check_path(&self.job)?;
        } else {
            check_script(&self.job)?;
            if !self.args.is_empty() {
                return Err(Error::config(
                    "only a script that stands on the machine takes arguments",
                ));
            }
        }
        let mut form = vec![
            ("job".to_owned(), self.job.clone()),
            ("isPath".to_owned(), self.is_path.to_string()),
        ];
        form.extend(self.args.iter().map(|arg| ("args".to_owned(), arg.clone())));
        form.extend(
            self.callback
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone())),
        );
        Ok(self
            .compute
            .parts(OPERATION, Method::POST, "/compute/jobs/{machine}")
            .form(form))
    }

    /// Sends the request alone, and gives the task that will submit. Never sent again once it may have been acted on.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` where the service refuses. [`Sent::Maybe`](crate::Sent::Maybe) means
    /// that only looking for the job tells whether there is one.
    pub async fn start(&self) -> Result<TaskId> {
        begin(&self.compute.client, self.into_parts()?).await
    }

    /// What the task of a submission did: the job's id. For who recorded the task's id and comes back.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn job_of(&self, task: &TaskId) -> Result<JobId> {
        let result = result_of(&self.compute.client, OPERATION, task).await?;
        let result: SubmitResult = serde_json::from_value(result).map_err(|source| {
            Error::in_doubt(OPERATION, "the task's result cannot be read").with_source(source)
        })?;
        let refusal = result
            .status
            .as_deref()
            .is_some_and(|status| status.eq_ignore_ascii_case("error"));
        match result.jobid.filter(|id| !id.as_str().is_empty() && !refusal) {
            Some(id) => Ok(id),
            None if refusal => Err(refused(OPERATION, result.error.as_deref())),
            None => Err(Error::in_doubt(OPERATION, format!("task {task} names no job"))),
        }
    }

    /// Submits and gives the job's id, when Slurm has taken it. Never sent again once it may have been acted on.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the words of `sbatch` (unknown qos, account…): no job was made.
    /// [`Sent::Maybe`](crate::Sent::Maybe) means that only looking for the job tells whether there is one.
    pub async fn send(&self) -> Result<JobId> {
        self.job_of(&self.start().await?).await
    }
}

fn check_script(text: &str) -> Result<()> {
    let problem = |what: &str| Err(Error::config(format!("the job script {what}")));
    if !text.starts_with("#!") || !text.contains('\n') {
        return problem("must begin with `#!` and have more than one line");
    }
    if text.contains('\0') {
        return problem("contains a NUL character");
    }
    Ok(())
}
