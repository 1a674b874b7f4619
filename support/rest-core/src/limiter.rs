//! Keeping to a service's rate, for all callers of a client together.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;

/// A token bucket that the clones of a client share.
///
/// Up to `burst` requests go at once, then `rate` a second, each caller in turn. When the service answers 429
/// all the same, because others use the same account, every caller waits as long as it asks for, and goes on at
/// `rate` without a burst.
#[derive(Clone)]
pub struct Limiter {
    state: Arc<Mutex<State>>,
    interval: Duration,
    tolerance: Duration,
}

#[derive(Default)]
struct State {
    /// When the bucket would be empty of debts: each request moves it on by one interval.
    settled: Option<Instant>,
    /// Nobody goes before.
    closed_until: Option<Instant>,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("interval", &self.interval)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

impl Limiter {
    /// `rate` requests a second (at least 1), `burst` of them at once (at least 1).
    pub fn new(rate: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / rate.max(1);
        Self {
            state: Arc::default(),
            interval,
            tolerance: interval * (burst.max(1) - 1),
        }
    }

    /// The part of one of `processes` that share an account: so much less a second, and less at once.
    pub fn shared_by(self, processes: u32) -> Self {
        let processes = processes.max(1);
        let burst = self.tolerance.as_nanos() / self.interval.as_nanos().max(1) + 1;
        let burst = u32::try_from(burst / u128::from(processes)).unwrap_or(u32::MAX);
        let interval = self.interval * processes;
        Self {
            state: self.state,
            interval,
            tolerance: interval * (burst.max(1) - 1),
        }
    }

    /// Waits for a turn; answers how long that took.
    pub(crate) async fn turn(&self, clock: &dyn Clock) -> Duration {
        let begun = clock.instant();
        loop {
            let wait = self.reserve(clock.instant());
            if wait.is_zero() {
                break;
            }
            clock.sleep(wait).await;
            // The service may have closed meanwhile: a turn that was given before holds no longer.
            if !self.is_closed(clock.instant()) {
                break;
            }
        }
        clock.instant().duration_since(begun)
    }

    /// The service said that it had too many requests: nobody goes for `pause`, and then at the plain rate.
    pub(crate) fn close(&self, now: Instant, pause: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now + pause;
        if state.closed_until.is_none_or(|known| known < until) {
            state.closed_until = Some(until);
            state.settled = Some(until + self.tolerance);
        }
    }

    /// Takes a place; answers how long to wait for it.
    fn reserve(&self, now: Instant) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = state.settled.map_or(now, |settled| settled.max(now));
        state.settled = Some(settled + self.interval);
        (settled.saturating_duration_since(now)).saturating_sub(self.tolerance)
    }

    fn is_closed(&self, now: Instant) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    /// Seconds, rounded, that each of `count` callers waits when all ask at once.
    async fn waits(limiter: &Limiter, count: usize) -> Vec<f64> {
        let turns = (0..count).map(|_| limiter.turn(&SystemClock));
        let waits = futures_util::future::join_all(turns).await;
        waits
            .iter()
            .map(|wait| (wait.as_secs_f64() * 10.0).round() / 10.0)
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let limiter = Limiter::new(10, 3);
        assert_eq!(waits(&limiter, 6).await, [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(
            waits(&limiter, 4).await,
            [0.0, 0.0, 0.0, 0.1],
            "a rest fills the bucket, and no more"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn processes_that_share_an_account_share_its_rate_and_its_burst() {
        let limiter = Limiter::new(10, 4).shared_by(2);
        assert_eq!(waits(&limiter, 4).await, [0.0, 0.0, 0.2, 0.4]);
        let limiter = Limiter::new(10, 4).shared_by(9);
        assert_eq!(
            waits(&limiter, 3).await,
            [0.0, 0.9, 1.8],
            "one at a time, at least"
        );
        assert_eq!(waits(&Limiter::new(10, 2).shared_by(1), 3).await, [0.0, 0.0, 0.1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_stops_everyone_for_as_long_as_the_service_asks() {
        let limiter = Limiter::new(10, 5);
        limiter.close(Instant::now(), Duration::from_secs(2));
        assert_eq!(waits(&limiter, 3).await, [2.0, 2.1, 2.2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_given_before_a_refusal_is_taken_back() {
        let limiter = Limiter::new(1, 1);
        waits(&limiter, 1).await;
        let waiting = limiter.turn(&SystemClock);
        let closing = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            limiter.close(Instant::now(), Duration::from_secs(5));
        };
        let (waited, ()) = tokio::join!(waiting, closing);
        assert!(waited >= Duration::from_millis(5500), "{waited:?}");
    }
}
