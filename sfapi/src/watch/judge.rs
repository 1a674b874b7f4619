//! What a waiter makes of its readings.

use std::time::Duration;

use tokio::time::Instant;

use super::Settings;
use super::source::Sighting;
use crate::{Job, JobState};

/// Reasons for which a waiting job will never begin. Parts of Slurm's words.
const NEVER: [&str; 12] = [
    "PartitionTimeLimit",
    "PartitionNodeLimit",
    "MaxWallDurationPerJobLimit",
    "MaxNodePerJob",
    "MaxCpuPerJobLimit",
    "BadConstraints",
    "DependencyNeverSatisfied",
    "InvalidAccount",
    "InvalidQOS",
    "AccountNotAllowed",
    "QOSNotAllowed",
    "JobHeldAdmin",
];

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It waits or runs.
    Pending(Job),
    /// It has ended so.
    Ended(Job),
    /// It waits for what will not come.
    Never(Job),
    /// Nothing is known of it (yet).
    Unknown,
    /// Nothing has been known of it for too long.
    Lost,
}

#[derive(Debug)]
pub(super) struct Judge {
    unknown_for: Duration,
    lag: Duration,
    /// Since when the queue shows no living job.
    gone_since: Option<Instant>,
    last: Option<Job>,
}

impl Judge {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            unknown_for: settings.unknown_for,
            lag: settings.accounting_lag,
            gone_since: None,
            last: None,
        }
    }

    /// `None`: neither queue nor accounting know the job.
    pub(super) fn look(&mut self, sighting: Option<&Sighting>, now: Instant) -> Verdict {
        let (queue, accounting) =
            sighting.map_or((None, None), |s| (s.queue.as_ref(), s.accounting.as_ref()));
        if let Some(job) = queue.filter(|job| !job.is_done()) {
            self.gone_since = None;
            self.last = Some(job.clone());
            return if never_begins(job) {
                Verdict::Never(job.clone())
            } else {
                Verdict::Pending(job.clone())
            };
        }
        let gone_for = now.saturating_duration_since(*self.gone_since.get_or_insert(now));
        if let Some(job) = accounting.filter(|job| job.is_done()) {
            return Verdict::Ended(job.clone());
        }
        if let Some(job) = queue {
            // Ended, says the queue; the accounting, which knows the exit code, is late.
            return if gone_for >= self.lag {
                Verdict::Ended(job.clone())
            } else {
                Verdict::Pending(job.clone())
            };
        }
        if gone_for >= self.unknown_for.max(self.lag.min(self.lag_of_known())) {
            return Verdict::Lost;
        }
        match accounting.or(self.last.as_ref()) {
            Some(job) => Verdict::Pending(job.clone()),
            None => Verdict::Unknown,
        }
    }

    /// A job that was seen before has the accounting's time to show its end.
    fn lag_of_known(&self) -> Duration {
        if self.last.is_some() {
            self.lag
        } else {
            Duration::ZERO
        }
    }
}

fn never_begins(job: &Job) -> bool {
    job.state == JobState::Pending
        && job
            .reason
            .as_deref()
            .is_some_and(|reason| NEVER.iter().any(|never| reason.contains(never)))
}
