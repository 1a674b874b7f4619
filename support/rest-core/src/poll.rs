//! Waiting for a remote operation by asking for its state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{Stream, StreamExt, unfold};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::error::{Error, Result};

/// How often to ask: the older the operation, the longer the pause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The pause at first.
    pub first: Duration,
    /// The pause as a fraction of the operation's age; the end is noticed late by at most this fraction.
    pub growth: f64,
    /// The longest pause.
    pub max: Duration,
}

impl Default for Pace {
    /// 300 ms at first, 20 % of the age, 15 s at most.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(300),
            growth: 0.2,
            max: Duration::from_secs(15),
        }
    }
}

impl Pace {
    /// The pause before the next question about an operation of this age.
    pub fn next(&self, age: Duration) -> Duration {
        let grown = Duration::try_from_secs_f64(age.as_secs_f64() * self.growth).unwrap_or(Duration::ZERO);
        grown.max(self.first).min(self.max)
    }
}

/// The state of a remote operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<S, T> {
    /// It goes on; its present state.
    Pending(S),
    /// It ended; its result.
    Done(T),
}

type OnUpdate<S> = Box<dyn FnMut(&S) + Send>;
type Poll<S, T> = Box<dyn FnMut() -> BoxFuture<'static, Result<Progress<S, T>>> + Send>;

/// Asks for a remote operation's state until it is done, as a future or as a stream of states.
///
/// It only asks. When it is dropped, or its deadline passes, the operation itself goes on. Requests made in `poll`
/// should not retry by themselves: a failed question is simply asked again, up to a limit of its own.
#[must_use = "a poller does nothing until it is awaited"]
pub struct Poller<S, T> {
    operation: &'static str,
    clock: Arc<dyn Clock>,
    poll: Poll<S, T>,
    pace: Pace,
    deadline: Option<Duration>,
    transient_failures: u32,
    on_update: Option<OnUpdate<S>>,
    started: Option<Instant>,
    /// The wait due before the next question.
    pause: Option<Duration>,
    failures: u32,
    ended: bool,
}

impl<S, T> fmt::Debug for Poller<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("operation", &self.operation)
            .field("pace", &self.pace)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<S: Send + 'static, T: Send + 'static> Poller<S, T> {
    /// A poller that asks with `poll`. To go on after a crash, make one for the operation's id: it keeps no state.
    pub fn new(
        operation: &'static str,
        clock: Arc<dyn Clock>,
        poll: impl FnMut() -> BoxFuture<'static, Result<Progress<S, T>>> + Send + 'static,
    ) -> Self {
        Self {
            operation,
            clock,
            poll: Box::new(poll),
            pace: Pace::default(),
            deadline: None,
            transient_failures: 10,
            on_update: None,
            started: None,
            pause: None,
            failures: 0,
            ended: false,
        }
    }

    /// How often to ask.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// How long to wait in all; without it, as long as it takes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How many questions in a row may fail for reasons that pass by themselves; default 10.
    pub fn transient_failures(mut self, n: u32) -> Self {
        self.transient_failures = n;
        self
    }

    /// Told of every state before the last.
    pub fn on_update(mut self, on_update: impl FnMut(&S) + Send + 'static) -> Self {
        self.on_update = Some(Box::new(on_update));
        self
    }

    /// Waits until the operation is done.
    ///
    /// # Errors
    /// The error of `poll` if it does not pass by itself or came too often in a row; `Timeout` at the deadline,
    /// the operation untouched.
    pub async fn until_done(mut self) -> Result<T> {
        loop {
            match self.step().await {
                Some(Ok(Progress::Done(result))) => return Ok(result),
                Some(Ok(Progress::Pending(_))) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(Error::cancelled(self.operation, "nothing left to wait for")),
            }
        }
    }

    /// Every state as it is learnt; ends after the result or the first error.
    ///
    /// # Errors
    /// As [`Poller::until_done`].
    pub fn into_stream(self) -> impl Stream<Item = Result<Progress<S, T>>> + Send + Unpin + 'static {
        unfold(self, |mut poller| async move {
            poller.step().await.map(|state| (state, poller))
        })
        .boxed()
    }

    async fn step(&mut self) -> Option<Result<Progress<S, T>>> {
        if self.ended {
            return None;
        }
        let result = self.ask().await;
        match &result {
            Ok(Progress::Pending(state)) => {
                if let Some(on_update) = &mut self.on_update {
                    on_update(state);
                }
            }
            Ok(Progress::Done(_)) | Err(_) => self.ended = true,
        }
        Some(result)
    }

    /// Waits its turn and asks until there is an answer or an error to give.
    async fn ask(&mut self) -> Result<Progress<S, T>> {
        let started = *self.started.get_or_insert_with(|| self.clock.instant());
        loop {
            if let Some(pause) = self.pause.take() {
                self.sleep(pause, started).await?;
            }
            let answer = tokio::time::timeout(self.time_left(started), (self.poll)()).await;
            let age = self.clock.instant().duration_since(started);
            match answer {
                Ok(Ok(progress)) => {
                    self.failures = 0;
                    self.pause = Some(self.pace.next(age));
                    return Ok(progress);
                }
                Ok(Err(error)) => self.pause = Some(self.after_failure(error, age)?),
                Err(_) => return Err(self.too_late()),
            }
        }
    }

    /// The pause after a failed question, or its error if it ends the wait.
    fn after_failure(&mut self, error: Error, age: Duration) -> Result<Duration> {
        self.failures += 1;
        let passes = error.is_transient() || error.is_exhausted();
        if !passes || self.failures > self.transient_failures {
            return Err(error);
        }
        tracing::debug!(operation = self.operation, failures = self.failures, %error, "the state could not be read");
        Ok(self.pace.next(age).max(error.retry_after().unwrap_or_default()))
    }

    async fn sleep(&mut self, pause: Duration, started: Instant) -> Result<()> {
        let left = self.time_left(started);
        self.clock.sleep(pause.min(left)).await;
        if pause >= left {
            Err(self.too_late())
        } else {
            Ok(())
        }
    }

    fn time_left(&self, started: Instant) -> Duration {
        let age = self.clock.instant().duration_since(started);
        self.deadline
            .map_or(Duration::MAX, |deadline| deadline.saturating_sub(age))
    }

    fn too_late(&self) -> Error {
        let limit = self.deadline.unwrap_or_default().as_secs_f64();
        Error::timeout(
            self.operation,
            format!("not done after {limit:.1} s; the remote operation goes on"),
        )
    }
}
