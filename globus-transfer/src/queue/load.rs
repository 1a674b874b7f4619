//! The life of one task of the queue: recorded, submitted, waited for, told.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::warn;

use super::Inner;
use super::company::{Company, groups};
use super::error::ItemError;
use super::item::{QueueItem, Settled};
use super::journal::Intended;
use super::outcome::{Sent, Told, tell};
use super::state::Entry;
use super::transfers::Group;
use crate::{SubmissionDocument, Task, TaskId, TransferItem, WaitError};

/// So many moments at most are others waited for.
const MOST_MOMENTS: usize = 5;

/// A submission that was recorded before.
pub(super) struct Recorded {
    pub(super) document: SubmissionDocument,
    pub(super) task_id: Option<TaskId>,
}

/// The items of one task.
pub(super) struct Load<T> {
    /// The queue's own number of it.
    pub(super) task: u64,
    pub(super) entries: Vec<Entry<T>>,
    pub(super) recorded: Option<Recorded>,
}

/// A load on its way. When it is dropped its place is free, whether it came to its end or nobody waits for it.
pub(super) struct Life<T: Send + Sync + 'static> {
    inner: Arc<Inner<T>>,
    entries: Vec<Entry<T>>,
    company: Arc<Company>,
    place: Place<T>,
}

struct Place<T: Send + Sync + 'static> {
    inner: Arc<Inner<T>>,
    task: u64,
}

impl<T: Send + Sync + 'static> Drop for Place<T> {
    fn drop(&mut self) {
        // What nobody took is dropped without the lock.
        let left = self.inner.state().ended(self.task);
        drop(left);
        self.inner.dispatch();
    }
}

impl<T: Send + Sync + 'static> Life<T> {
    pub(super) fn new(inner: Arc<Inner<T>>, task: u64, company: Arc<Company>) -> Self {
        Self {
            place: Place {
                inner: Arc::clone(&inner),
                task,
            },
            inner,
            entries: Vec::new(),
            company,
        }
    }

    /// A new task, whose items stand [open](super::state::State::open) until it takes them.
    pub(super) async fn run(mut self) {
        let Some(document) = self.intend().await else {
            return;
        };
        self.follow(document, None).await;
    }

    /// A task that was recorded before.
    pub(super) async fn go_on(mut self, recorded: Recorded, entries: Vec<Entry<T>>) {
        self.entries = entries;
        self.follow(recorded.document, recorded.task_id).await;
    }

    /// Sends the document, unless its task is known, and waits for its end.
    async fn follow(mut self, document: SubmissionDocument, task_id: Option<TaskId>) {
        let Some(sent) = self.submit(document, task_id).await else {
            return;
        };
        let company = Arc::clone(&self.company);
        // The wait is polled first: a task that has ended is not cancelled.
        let ended = tokio::select! {
            biased;
            ended = self.wait(&sent.task_id) => ended,
            () = company.cancelled() => return self.cancel(&sent.task_id).await,
        };
        let entries = std::mem::take(&mut self.entries);
        let told = tell(&self.inner.client, &entries, &sent, ended).await;
        self.settle(entries, told);
    }

    /// A task that follows another waits until nothing has joined it for a moment. One that is alone does not.
    async fn gather(&self) {
        let moment = self.inner.gather;
        let mut before = None;
        for _ in 0..MOST_MOMENTS {
            let gathered = self.inner.state().gathered(self.place.task);
            if moment.is_zero() || gathered.is_none() || gathered == before {
                return;
            }
            before = gathered;
            self.inner.client.rest().clock().sleep(moment).await;
        }
    }

    /// From here on nobody joins.
    fn close(&mut self) {
        self.entries = self.inner.state().close(self.place.task);
        self.company.keep(groups(&self.entries));
    }

    /// Nothing is left to do if the document gives no task.
    async fn submit(&mut self, document: SubmissionDocument, task_id: Option<TaskId>) -> Option<Sent> {
        let items = document.item_count();
        let others = items > self.entries.len();
        if others {
            self.company.has_others();
        }
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
        self.company.each(|group| group.submitted(&task_id));
        Some(Sent {
            task_id,
            lone,
            others,
        })
    }

    /// The new document, recorded.
    async fn intend(&mut self) -> Option<SubmissionDocument> {
        let id = self.inner.client.submission_id().send().await;
        self.gather().await;
        // What came meanwhile goes with this task.
        self.close();
        let id = match id {
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
            .on_update(move |task| company.each(|group| group.updated(task)))
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
        self.company.keep(groups(&self.entries));
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
