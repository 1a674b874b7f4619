//! What is retried, and when. All of it pure; the loop that acts on it is in `send`.

use std::time::Duration;

/// How often, how fast and how long a client tries.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    attempts: u32,
    first_delay: Duration,
    max_delay: Duration,
    budget: Duration,
}

impl Default for RetryPolicy {
    /// 5 attempts, delays from 0.5 s doubling to 20 s, 120 s in all.
    fn default() -> Self {
        Self {
            attempts: 5,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            budget: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// One attempt only, as pollers want it: the next poll is the retry.
    pub fn none() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// The most attempts, the first included; 0 counts as 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The delay before the first retry; it doubles from there. The actual delay is between half of it and all.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// The longest delay that doubling reaches. A longer `Retry-After` is still honoured within the budget.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Wall-clock time for all attempts and delays together. It also cuts the time of each attempt, and a delay
    /// that would go beyond it is not begun: the call fails at once.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// How many attempts are allowed.
    pub(crate) fn max_attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn time_budget(&self) -> Duration {
        self.budget
    }

    /// The delay before attempt `failed + 1`, with `jitter` in `0.0..1.0`; a longer wish of the service wins.
    pub(crate) fn delay(&self, failed: u32, jitter: f64, retry_after: Option<Duration>) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let full = self
            .first_delay
            .saturating_mul(1 << doublings)
            .min(self.max_delay);
        let jittered = full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        jittered.max(retry_after.unwrap_or_default())
    }
}

/// How an attempt failed, as far as retrying depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// No connection: the request was not sent.
    Connect,
    /// The time was up; the request may have arrived.
    Timeout,
    /// The connection broke; the request may have arrived.
    Io,
    /// The service answered with an error status.
    Status {
        /// The HTTP status.
        status: u16,
        /// The service's own word, from its error document: `true` = it did not act, try again;
        /// `false` = trying again is useless; `None` = the status decides.
        transient: Option<bool>,
    },
    /// Trying again cannot help (a bad certificate, an answer too large).
    Fatal,
}

/// What follows from an [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Give the error to the caller.
    Return,
    /// Wait and send again.
    Retry,
    /// Drop the token and send once more with a new one, if the provider can have one.
    RenewToken,
}

/// Whether a failed attempt is tried again: by kind of failure and by whether the request is idempotent.
///
/// | failure | idempotent | not idempotent |
/// |---|---|---|
/// | no connection | retry | retry (nothing was sent) |
/// | timeout, broken connection | retry | return |
/// | 401 | renew the token | renew the token (nothing was done) |
/// | 408 425 429 500 502 503 504 | retry | return; 429 and 503 retry if the service says that it did not act |
/// | other error status | retry if the service says that it passes | return |
pub fn decide(outcome: Outcome, idempotent: bool) -> Verdict {
    let retry = match outcome {
        Outcome::Connect => true,
        Outcome::Timeout | Outcome::Io => idempotent,
        Outcome::Status { status: 401, .. } => return Verdict::RenewToken,
        Outcome::Status { status, .. } if status < 400 => false,
        Outcome::Status { status, transient } => {
            if idempotent {
                transient.unwrap_or_else(|| is_passing_status(status))
            } else {
                transient == Some(true) && matches!(status, 429 | 503)
            }
        }
        Outcome::Fatal => false,
    };
    if retry { Verdict::Retry } else { Verdict::Return }
}

/// Statuses that pass by themselves.
fn is_passing_status(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}
