//! What the production service allows one user.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;

use super::refusal::Refusal;
use super::task::Kind;
use crate::builder::Limits;

/// Requests in [`WINDOW_S`] seconds.
const REQUESTS: usize = 200;
const WINDOW_S: i64 = 10;
/// Tasks of one kind that a user may have active.
pub(crate) const ACTIVE: usize = 3;
/// Tasks that a user may have waiting behind the active ones.
pub(crate) const PENDING: usize = 100;

/// Counts requests by user over a sliding window.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    recent: Mutex<HashMap<String, VecDeque<DateTime<Utc>>>>,
}

impl Rate {
    /// Counts a request, or refuses it and says when to come back. A refused request is not counted.
    pub(crate) fn count(&self, user: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
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
        let mut refusal = Refusal::new(
            429,
            "ClientError.TooManyRequests",
            "Too many requests: 20 a second over 10 s",
        );
        refusal.retry_after = Some(
            u64::try_from(wait.num_milliseconds())
                .unwrap_or(0)
                .div_ceil(1000)
                .max(1),
        );
        Err(refusal)
    }
}

/// The places for active tasks, by user and kind.
#[derive(Debug)]
pub(crate) struct Slots {
    places: usize,
    taken: Mutex<HashMap<(String, Kind), Arc<Semaphore>>>,
}

impl Slots {
    pub(crate) fn new(limits: Limits) -> Self {
        let places = match limits {
            Limits::Off => Semaphore::MAX_PERMITS,
            Limits::Production => ACTIVE,
        };
        Self {
            places,
            taken: Mutex::default(),
        }
    }

    /// The places of one user for one kind; whoever asks first gets one first.
    pub(crate) fn of(&self, user: &str, kind: Kind) -> Arc<Semaphore> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let places = taken.entry((user.to_owned(), kind));
        Arc::clone(places.or_insert_with(|| Arc::new(Semaphore::new(self.places))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let rate = Rate::default();
        let start = Utc::now();
        for _ in 0..REQUESTS {
            rate.count("u", start).unwrap();
        }
        let refusal = rate
            .count("u", start + TimeDelta::milliseconds(2500))
            .unwrap_err();
        assert_eq!((refusal.status, refusal.retry_after), (429, Some(8)));
        rate.count("another", start).unwrap();
        rate.count("u", start + TimeDelta::seconds(10)).unwrap();
    }
}
