//! `/compute/jobs`: the queue and the accounting of a machine.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rest_core::{Clock, Pace, Poller, Progress, RequestParts};

use super::SubmitJob;
use super::tasks::{begin, result_of};
use crate::error::{ErrorExt as _, refused};
use crate::model::{Job, QueueReply, Source};
use crate::{Client, Error, JobId, Machine, Result, TaskId};

/// How often the end of a cancelled job is looked for.
const CANCEL: Pace = Pace {
    first: Duration::from_millis(500),
    growth: 0.3,
    max: Duration::from_secs(10),
};

/// What can be done with the jobs of a machine. Made by [`Client::compute`].
#[derive(Clone, Debug)]
pub struct Compute {
    pub(super) client: Client,
    pub(super) machine: Machine,
}

impl Compute {
    pub(crate) fn new(client: Client, machine: Machine) -> Self {
        Self { client, machine }
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Submits a script's text.
    pub fn submit(&self, script: impl Into<String>) -> SubmitJob {
        SubmitJob::text(self.clone(), script.into())
    }

    /// Submits a script that stands on the machine.
    pub fn submit_file(&self, path: impl Into<String>) -> SubmitJob {
        SubmitJob::file(self.clone(), path.into())
    }

    /// Lists jobs.
    pub fn jobs(&self) -> ListJobs {
        ListJobs {
            compute: self.clone(),
            accounting: false,
            cached: false,
            kwargs: Vec::new(),
            index: None,
            limit: None,
            retry: true,
        }
    }

    /// One job.
    pub fn job(&self, id: &JobId) -> JobHandle {
        JobHandle {
            compute: self.clone(),
            id: id.clone(),
        }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.client.rest().clock().clone()
    }

    pub(super) fn parts(&self, operation: &'static str, method: Method, path: &'static str) -> RequestParts {
        RequestParts::new(operation, method, path).path_param("machine", self.machine.as_str())
    }
}

/// Lists jobs, of the queue unless said otherwise. Made by [`Compute::jobs`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct ListJobs {
    compute: Compute,
    accounting: bool,
    cached: bool,
    kwargs: Vec<(String, String)>,
    index: Option<u64>,
    limit: Option<u64>,
    retry: bool,
}

impl ListJobs {
    /// Asks the accounting (`sacct`) instead of the queue (`squeue`).
    pub fn accounting(mut self) -> Self {
        self.accounting = true;
        self
    }

    /// Takes what the service remembers, which may be some seconds old and may not know a new job.
    pub fn cached(mut self) -> Self {
        self.cached = true;
        self
    }

    /// Only these jobs.
    pub fn ids<'a>(self, ids: impl IntoIterator<Item = &'a JobId>) -> Self {
        let ids: Vec<&str> = ids.into_iter().map(JobId::as_str).collect();
        self.filter("jobid", &ids.join(","))
    }

    /// Only this user's.
    pub fn user(self, user: &str) -> Self {
        self.filter("user", user)
    }

    /// Only those of a partition.
    pub fn partition(self, partition: &str) -> Self {
        self.filter("partition", partition)
    }

    /// Only those that this option of `squeue` or `sacct` leaves.
    pub fn filter(mut self, option: &str, value: &str) -> Self {
        self.kwargs.push((option.to_owned(), value.to_owned()));
        self
    }

    /// The first of the jobs to be listed, from 0.
    pub fn index(mut self, index: u64) -> Self {
        self.index = Some(index);
        self
    }

    /// How many jobs at most.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sends the request once, for callers that ask again anyway.
    pub fn no_retry(mut self) -> Self {
        self.retry = false;
        self
    }

    /// `GET /compute/jobs/{machine}`, without sending it.
    ///
    /// # Errors
    /// `Config` when a filter is empty: the service would list the jobs of all users.
    pub fn into_parts(&self) -> Result<RequestParts> {
        if let Some((option, _)) = self.kwargs.iter().find(|(_, value)| value.is_empty()) {
            return Err(Error::config(format!("the filter `{option}` of jobs is empty")));
        }
        let mut parts = self
            .compute
            .parts("sfapi.jobs", Method::GET, "/compute/jobs/{machine}")
            .query("sacct", self.accounting.to_string())
            .query("cached", self.cached.to_string())
            .query_opt("index", self.index.map(|n| n.to_string()))
            .query_opt("limit", self.limit.map(|n| n.to_string()));
        for (option, value) in &self.kwargs {
            parts = parts.query("kwargs", format!("{option}={value}"));
        }
        Ok(if self.retry { parts } else { parts.no_retry() })
    }

    /// The jobs, without steps. A job that the queue or the accounting does not know is left out; that is no error.
    /// Retried, unless [`no_retry`](Self::no_retry) was set.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the words of Slurm.
    pub async fn send(&self) -> Result<Vec<Job>> {
        let reply: QueueReply = self.compute.client.request(self.into_parts()?).await?;
        read("sfapi.jobs", reply, self.accounting)
    }
}

/// The jobs of a reply. Slurm finds it worth an error when the only job that was asked for is gone.
fn read(operation: &'static str, reply: QueueReply, accounting: bool) -> Result<Vec<Job>> {
    if reply.status.eq_ignore_ascii_case("error") {
        let error = refused(operation, reply.error.as_deref());
        return if error.is_job_not_found() {
            Ok(Vec::new())
        } else {
            Err(error)
        };
    }
    let source = if accounting {
        Source::Accounting
    } else {
        Source::Queue
    };
    let rows = reply.output.unwrap_or_default().into_iter();
    Ok(rows.filter_map(|row| Job::from_row(row, source)).collect())
}

/// What can be done with a job. Made by [`Compute::job`].
#[derive(Clone, Debug)]
pub struct JobHandle {
    compute: Compute,
    id: JobId,
}

impl JobHandle {
    /// `GET /compute/jobs/{machine}/{jobid}`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn get_parts(&self, accounting: bool) -> Result<RequestParts> {
        Ok(self
            .compute
            .parts("sfapi.job", Method::GET, "/compute/jobs/{machine}/{jobid}")
            .path_param("jobid", self.id.as_str())
            .query("sacct", accounting.to_string())
            .query("cached", "false"))
    }

    /// The job, from the queue if it is there, else from the accounting; `None` if neither knows it (yet: see
    /// [`ErrorExt::is_job_not_found`](crate::ErrorExt::is_job_not_found)). One or two requests, each retried.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the words of Slurm.
    pub async fn get(&self) -> Result<Option<Job>> {
        if let Some(job) = self.look(false).await? {
            return Ok(Some(job));
        }
        self.look(true).await
    }

    /// The job as the queue, or as the accounting shows it. One request, retried.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub async fn look(&self, accounting: bool) -> Result<Option<Job>> {
        let reply: Option<QueueReply> = self
            .compute
            .client
            .request_opt(self.get_parts(accounting)?)
            .await?;
        let Some(reply) = reply else { return Ok(None) };
        let jobs = read("sfapi.job", reply, accounting)?;
        Ok(jobs.into_iter().find(|job| job.id == self.id))
    }

    /// Calls the job off.
    pub fn cancel(&self) -> CancelJob {
        CancelJob { job: self.clone() }
    }
}

/// Calls a job off. Made by [`JobHandle::cancel`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CancelJob {
    job: JobHandle,
}

impl CancelJob {
    /// `DELETE /compute/jobs/{machine}/{jobid}`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = self.job.compute.parts(
            "sfapi.cancel_job",
            Method::DELETE,
            "/compute/jobs/{machine}/{jobid}",
        );
        Ok(parts.path_param("jobid", self.job.id.as_str()))
    }

    /// Sends the request alone, and gives the task that will cancel. Retried.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` where the service refuses.
    pub async fn start(&self) -> Result<TaskId> {
        begin(&self.job.compute.client, self.into_parts()?).await
    }

    /// Sends the request and waits until the service has passed it on to Slurm. The job may still end: see
    /// [`confirmed`](Self::confirmed). A job that had ended is no error.
    ///
    /// # Errors
    /// As for [`start`](Self::start); in doubt when the task cannot be followed.
    pub async fn send(&self) -> Result<()> {
        let task = self.start().await?;
        let result = result_of(&self.job.compute.client, "sfapi.cancel_job", &task).await?;
        let field = |name: &str| result.get(name).and_then(serde_json::Value::as_str);
        if field("status").is_some_and(|status| status.eq_ignore_ascii_case("error")) {
            let error = refused("sfapi.cancel_job", field("error"));
            if !error.is_job_not_found() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Cancels and looks until the job has ended; the job at its end, which may be another than CANCELLED if it came
    /// first.
    ///
    /// # Errors
    /// As for [`send`](Self::send); `Timeout` when the job is not seen to end `within` this time. It may still run
    /// then.
    pub async fn confirmed(&self, within: Duration) -> Result<Job> {
        self.send().await?;
        let (compute, id) = (self.job.compute.clone(), self.job.id.clone());
        let look = move || -> rest_core::BoxFuture<'static, Result<Progress<(), Job>>> {
            let (compute, id) = (compute.clone(), id.clone());
            Box::pin(async move {
                let queue = compute.jobs().ids([&id]).no_retry().send().await?;
                if queue.iter().any(|job| job.id == id && !job.is_done()) {
                    return Ok(Progress::Pending(()));
                }
                let ended = compute.jobs().accounting().ids([&id]).no_retry().send().await?;
                let all = ended.into_iter().chain(queue);
                let job = all.filter(|job| job.id == id).find(Job::is_done);
                Ok(job.map_or(Progress::Pending(()), Progress::Done))
            })
        };
        let clock = self.job.compute.clock();
        Poller::new("sfapi.cancel_job", clock, look)
            .pace(CANCEL)
            .deadline(within)
            .until_done()
            .await
    }
}
