//! Following a run to its end.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use futures_util::{FutureExt, StreamExt};
use rest_core::{Clock, Pace, PageToken, Poller, Progress, Stream};
use tokio::time::Instant;

use crate::api::RunHandle;
use crate::{Error, LogEntry, Result, Run, RunStatus};

/// Runs take minutes to hours.
const PACE: Pace = Pace {
    first: Duration::from_secs(1),
    growth: 0.1,
    max: Duration::from_secs(30),
};
/// The entries of one request.
const ENTRIES: u32 = 100;

/// Why a run did not end well.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunError {
    /// It failed.
    Failed(Box<Run>),
    /// It was cancelled.
    Cancelled(Box<Run>),
    /// It waits for somebody: a consent, credentials, an answer. [`RunHandle::resume`] lets it go on.
    Inactive(Box<Run>),
    /// The service could not be asked; the run may go on.
    Service(Error),
}

impl RunError {
    /// The run, as it was last seen.
    pub fn run(&self) -> Option<&Run> {
        match self {
            Self::Failed(run) | Self::Cancelled(run) | Self::Inactive(run) => Some(run),
            Self::Service(_) => None,
        }
    }

    /// Whether the run may go on, now or later.
    pub fn may_still_run(&self) -> bool {
        matches!(self, Self::Inactive(_) | Self::Service(_))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(run) => write!(f, "{run}: it failed"),
            Self::Cancelled(run) => write!(f, "{run}: it was cancelled"),
            Self::Inactive(run) => {
                write!(f, "{run}: it waits for somebody")?;
                let details = run.details.as_ref();
                match details.and_then(|details| details.required_scope.as_deref()) {
                    Some(scope) => write!(f, ", a consent for {scope}"),
                    None => Ok(()),
                }
            }
            Self::Service(_) => f.write_str("the run could not be followed; it may go on"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self::Service(error)
    }
}

type OnUpdate = Box<dyn FnMut(&Run) + Send>;

/// Waits for the end of a run. Made by [`RunHandle::wait`]; `.await` it.
#[must_use = "a wait does nothing until it is awaited"]
pub struct WaitForRun {
    run: RunHandle,
    pace: Pace,
    on_update: Option<OnUpdate>,
}

impl fmt::Debug for WaitForRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForRun")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl WaitForRun {
    /// How often to ask, by the age of the wait.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Called with every reading of the run before the last. It must not block.
    pub fn on_update(mut self, call: impl FnMut(&Run) + Send + 'static) -> Self {
        self.on_update = Some(Box::new(call));
        self
    }

    async fn ended(self) -> Result<Run, RunError> {
        let clock = Arc::clone(self.run.client.rest().clock());
        let get = self.run.get().no_retry();
        let look = move || {
            let get = get.clone();
            async move {
                let run = get.send().await?;
                let stands = run.is_done() || run.status == RunStatus::Inactive;
                Ok(if stands {
                    Progress::Done(run)
                } else {
                    Progress::Pending(run)
                })
            }
            .boxed()
        };
        let mut poller = Poller::new("globus_flows.wait", clock, look).pace(self.pace);
        if let Some(call) = self.on_update {
            poller = poller.on_update(call);
        }
        judge(poller.until_done().await?)
    }
}

fn judge(run: Run) -> Result<Run, RunError> {
    let code = run.details.as_ref().and_then(|details| details.code.as_deref());
    let cancelled = run.status == RunStatus::Ended || matches!(code, Some("FlowCanceled" | "FlowCancelled"));
    match run.status {
        RunStatus::Succeeded => Ok(run),
        RunStatus::Inactive => Err(RunError::Inactive(Box::new(run))),
        _ if cancelled => Err(RunError::Cancelled(Box::new(run))),
        _ => Err(RunError::Failed(Box::new(run))),
    }
}

impl IntoFuture for WaitForRun {
    type Output = Result<Run, RunError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.ended().boxed()
    }
}

impl RunHandle {
    /// Waits for the end of the run, also of one that an earlier process started. `Ok` means that it succeeded. There is
    /// no time limit; dropping the future leaves the run alone.
    pub fn wait(&self) -> WaitForRun {
        WaitForRun {
            run: self.clone(),
            pace: PACE,
            on_update: None,
        }
    }

    /// What happens in the run, oldest first, as it becomes known; ends when the run has ended and all is told, when it
    /// becomes inactive, or with the first error.
    ///
    /// # Errors
    /// Those of any request, each of which is retried.
    pub fn follow_logs(&self) -> impl Stream<Item = Result<LogEntry>> + Send + Unpin + 'static {
        self.follow_logs_at(PACE)
    }

    /// As [`follow_logs`](Self::follow_logs), asking at another pace.
    ///
    /// # Errors
    /// As for [`follow_logs`](Self::follow_logs).
    pub fn follow_logs_at(
        &self,
        pace: Pace,
    ) -> impl Stream<Item = Result<LogEntry>> + Send + Unpin + 'static {
        let clock = Arc::clone(self.client.rest().clock());
        let follow = Follow {
            begun: clock.instant(),
            clock,
            run: self.clone(),
            pace,
            page: None,
            told: 0,
            pause: None,
            ended: false,
        };
        let rounds = unfold(follow, |mut follow| async move {
            follow.next().await.map(|round| (round, follow))
        });
        rounds
            .flat_map(|round| {
                let entries = match round {
                    Ok(entries) => entries.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                };
                futures_util::stream::iter(entries)
            })
            .boxed()
    }
}

/// How far a run's log has been told.
struct Follow {
    run: RunHandle,
    clock: Arc<dyn Clock>,
    pace: Pace,
    begun: Instant,
    /// The marker of the last page, `None` for the first.
    page: Option<String>,
    /// The entries of that page that were told.
    told: usize,
    pause: Option<Duration>,
    ended: bool,
}

impl Follow {
    async fn next(&mut self) -> Option<Result<Vec<LogEntry>>> {
        if self.ended {
            return None;
        }
        if let Some(pause) = self.pause.take() {
            self.clock.sleep(pause).await;
        }
        let round = self.round().await;
        self.ended |= round.is_err();
        let age = self.clock.instant().duration_since(self.begun);
        self.pause = Some(self.pace.next(age));
        Some(round)
    }

    async fn round(&mut self) -> Result<Vec<LogEntry>> {
        // Asked before the log: what is read after its end is all.
        let run = self.run.get().send().await?;
        let list = self.run.logs().limit(ENTRIES).reverse_order(false);
        let mut new = Vec::new();
        loop {
            let page = list.page_at(self.page.as_deref()).await?;
            let count = page.items.len();
            new.extend(page.items.into_iter().skip(self.told));
            self.told = count.max(self.told);
            match page.next {
                Some(PageToken::Marker(marker)) if self.page.as_ref() != Some(&marker) => {
                    self.page = Some(marker);
                    self.told = 0;
                }
                _ => break,
            }
        }
        self.ended = run.is_done() || run.status == RunStatus::Inactive;
        Ok(new)
    }
}
