//! Following a task to its end: its events as they happen, and its cancellation.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{Stream, StreamExt, unfold};
use rest_core::{Clock, Pace, Poller, Progress};
use tokio::time::Instant;

use super::TaskHandle;
use crate::model::TaskEvent;
use crate::{Result, Task};

/// The service's lists of events change while they are read; so often one is begun anew.
const READS: usize = 5;

/// A cancelled task ends within seconds.
const CANCEL: Pace = Pace {
    first: Duration::from_millis(300),
    growth: 0.3,
    max: Duration::from_secs(5),
};

impl TaskHandle {
    /// Ends the task and waits until it has ended: `POST /v0.10/task/{task_id}/cancel`, then
    /// `GET /v0.10/task/{task_id}` until it is done. All are retried. The task may turn out to have ended by itself
    /// just before, and well: look at its status.
    ///
    /// # Errors
    /// Those of any request; [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if it has not ended within this time.
    pub async fn cancel_and_wait(&self, within: Duration) -> Result<Task> {
        self.cancel().send().await?;
        let task = self.clone();
        let look = move || {
            let get = task.get().no_retry();
            async move {
                let task = get.send().await?;
                Ok(if task.is_done() {
                    Progress::Done(task)
                } else {
                    Progress::Pending(())
                })
            }
            .boxed()
        };
        Poller::new("globus_transfer.cancel_and_wait", self.clock().clone(), look)
            .pace(CANCEL)
            .deadline(within)
            .until_done()
            .await
    }

    /// What happens to the task, oldest first, as it becomes known; ends when the task has ended and all is told, or
    /// with the first error. It asks for the task and its newest events, seldom at first and then more so.
    ///
    /// # Errors
    /// Those of any request, each of which is retried.
    pub fn follow_events(&self) -> impl Stream<Item = Result<TaskEvent>> + Send + Unpin + 'static {
        let follow = Follow {
            begun: self.clock().instant(),
            task: self.clone(),
            told: 0,
            pause: None,
            ended: false,
        };
        let rounds = unfold(follow, |mut follow| async move {
            follow.next().await.map(|round| (round, follow))
        });
        rounds
            .flat_map(|round| {
                let events = match round {
                    Ok(events) => events.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                };
                futures_util::stream::iter(events)
            })
            .boxed()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.client.rest().clock()
    }

    /// All events but the `told` oldest, oldest first, and how many there are in all; `None` if the list changes
    /// faster than it can be read.
    async fn events_after(&self, told: u64) -> Result<Option<(Vec<TaskEvent>, u64)>> {
        for _ in 0..READS {
            if let Some(read) = self.read_events(told).await? {
                return Ok(Some(read));
            }
        }
        Ok(None)
    }

    /// `None` if the list changed between two pages.
    async fn read_events(&self, told: u64) -> Result<Option<(Vec<TaskEvent>, u64)>> {
        let mut events: Vec<TaskEvent> = Vec::new();
        let first = self.events().send().await?;
        let total = first.total.unwrap_or(first.items.len() as u64);
        // The service forgets events after a month; what is left has been told.
        let new = usize::try_from(total.saturating_sub(told)).unwrap_or(usize::MAX);
        let mut page = first;
        loop {
            let empty = page.items.is_empty();
            events.extend(page.items);
            if events.len() >= new || empty {
                break;
            }
            page = self.events().offset(events.len() as u64).send().await?;
            if page.total.is_some_and(|now| now != total) {
                return Ok(None);
            }
        }
        events.truncate(new);
        events.reverse();
        Ok(Some((events, total)))
    }
}

/// How far a task's events have been told.
struct Follow {
    task: TaskHandle,
    begun: Instant,
    told: u64,
    pause: Option<Duration>,
    ended: bool,
}

impl Follow {
    async fn next(&mut self) -> Option<Result<Vec<TaskEvent>>> {
        if self.ended {
            return None;
        }
        let clock = Arc::clone(self.task.clock());
        if let Some(pause) = self.pause.take() {
            clock.sleep(pause).await;
        }
        let round = self.round().await;
        self.ended |= round.is_err();
        let age = clock.instant().duration_since(self.begun);
        self.pause = Some(Pace::default().next(age));
        Some(round)
    }

    async fn round(&mut self) -> Result<Vec<TaskEvent>> {
        // Asked before the events: those that are read after its end are all.
        let task = self.task.get().send().await?;
        let Some((events, total)) = self.task.events_after(self.told).await? else {
            return Ok(Vec::new());
        };
        self.told = total;
        self.ended = task.is_done();
        Ok(events)
    }
}
