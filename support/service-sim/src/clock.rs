//! The simulator's time: real time plus an offset that only [`crate::Sim::advance`] moves.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Real time plus an offset. Token expiry, deadlines, delays and rate windows read it.
#[derive(Debug)]
pub(crate) struct Clock {
    offset: watch::Sender<TimeDelta>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            offset: watch::Sender::new(TimeDelta::zero()),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        let offset = *self.offset.borrow();
        Utc::now()
            .checked_add_signed(offset)
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
