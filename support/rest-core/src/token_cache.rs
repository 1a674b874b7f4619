//! A token kept until shortly before it expires, fetched by one caller for all.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::clock::{Clock, system_clock};
use crate::error::{Error, Result};
use crate::token::{FetchToken, Token, TokenProvider};

/// A token is renewed this long before it expires, or a tenth of its life if that is shorter.
const EARLY: TimeDelta = TimeDelta::seconds(60);
/// After a failed renewal, a token that is still good is used this long before the next try.
const BACKOFF: Duration = Duration::from_secs(5);

/// Keeps the token of `F` and gives it to any number of concurrent callers.
///
/// - At most one fetch runs at a time; who waited for it shares its result, also when it failed.
/// - A token is renewed at min(60 s, 10 % of its life) before it expires, up to half of that earlier by chance;
///   meanwhile other callers use the old one.
/// - If a renewal fails, the old token serves as long as it is valid; the next try follows after 5 s.
/// - A failure is never kept: without a valid token the next caller tries again.
pub struct CachedToken<F> {
    fetch: F,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held while fetching. A dropped caller releases it and the next one fetches.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Counts fetches that ended, so that a waiter knows whether one ended while it waited.
    fetches: u64,
    last_failure: Option<Error>,
    /// Not before this is a renewal tried again.
    quiet_until: Option<Instant>,
}

struct Held {
    token: Token,
    renew_at: Option<DateTime<Utc>>,
}

enum Look {
    Good(Token),
    /// Valid, but due for renewal.
    Due(Token),
    /// None, or expired; with the number of fetches so far.
    Missing(u64),
}

impl<F> fmt::Debug for CachedToken<F>
where
    F: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedToken")
            .field("fetch", &self.fetch)
            .finish_non_exhaustive()
    }
}

impl<F: FetchToken> CachedToken<F> {
    /// A cache in front of `fetch`, empty at first.
    pub fn new(fetch: F) -> Self {
        Self {
            fetch,
            clock: system_clock(),
            state: Mutex::new(State::default()),
            flight: tokio::sync::Mutex::new(()),
        }
    }

    /// The clock that expiry times are compared with; default [`SystemClock`](crate::SystemClock).
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Look {
        let now = self.clock.now();
        let state = self.state();
        let Some(held) = &state.held else {
            return Look::Missing(state.fetches);
        };
        if held.token.expiry().is_some_and(|expiry| expiry <= now) {
            return Look::Missing(state.fetches);
        }
        let quiet = state
            .quiet_until
            .is_some_and(|until| self.clock.instant() < until);
        if held.renew_at.is_some_and(|at| at <= now) && !quiet {
            Look::Due(held.token.clone())
        } else {
            Look::Good(held.token.clone())
        }
    }

    /// Fetches with the flight held, and notes the result.
    async fn fetch_now(&self) -> Result<Token> {
        let result = self.fetch.fetch().await;
        let mut state = self.state();
        state.fetches += 1;
        match &result {
            Ok(token) => {
                let renew_at = renew_at(token, self.clock.now(), self.clock.jitter());
                *state = State {
                    held: Some(Held {
                        token: token.clone(),
                        renew_at,
                    }),
                    fetches: state.fetches,
                    last_failure: None,
                    quiet_until: None,
                };
            }
            Err(error) => {
                state.last_failure = Some(error.clone());
                state.quiet_until = Some(self.clock.instant() + BACKOFF);
            }
        }
        result
    }

    async fn wait_or_fetch(&self, fetches_before: u64) -> Result<Token> {
        let _flight = self.flight.lock().await;
        match self.look() {
            Look::Good(token) | Look::Due(token) => return Ok(token),
            Look::Missing(fetches) if fetches != fetches_before => {
                if let Some(error) = self.state().last_failure.clone() {
                    return Err(error);
                }
            }
            Look::Missing(_) => {}
        }
        self.fetch_now().await
    }

    async fn renew(&self, valid: Token) -> Token {
        let Ok(_flight) = self.flight.try_lock() else {
            return valid;
        };
        // Somebody may have renewed it between the look and the lock.
        match self.look() {
            Look::Good(token) => token,
            Look::Due(_) | Look::Missing(_) => match self.fetch_now().await {
                Ok(token) => token,
                Err(error) => {
                    tracing::debug!(kind = %error.kind(), "the token could not be renewed; the old one is still valid");
                    valid
                }
            },
        }
    }
}

/// When to renew: early, and spread by `jitter` so that many processes do not renew in step.
fn renew_at(token: &Token, now: DateTime<Utc>, jitter: f64) -> Option<DateTime<Utc>> {
    let expiry = token.expiry()?;
    let early = ((expiry - now) / 10).clamp(TimeDelta::zero(), EARLY);
    let spread = early
        .to_std()
        .unwrap_or_default()
        .mul_f64(jitter.clamp(0.0, 1.0) / 2.0);
    Some(expiry - early - TimeDelta::from_std(spread).unwrap_or_default())
}

#[async_trait]
impl<F: FetchToken> TokenProvider for CachedToken<F> {
    async fn token(&self) -> Result<Token> {
        match self.look() {
            Look::Good(token) => Ok(token),
            Look::Due(token) => Ok(self.renew(token).await),
            Look::Missing(fetches) => self.wait_or_fetch(fetches).await,
        }
    }

    fn invalidate(&self, rejected: &Token) -> bool {
        let mut state = self.state();
        // Of many callers whose token was refused, only the first drops it; the others would drop the new one.
        if state
            .held
            .as_ref()
            .is_some_and(|held| held.token.same_as(rejected))
        {
            state.held = None;
        }
        true
    }
}
