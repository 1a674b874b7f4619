//! A wait as a stream of how far the task has come.

use std::fmt;
use std::future::IntoFuture;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::stream::{Stream, StreamExt, unfold};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::{TaskWatcher, WaitError};
use crate::{NiceStatus, Task, TaskId, TaskStatus};

/// How far a task has come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TaskProgress {
    /// The task.
    pub task_id: TaskId,
    /// Its state.
    pub status: TaskStatus,
    /// Its latest condition; none once it has ended.
    pub nice_status: Option<NiceStatus>,
    /// Bytes moved so far, repeats after faults included.
    pub bytes: u64,
    /// Files copied so far.
    pub files_done: u64,
    /// Files left alone because the sync level found them equal.
    pub files_skipped: u64,
    /// Files found so far; the service goes on finding while it copies.
    pub files_found: u64,
    /// Errors met so far, most of them overcome by the service.
    pub faults: u64,
    /// Bytes a second since the reading before; on the first, the service's own mean.
    pub bytes_per_second: u64,
    /// When the task was read.
    pub at: DateTime<Utc>,
}

impl TaskProgress {
    fn of(task: &Task, bytes_per_second: u64, at: DateTime<Utc>) -> Self {
        Self {
            task_id: task.task_id.clone(),
            status: task.status.clone(),
            nice_status: task.nice_status.clone(),
            bytes: task.bytes_transferred.unwrap_or(0),
            files_done: task.files_transferred.unwrap_or(0),
            files_skipped: task.files_skipped.unwrap_or(0),
            files_found: task.files.unwrap_or(0),
            faults: task.faults.unwrap_or(0),
            bytes_per_second,
            at,
        }
    }
}

impl fmt::Display for TaskProgress {
    /// `task <id> <status>: 12 of 30 files, 4096 bytes, 512 B/s`, and the faults if there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, found) = (self.files_done + self.files_skipped, self.files_found);
        write!(
            f,
            "task {} {}: {done} of {found} files, {} bytes, {} B/s",
            self.task_id, self.status, self.bytes, self.bytes_per_second
        )?;
        match self.faults {
            0 => Ok(()),
            faults => write!(f, ", {faults} faults"),
        }
    }
}

/// What the last reading was, to tell the speed.
#[derive(Default)]
struct Speed(Option<(u64, Instant)>);

impl Speed {
    fn of(&mut self, task: &Task, now: Instant) -> u64 {
        let bytes = task.bytes_transferred.unwrap_or(0);
        let mean = task.effective_bytes_per_second.unwrap_or(0);
        let Some((before, then)) = self.0.replace((bytes, now)) else {
            return mean;
        };
        let millis = now.duration_since(then).as_millis();
        let per_second = u128::from(bytes.saturating_sub(before)) * 1000;
        per_second
            .checked_div(millis)
            .map_or(mean, |speed| u64::try_from(speed).unwrap_or(u64::MAX))
    }
}

struct Run {
    wait: BoxFuture<'static, Result<Task, WaitError>>,
    readings: UnboundedReceiver<TaskProgress>,
    end: Option<WaitError>,
    ended: bool,
}

impl Run {
    async fn next(&mut self) -> Option<Result<TaskProgress, WaitError>> {
        while !self.ended {
            tokio::select! {
                biased;
                Some(reading) = self.readings.recv() => return Some(Ok(reading)),
                end = &mut self.wait => {
                    self.ended = true;
                    self.end = end.err();
                }
            }
        }
        // The last reading is noted before the wait ends.
        match self.readings.try_recv() {
            Ok(reading) => Some(Ok(reading)),
            Err(_) => self.end.take().map(Err),
        }
    }
}

impl TaskWatcher {
    /// Waits for a task as [`wait`](Self::wait) does, and tells of every reading: bytes, files, speed, faults. The
    /// stream ends after the reading of the task's end, with an error if [`wait`](Self::wait) would give one. It
    /// shares its requests with all other waiters; dropping it leaves the task alone.
    ///
    /// # Errors
    /// Those of [`wait`](Self::wait), as the last item.
    pub fn progress(
        &self,
        task_id: TaskId,
    ) -> impl Stream<Item = Result<TaskProgress, WaitError>> + Send + Unpin + 'static {
        let (tell, readings) = unbounded_channel();
        let clock = self.group.source().service().clock().clone();
        let mut speed = Speed::default();
        let wait = self.wait(task_id).on_update(move |task| {
            let speed = speed.of(task, clock.instant());
            // Nobody listens any more: the wait is about to be dropped.
            let _ = tell.send(TaskProgress::of(task, speed, clock.now()));
        });
        let run = Run {
            wait: wait.into_future(),
            readings,
            end: None,
            ended: false,
        };
        unfold(run, |mut run| async move {
            run.next().await.map(|reading| (reading, run))
        })
        .boxed()
    }
}
