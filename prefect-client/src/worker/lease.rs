//! How long this worker may believe that its runs are its own.
//!
//! The server calls a worker dead when it has missed three heartbeats; the others then take over its runs. So what a
//! heartbeat gives is a lease: from the moment it was *sent*, for a little less than three intervals. Once it has
//! lapsed, and heartbeats are accepted again, somebody may just be taking over: a run counts as ours only after that
//! had time to happen and did not.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The server's count of missed heartbeats.
const MISSED: u32 = 3;
/// How long a take-over may take from looking at the worker to the state Crashed.
pub(crate) const TAKEOVER_WINDOW: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Lease {
    length: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    sent: Option<Instant>,
    /// When heartbeats were accepted again after the lease had lapsed.
    regained: Option<Instant>,
}

impl Lease {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            // Half an interval less than the server's, for what is on its way.
            length: interval * (2 * MISSED - 1) / 2,
            state: Mutex::default(),
        }
    }

    /// How long one heartbeat lasts.
    pub(crate) fn length(&self) -> Duration {
        self.length
    }

    /// A heartbeat that was sent then was accepted.
    pub(crate) fn renew(&self, sent: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lapsed = state
            .sent
            .is_some_and(|last| sent.duration_since(last) > self.length);
        if lapsed {
            state.regained = Some(Instant::now());
        }
        state.sent = Some(state.sent.map_or(sent, |last| last.max(sent)));
    }

    /// Whether a run that was found to be ours by a question sent at `verified` is ours still.
    pub(crate) fn covers(&self, verified: Instant) -> bool {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = state.sent.is_some_and(|sent| sent.elapsed() < self.length);
        holds
            && state
                .regained
                .is_none_or(|regained| verified >= regained + TAKEOVER_WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_lease_lapses_before_the_server_gives_the_worker_up() {
        let lease = Lease::new(INTERVAL);
        assert!(!lease.covers(Instant::now()), "no heartbeat yet");
        lease.renew(Instant::now());
        let verified = Instant::now();
        tokio::time::advance(INTERVAL * 2).await;
        assert!(lease.covers(verified));
        tokio::time::advance(INTERVAL).await;
        assert!(!lease.covers(verified));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lapsed_lease_covers_only_what_was_looked_at_well_after_it_came_back() {
        let lease = Lease::new(INTERVAL);
        lease.renew(Instant::now());
        let before = Instant::now();
        tokio::time::advance(INTERVAL * 4).await;
        lease.renew(Instant::now());
        let early = Instant::now();
        assert!(!lease.covers(before));
        tokio::time::advance(TAKEOVER_WINDOW).await;
        lease.renew(Instant::now());
        assert!(!lease.covers(early));
        assert!(lease.covers(Instant::now()));
    }
}
