//! One tick of a watcher: the queue for all, the accounting for those that have left it.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use rest_core::{Clock, ErrorKind, WatchSource};

use crate::api::Compute;
use crate::{Error, Job, JobId, Result};

/// Ids of one request: about 5 kB of URL.
const IDS_PER_REQUEST: usize = 500;
/// Failures in a row, by causes that pass, before the waits fail.
const FAILURES: u32 = 10;

/// What a tick showed of a job.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) queue: Option<Job>,
    pub(super) accounting: Option<Job>,
}

#[derive(Debug)]
pub(super) struct JobSource {
    compute: Compute,
    clock: Arc<dyn Clock>,
}

impl JobSource {
    pub(super) fn new(compute: Compute) -> Self {
        let clock = compute.clock();
        Self { compute, clock }
    }
}

#[async_trait]
impl WatchSource for JobSource {
    type Id = JobId;
    type Item = Sighting;

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn batch(&self) -> usize {
        IDS_PER_REQUEST
    }

    async fn look(&self, ids: &[JobId]) -> Result<HashMap<JobId, Arc<Sighting>>> {
        let queue = by_id(self.compute.jobs().ids(ids).no_retry().send().await?);
        let gone: Vec<&JobId> = ids
            .iter()
            .filter(|id| queue.get(*id).is_none_or(Job::is_done))
            .collect();
        let mut ended = HashMap::new();
        if !gone.is_empty() {
            ended = by_id(
                self.compute
                    .jobs()
                    .accounting()
                    .ids(gone)
                    .no_retry()
                    .send()
                    .await?,
            );
        }
        let mut sightings = HashMap::new();
        for id in ids {
            let sighting = Sighting {
                queue: queue.get(id).cloned(),
                accounting: ended.remove(id),
            };
            if sighting.queue.is_some() || sighting.accounting.is_some() {
                sightings.insert(id.clone(), Arc::new(sighting));
            }
        }
        Ok(sightings)
    }

    fn passes(&self, error: &Error, failures: u32) -> bool {
        // An ended token may be answered with 403; the next request has another one.
        let refused = matches!(error.status(), Some(401 | 403)) && failures <= 2;
        // Slurm behind the service is restarted now and then.
        let slurm = error.kind() == ErrorKind::OperationFailed;
        let passing = error.is_transient() || error.is_exhausted() || error.kind() == ErrorKind::Decode;
        refused || (passing || slurm) && failures < FAILURES
    }
}

fn by_id(jobs: Vec<Job>) -> HashMap<JobId, Job> {
    jobs.into_iter().map(|job| (job.id.clone(), job)).collect()
}
