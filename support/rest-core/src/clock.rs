//! Time, waiting and chance, behind one trait so that tests decide them.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Where a client gets the time from, how it waits, and its source of jitter.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The time of day, for expiry times and HTTP dates.
    fn now(&self) -> DateTime<Utc>;

    /// A monotonic instant, for budgets and deadlines.
    fn instant(&self) -> Instant;

    /// Waits for `duration`.
    async fn sleep(&self, duration: Duration);

    /// A number in `0.0..1.0` by which delays are spread, so that many clients do not act in step.
    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}

/// The real clock: system time, tokio's timer, a random jitter.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The [`SystemClock`] as the shared pointer that builders take.
pub fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// A clock for tests: it stands still, and every sleep moves it on at once and is remembered.
///
/// Sleeps of concurrent tasks add up, so it suits tests of one task; for several use tokio's paused time with
/// [`SystemClock`]. Its jitter is fixed (0 unless set).
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<ManualState>,
}

#[derive(Debug)]
struct ManualState {
    now: DateTime<Utc>,
    instant: Instant,
    jitter: f64,
    sleeps: Vec<Duration>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        let state = ManualState {
            now,
            instant: Instant::now(),
            jitter: 0.0,
            sleeps: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Sets the jitter that the clock gives from now on, in `0.0..1.0`.
    pub fn set_jitter(&self, jitter: f64) {
        self.with(|state| state.jitter = jitter);
    }

    /// Moves the clock on without a sleep.
    pub fn advance(&self, by: Duration) {
        self.with(|state| state.advance(by));
    }

    /// The sleeps so far, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.with(|state| state.sleeps.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut ManualState) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ManualState {
    fn advance(&mut self, by: Duration) {
        self.instant += by;
        self.now += chrono::TimeDelta::from_std(by).unwrap_or(chrono::TimeDelta::MAX);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.with(|state| state.now)
    }

    fn instant(&self) -> Instant {
        self.with(|state| state.instant)
    }

    async fn sleep(&self, duration: Duration) {
        self.with(|state| {
            state.sleeps.push(duration);
            state.advance(duration);
        });
        // A test that waits for something else must not starve it.
        tokio::task::yield_now().await;
    }

    fn jitter(&self) -> f64 {
        self.with(|state| state.jitter)
    }
}
