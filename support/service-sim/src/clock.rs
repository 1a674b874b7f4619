//! The simulator's time: real time plus an offset that only [`crate::Sim::advance`] moves.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Real time plus an offset. Token expiry, deadlines, delays and rate windows read it.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    offset: Arc<watch::Sender<TimeDelta>>,
    /// How far a service's own clock is off.
    skew: TimeDelta,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            offset: Arc::new(watch::Sender::new(TimeDelta::zero())),
            skew: TimeDelta::zero(),
        }
    }

    /// A clock that moves with this one, but is so much off.
    pub(crate) fn skewed(&self, by: TimeDelta) -> Self {
        Self {
            offset: Arc::clone(&self.offset),
            skew: by,
        }
    }

    /// How far the clock has been advanced.
    pub(crate) fn offset(&self) -> TimeDelta {
        *self.offset.borrow()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        let off = self.offset().checked_add(&self.skew);
        off.and_then(|off| Utc::now().checked_add_signed(off))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Moves the clock forward; sleepers whose time has come wake at once.
    pub(crate) fn advance(&self, by: Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        self.offset
            .send_modify(|offset| *offset = offset.checked_add(&by).unwrap_or(TimeDelta::MAX));
    }

    /// Waits until the simulated time `at`.
    pub(crate) async fn sleep_until(&self, at: DateTime<Utc>) {
        let mut moved = self.offset.subscribe();
        loop {
            let Ok(left) = (at - self.now()).to_std() else {
                return;
            };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                changed = moved.changed() => if changed.is_err() { return },
            }
        }
    }
}

/// A time as a clock shows it that is so many seconds off.
pub(crate) fn off(at: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let shown = if seconds < 0 {
        at.checked_sub(by)
    } else {
        at.checked_add(by)
    };
    shown.unwrap_or(at)
}
