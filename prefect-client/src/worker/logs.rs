//! Lines on their way to the server.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rest_core::{ExposeSecret, SecretString, mask_text};
use tokio::sync::Notify;

use super::layer::RunLogLayer;
use crate::model::NewLog;
use crate::{Client, FlowRunId, TaskRunId};

/// The most that one line may have, in bytes; more is cut.
const MAX_LINE: usize = 64 * 1024;
/// The most that may wait, in bytes of text: beyond it the oldest lines go.
const MAX_WAITING: usize = 4 * 1024 * 1024;
/// The most lines, and bytes, of one request.
const MAX_BATCH: usize = 500;
const MAX_BATCH_BYTES: usize = 512 * 1024;
/// How long lines may wait for others: what is written of twenty runs is then one request, not twenty.
const LINGER: Duration = Duration::from_secs(2);
/// What a line costs besides its text.
const OVERHEAD: usize = 200;
/// The server's levels.
pub(crate) const INFO: i64 = 20;
pub(crate) const WARNING: i64 = 30;
pub(crate) const ERROR: i64 = 40;

/// Collects what is logged in runs and sends it to the server, in batches. Cheap to clone; clones share one store.
///
/// Its memory is bounded: while the server is away the oldest lines give way, and their number is told. What is known
/// to be secret ([`hide`](Self::hide)) or looks like a token is masked before it is kept.
#[derive(Clone, Debug, Default)]
pub struct RunLogs(Arc<Store>);

#[derive(Default)]
struct Store {
    waiting: Mutex<Waiting>,
    secrets: Mutex<Vec<SecretString>>,
    added: Notify,
    dropped: AtomicU64,
    sent: AtomicU64,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Line>,
    bytes: usize,
    /// How far the server's clock is ahead, in milliseconds.
    ahead: i64,
    /// Lines that gave way since the last batch.
    lost: u64,
}

/// Where a line belongs.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) flow_run: FlowRunId,
    pub(crate) task_run: Option<TaskRunId>,
}

struct Line {
    origin: Origin,
    logger: String,
    level: i64,
    message: String,
    at: DateTime<Utc>,
}

impl Line {
    fn size(&self) -> usize {
        self.message.len() + OVERHEAD
    }

    fn wire(&self) -> NewLog {
        let log = NewLog::new(self.logger.clone(), self.level, self.message.clone(), self.at)
            .flow_run(self.origin.flow_run.clone());
        match &self.origin.task_run {
            Some(id) => log.task_run(id.clone()),
            None => log,
        }
    }
}

impl RunLogs {
    /// A layer for `tracing`: what happens within a run goes to the run's log, from the level info on.
    pub fn layer(&self) -> RunLogLayer {
        RunLogLayer::new(self.clone())
    }

    /// Never shows this text: it is masked in every line. An empty one, or one of less than four characters, would
    /// mask everything and is ignored.
    pub fn hide(&self, secret: SecretString) {
        if secret.expose_secret().chars().count() >= 4 {
            lock(&self.0.secrets).push(secret);
        }
    }

    /// How many lines were lost for want of room, and how many were sent.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (
            self.0.dropped.load(Ordering::Relaxed),
            self.0.sent.load(Ordering::Relaxed),
        )
    }

    pub(crate) fn push(&self, origin: &Origin, logger: &str, level: i64, message: &str) {
        // In this order: half a secret is none that would be known.
        let message = cut(&self.masked(message)).into_owned();
        let mut waiting = lock(&self.0.waiting);
        let line = Line {
            origin: origin.clone(),
            logger: logger.to_owned(),
            level,
            message,
            at: Utc::now() + TimeDelta::milliseconds(waiting.ahead),
        };
        waiting.bytes += line.size();
        waiting.lines.push_back(line);
        while waiting.bytes > MAX_WAITING {
            let Some(oldest) = waiting.lines.pop_front() else {
                break;
            };
            waiting.bytes -= oldest.size();
            waiting.lost += 1;
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        drop(waiting);
        self.0.added.notify_one();
    }

    pub(crate) fn masked(&self, text: &str) -> String {
        let mut text = mask_text(text);
        for secret in lock(&self.0.secrets).iter() {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), "[redacted]");
            }
        }
        text
    }

    pub(crate) fn set_ahead(&self, ahead: TimeDelta) {
        lock(&self.0.waiting).ahead = ahead.num_milliseconds();
    }

    /// Sends what comes, for as long as it is polled.
    pub(crate) async fn ship(&self, client: &Client) {
        let mut pause = LINGER;
        loop {
            if self.is_empty() {
                self.0.added.notified().await;
            }
            tokio::time::sleep(LINGER).await;
            loop {
                match self.send_batch(client).await {
                    Ok(()) => pause = LINGER,
                    Err(error) => {
                        tracing::debug!(%error, "lines of runs wait for the server");
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(Duration::from_secs(15));
                    }
                }
                if !self.fills_a_batch() {
                    break;
                }
            }
        }
    }

    /// Sends what is there; the first failure ends it.
    pub(crate) async fn flush(&self, client: &Client) -> crate::Result<()> {
        while !self.is_empty() {
            self.send_batch(client).await?;
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        lock(&self.0.waiting).lines.is_empty()
    }

    fn fills_a_batch(&self) -> bool {
        let waiting = lock(&self.0.waiting);
        waiting.lines.len() >= MAX_BATCH || waiting.bytes >= MAX_BATCH_BYTES
    }

    /// Sends a batch; what the server refuses for good is dropped, so that it does not stop the rest.
    async fn send_batch(&self, client: &Client) -> crate::Result<()> {
        let (batch, lost) = self.take();
        if batch.is_empty() {
            return Ok(());
        }
        let mut wire: Vec<NewLog> = batch.iter().map(Line::wire).collect();
        if let (Some(first), true) = (batch.first(), lost > 0) {
            let text = format!("{lost} earlier lines were lost: there was no room while the server was away");
            wire.push(NewLog::new("worker", WARNING, text, first.at).flow_run(first.origin.flow_run.clone()));
        }
        let count = batch.len() as u64;
        match client.logs().create(wire).send().await {
            Ok(()) => {
                self.0.sent.fetch_add(count, Ordering::Relaxed);
                Ok(())
            }
            Err(error)
                if error.status().is_some_and(|status| {
                    (400..500).contains(&status) && status != 429 && status != 408 && status != 401
                }) =>
            {
                tracing::warn!(%error, lines = count, "the server does not take these lines of runs; they are dropped");
                self.0.dropped.fetch_add(count, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.put_back(batch, lost);
                Err(error)
            }
        }
    }

    fn take(&self) -> (Vec<Line>, u64) {
        let mut waiting = lock(&self.0.waiting);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES {
            let Some(line) = waiting.lines.pop_front() else {
                break;
            };
            bytes += line.size();
            batch.push(line);
        }
        waiting.bytes -= bytes;
        (batch, std::mem::take(&mut waiting.lost))
    }

    fn put_back(&self, batch: Vec<Line>, lost: u64) {
        let mut waiting = lock(&self.0.waiting);
        waiting.lost += lost;
        for line in batch.into_iter().rev() {
            if waiting.bytes + line.size() > MAX_WAITING {
                waiting.lost += 1;
                self.0.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            waiting.bytes += line.size();
            waiting.lines.push_front(line);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line as long as the server and people can bear.
fn cut(message: &str) -> std::borrow::Cow<'_, str> {
    if message.len() <= MAX_LINE {
        return message.into();
    }
    let mut end = MAX_LINE;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let (kept, rest) = message.split_at(end);
    format!("{kept}… (and {} more bytes)", rest.len()).into()
}

#[cfg(test)]
impl RunLogs {
    /// The lines that wait.
    pub(crate) fn kept(&self) -> Vec<(Origin, i64, String)> {
        let waiting = lock(&self.0.waiting);
        let lines = waiting.lines.iter();
        lines
            .map(|line| (line.origin.clone(), line.level, line.message.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin {
            flow_run: FlowRunId::new("run-1"),
            task_run: None,
        }
    }

    #[test]
    fn the_oldest_lines_give_way_and_are_counted() {
        let logs = RunLogs::default();
        for number in 0..100 {
            logs.push(
                &origin(),
                "flow",
                INFO,
                &format!("{number} {}", "x".repeat(MAX_LINE)),
            );
        }
        let kept = logs.kept();
        assert!(kept.len() < 70, "{}", kept.len());
        assert!(kept.last().unwrap().2.starts_with("99 "));
        assert_eq!(logs.counts().0, 100 - kept.len() as u64);
        assert!(lock(&logs.0.waiting).bytes <= MAX_WAITING);
    }

    #[test]
    fn what_could_not_be_sent_is_kept_in_its_order() {
        let logs = RunLogs::default();
        for number in 0..3 {
            logs.push(&origin(), "flow", INFO, &number.to_string());
        }
        let (batch, lost) = logs.take();
        logs.push(&origin(), "flow", INFO, "3");
        logs.put_back(batch, lost);
        let texts: Vec<String> = logs.kept().into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(texts, ["0", "1", "2", "3"]);
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        let long = "é".repeat(MAX_LINE);
        assert!(cut(&long).ends_with(&format!("… (and {MAX_LINE} more bytes)")));
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn a_secret_across_the_cut_is_masked_whole() {
        let logs = RunLogs::default();
        logs.hide("correct horse battery".to_owned().into());
        let line = format!("{}correct horse battery", "x ".repeat(MAX_LINE / 2 - 5));
        logs.push(&origin(), "flow", INFO, &line);
        let kept = &logs.kept()[0].2;
        assert!(!kept.contains("correct"), "{}", &kept[MAX_LINE - 40..]);
    }

    #[test]
    fn a_secret_that_would_mask_everything_is_not_one() {
        let logs = RunLogs::default();
        logs.hide(String::new().into());
        logs.hide("abc".to_owned().into());
        assert_eq!(logs.masked("abcd"), "abcd");
    }
}
