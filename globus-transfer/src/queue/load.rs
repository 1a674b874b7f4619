//! The life of one task of the queue: recorded, submitted, waited for, told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tracing::warn;

use super::Inner;
use super::error::ItemError;
use super::item::{QueueItem, Settled};
use super::journal::Intended;
use super::outcome::{Told, tell};
use super::state::Entry;
use super::transfers::Group;
use crate::{SubmissionDocument, Task, TaskId, TransferItem, WaitError};

/// A submission that was recorded before.
pub(super) struct Recorded {
    pub(super) document: SubmissionDocument,
    pub(super) task_id: Option<TaskId>,
}

/// The items of one task.
pub(super) struct Load<T> {
    pub(super) entries: Vec<Entry<T>>,
    pub(super) places: Vec<String>,
    pub(super) recorded: Option<Recorded>,
}

impl<T> Load<T> {
    /// Those who wait for its items, each once.
    pub(super) fn groups(&self) -> Vec<Arc<Group>> {
        let mut groups: Vec<Arc<Group>> = Vec::new();
        for entry in &self.entries {
            // Items of a group stand beside each other, but for those that were queued again.
            if !groups.last().is_some_and(|last| Arc::ptr_eq(last, &entry.group))
                && !groups.iter().any(|known| Arc::ptr_eq(known, &entry.group))
            {
                groups.push(Arc::clone(&entry.group));
            }
        }
        groups
    }
}

/// Those who share a task: it is cancelled only when all of them want it.
pub(super) struct Company {
    groups: Vec<Arc<Group>>,
    /// Whether the document has items of others, whom this process does not know.
    open: AtomicBool,
    changed: Notify,
}

impl Company {
    /// Looks again whether all want to cancel.
    pub(super) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Whether everybody who shares the task has cancelled.
    pub(super) fn has_cancelled(&self) -> bool {
        !self.open.load(Ordering::Relaxed) && self.groups.iter().all(|group| group.is_cancelled())
    }

    async fn cancelled(&self) {
        while !self.has_cancelled() {
            self.changed.notified().await;
        }
    }

    fn told(&self, task: &Task) {
        for group in &self.groups {
            group.updated(task);
        }
    }
}

/// A load on its way. When it is dropped its place is free, whether it came to its end or nobody waits for it.
pub(super) struct Life<T: Send + Sync + 'static> {
    inner: Arc<Inner<T>>,
    entries: Vec<Entry<T>>,
    recorded: Option<Recorded>,
    company: Arc<Company>,
    _place: Place<T>,
}

struct Place<T: Send + Sync + 'static> {
    inner: Arc<Inner<T>>,
    places: Vec<String>,
}

impl<T: Send + Sync + 'static> Drop for Place<T> {
    fn drop(&mut self) {
        self.inner.state().ended(&self.places);
        self.inner.dispatch();
    }
}

/// A document that the service has.
struct Sent {
    task_id: TaskId,
    /// Whether the task is of this one file, as the service has just said: what it counts is then the file's.
    lone: bool,
}

impl<T: Send + Sync + 'static> Life<T> {
    pub(super) fn new(inner: Arc<Inner<T>>, load: Load<T>) -> Self {
        let company = Company {
            groups: load.groups(),
            open: AtomicBool::new(false),
            changed: Notify::new(),
        };
        Self {
            _place: Place {
                inner: Arc::clone(&inner),
                places: load.places,
            },
            inner,
            entries: load.entries,
            recorded: load.recorded,
            company: Arc::new(company),
        }
    }

    pub(super) fn company(&self) -> Arc<Company> {
        Arc::clone(&self.company)
    }

    pub(super) async fn run(mut self) {
        let Some(sent) = self.submit().await else { return };
        let company = Arc::clone(&self.company);
        // The wait is polled first: a task that has ended is not cancelled.
        let ended = tokio::select! {
            biased;
            ended = self.wait(&sent.task_id) => ended,
            () = company.cancelled() => return self.cancel(&sent.task_id).await,
        };
        let entries = std::mem::take(&mut self.entries);
        let told = tell(&self.inner.client, &entries, sent.lone, &sent.task_id, ended).await;
        self.settle(entries, told);
    }

    /// Sends the document, recorded before or now; nothing is left to do if it gives no task.
    async fn submit(&mut self) -> Option<Sent> {
        let (document, task_id) = match self.recorded.take() {
            Some(recorded) => (recorded.document, recorded.task_id),
            None => (self.intend().await?, None),
        };
        let items = document.item_count();
        self.company
            .open
            .store(items > self.entries.len(), Ordering::Relaxed);
        if self.company.has_cancelled() && task_id.is_none() {
            return None;
        }
        let mut lone = false;
        let task_id = match task_id {
            Some(task_id) => task_id,
            None => match self.inner.client.submit(&document).send_when_room().await {
                Ok(result) => {
                    // Whatever else was sent under this id before is the task that a duplicate means.
                    lone = items == 1 && !result.is_duplicate();
                    self.note(&document, &result.task_id).await;
                    result.task_id
                }
                Err(error) => {
                    self.refused(error);
                    return None;
                }
            },
        };
        for group in &self.company.groups {
            group.submitted(&task_id);
        }
        Some(Sent { task_id, lone })
    }

    /// The new document, recorded.
    async fn intend(&mut self) -> Option<SubmissionDocument> {
        let client = &self.inner.client;
        let id = match client.submission_id().send().await {
            Ok(id) => id,
            Err(error) => {
                self.fail(&ItemError::Submission(error));
                return None;
            }
        };
        loop {
            let first = self.entries.first()?;
            let items = self.entries.iter().map(|entry| {
                let item = &entry.item;
                TransferItem::new(&item.source_path, &item.destination_path)
            });
            let document = match first.route.options.clone().only(items).document(&id) {
                Ok(document) => document,
                Err(error) => {
                    self.fail(&ItemError::Refused(error));
                    return None;
                }
            };
            let Some(journal) = self.inner.journal.clone() else {
                return Some(document);
            };
            let recorded = journal.intend(&document, &self.items()).await;
            match recorded {
                Ok(Intended::Recorded) => return Some(document),
                Ok(Intended::Without(refused)) if refused.is_empty() => {
                    let text = "the journal recorded nothing and does not say why";
                    self.fail(&ItemError::Refused(crate::Error::config(text)));
                    return None;
                }
                Ok(Intended::Without(refused)) => self.leave_out(refused),
                Err(error) => {
                    self.fail(&ItemError::Journal(error));
                    return None;
                }
            }
        }
    }

    fn items(&self) -> Vec<&QueueItem<T>> {
        self.entries.iter().map(|entry| &entry.item).collect()
    }

    async fn note(&self, document: &SubmissionDocument, task_id: &TaskId) {
        if let Some(journal) = &self.inner.journal
            && let Err(error) = journal.submitted(document, &self.items(), task_id).await
        {
            warn!(%task_id, %error, "the task's id could not be recorded");
        }
    }

    async fn wait(&self, task_id: &TaskId) -> Result<Task, WaitError> {
        let company = Arc::clone(&self.company);
        self.inner
            .watcher
            .wait(task_id.clone())
            .on_update(move |task| company.told(task))
            .await
    }

    async fn cancel(&self, task_id: &TaskId) {
        if let Err(error) = self.inner.client.task(task_id.clone()).cancel().send().await {
            warn!(%task_id, %error, "the task could not be cancelled");
        }
    }

    /// The journal will not have these.
    fn leave_out(&mut self, refused: Vec<(usize, super::JournalError)>) {
        let mut refused: BTreeMap<usize, super::JournalError> = refused.into_iter().collect();
        let entries = std::mem::take(&mut self.entries);
        let mut told = Vec::new();
        let mut out = Vec::new();
        for (n, entry) in entries.into_iter().enumerate() {
            match refused.remove(&n) {
                Some(error) => {
                    told.push(Told::Settled(Err(ItemError::Journal(error))));
                    out.push(entry);
                }
                None => self.entries.push(entry),
            }
        }
        self.settle(out, told);
    }

    /// The service would not have the document. If it names one of several files that one fails, and the others go on.
    fn refused(&mut self, error: crate::Error) {
        let error = ItemError::Submission(error);
        let text = error.to_string();
        let names = |entry: &Entry<T>| {
            let item = &entry.item;
            text.contains(&item.source_path) || text.contains(&item.destination_path)
        };
        let is_placed = self.entries.iter().any(names);
        if error.is_doubtful() || self.entries.len() == 1 || !is_placed {
            return self.fail(&error);
        }
        let entries = std::mem::take(&mut self.entries);
        let told = entries.iter().map(|entry| {
            if names(entry) {
                Told::Settled(Err(error.clone()))
            } else {
                Told::Again { apart: false }
            }
        });
        let told = told.collect();
        self.settle(entries, told);
    }

    /// All items fail alike.
    fn fail(&mut self, error: &ItemError) {
        let entries = std::mem::take(&mut self.entries);
        let told = entries.iter().map(|_| Told::Settled(Err(error.clone())));
        let told = told.collect();
        self.settle(entries, told);
    }

    /// Tells everybody what became of their items, and queues again what is to be.
    fn settle(&self, entries: Vec<Entry<T>>, told: Vec<Told>) {
        let mut again = Vec::new();
        let mut halves = false;
        let mut settled: Vec<(Arc<Group>, Vec<Settled>)> = Vec::new();
        for (entry, told) in entries.into_iter().zip(told) {
            match told {
                Told::Again { apart } => {
                    halves |= apart;
                    again.push(entry);
                }
                Told::Settled(result) => {
                    let one = Settled {
                        position: entry.position,
                        result,
                    };
                    match settled
                        .iter_mut()
                        .rev()
                        .find(|(group, _)| Arc::ptr_eq(group, &entry.group))
                    {
                        Some((_, all)) => all.push(one),
                        None => settled.push((entry.group, vec![one])),
                    }
                }
            }
        }
        if !again.is_empty() {
            self.inner.state().push_again(again, halves);
        }
        for (group, all) in settled {
            group.settled(all);
        }
    }
}
