//! What the production service allows one client.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::caller::Refusal;

/// Requests in [`WINDOW_S`] seconds.
const REQUESTS: usize = 20;
const WINDOW_S: i64 = 10;

/// Counts requests by user over a sliding window.
#[derive(Debug, Default)]
pub(super) struct Rate {
    recent: Mutex<HashMap<String, VecDeque<DateTime<Utc>>>>,
}

impl Rate {
    /// Counts a request, or refuses it and says when to come back. A refused request is not counted.
    pub(super) fn count(&self, user: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let times = recent.entry(user.to_owned()).or_default();
        let window = TimeDelta::seconds(WINDOW_S);
        while times.front().is_some_and(|first| now - *first >= window) {
            times.pop_front();
        }
        if times.len() < REQUESTS {
            times.push_back(now);
            return Ok(());
        }
        let wait = times.front().map_or(window, |first| window - (now - *first));
        let mut refusal = Refusal::new(429, "TOO_MANY_REQUESTS", "Too many requests: 20 in 10 s");
        let seconds = u64::try_from(wait.num_milliseconds()).unwrap_or(0).div_ceil(1000);
        refusal.retry_after = Some(seconds.max(1));
        Err(refusal)
    }
}
