//! Many files, few tasks.

mod company;
mod error;
mod item;
mod journal;
mod load;
mod outcome;
mod state;
mod transfers;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;

use crate::api::SubmitTransfer;
use crate::{Client, SubmissionDocument, TaskId, TaskWatcher};
use company::{Company, groups};
use load::{Life, Load, Recorded};
use state::{Entry, State};

pub use error::ItemError;
pub use item::{Delivered, Evidence, QueueItem, Settled};
pub use journal::{Intended, Journal, JournalError};
pub use transfers::{Transfer, Transfers};

/// How many of a user's transfers the service works on at once.
const ROOM: usize = 3;

/// Copies many files with few tasks.
///
/// An item goes at once while fewer than three of the queue's tasks are active; those that come while the submission
/// id of its task is asked for go with it. Otherwise it waits, and as soon as a task ends, all that waits for the same
/// source, destination and options goes as one task, up to 1,000 items or 1 TB (a larger item goes alone). So a lone
/// file is never delayed, and ten thousand make a dozen tasks.
///
/// What becomes of an item is told by itself: tasks pass over files that cannot be read (`skip_source_errors`), and
/// those fail with their reason; those on the task's list of successful transfers are delivered; what is on neither
/// list is looked up at the destination. A task that meets a fatal condition is cancelled: the file that the service
/// names fails, and the others are queued again. If none is named they go on in two halves, so that in the end only
/// the file fails that must.
///
/// Nothing runs in the background. Whoever awaits an item of a task drives that task; one that nobody awaits any more
/// costs nothing, and goes on at the service. Clones share the queue.
///
/// Each item may carry a mark of the caller's, which a [`Journal`] gets with the complete document before it is sent.
///
/// ```no_run
/// # async fn run(client: globus_transfer::Client, from: globus_transfer::EndpointId, to: globus_transfer::EndpointId)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use globus_transfer::{QueueItem, TaskWatcher, TransferQueue};
///
/// let queue = TransferQueue::<()>::new(TaskWatcher::new(client.clone()), client.clone());
/// let options = client.submit_transfer(from, to).verify_checksum(true).notifications(false);
/// let files = ["a.h5", "b.h5"].map(|name| QueueItem::new(format!("/raw/{name}"), format!("/data/{name}"), 1024));
/// let mut transfers = queue.transfer_all(&options, files);
/// while let Some(ended) = transfers.next().await {
///     for settled in ended {
///         match settled.result {
///             Ok(delivered) => println!("file {} by task {}", settled.position, delivered.task_id),
///             Err(error) => eprintln!("file {}: {error}", settled.position),
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct TransferQueue<T = ()> {
    inner: Arc<Inner<T>>,
}

/// What the clones of a queue, its items and its tasks share.
pub(crate) struct Inner<T> {
    client: Client,
    watcher: TaskWatcher,
    journal: Option<Arc<dyn Journal<T>>>,
    /// How long a task waits for more, if another is under way.
    gather: Duration,
    state: Mutex<State<T>>,
}

impl<T> Clone for TransferQueue<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> fmt::Debug for TransferQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.inner.state();
        f.debug_struct("TransferQueue")
            .field("active", &state.active())
            .field("waiting", &state.waiting())
            .finish_non_exhaustive()
    }
}

impl<T: Send + Sync + 'static> TransferQueue<T> {
    /// A queue that submits through `client` and waits with `watcher`.
    pub fn new(watcher: TaskWatcher, client: Client) -> Self {
        Self::set_up(watcher, client, None, Duration::ZERO)
    }

    /// As [`new`](Self::new), with what every submission is recorded in before it is sent.
    pub fn with_journal(watcher: TaskWatcher, client: Client, journal: Arc<dyn Journal<T>>) -> Self {
        Self::set_up(watcher, client, Some(journal), Duration::ZERO)
    }

    /// For a queue that many calls share, each with few items: while a task of theirs is under way, the next one of
    /// the same source, destination and options waits until nothing has joined it for `moment`, five such moments at
    /// most. An item that is alone goes at once all the same.
    pub fn gathering(
        watcher: TaskWatcher,
        client: Client,
        journal: Arc<dyn Journal<T>>,
        moment: Duration,
    ) -> Self {
        Self::set_up(watcher, client, Some(journal), moment)
    }

    fn set_up(
        watcher: TaskWatcher,
        client: Client,
        journal: Option<Arc<dyn Journal<T>>>,
        gather: Duration,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                watcher,
                journal,
                gather,
                state: Mutex::new(State::new(ROOM)),
            }),
        }
    }

    /// How many tasks of the queue may be active at once, for all its clones; three unless set. For a process that
    /// shares the user with others.
    pub fn room(self, tasks: usize) -> Self {
        self.inner.state().set_room(tasks);
        self
    }

    /// How many tasks of the queue are active, as far as anybody waits for them.
    pub fn active(&self) -> usize {
        self.inner.state().active()
    }

    /// How many items wait for a task.
    pub fn waiting(&self) -> usize {
        self.inner.state().waiting()
    }

    /// Copies a file. `options` says from where, to where and how; items of its own are left out, and errors of the
    /// source are always passed over. Nothing happens until it is awaited.
    pub fn transfer(&self, options: &SubmitTransfer, item: QueueItem<T>) -> Transfer<T> {
        Transfer::new(self.transfer_all(options, [item]))
    }

    /// Copies files, as one [`Transfers`] that tells what became of them, task by task. They stand in the queue
    /// together from its first poll.
    pub fn transfer_all(
        &self,
        options: &SubmitTransfer,
        items: impl IntoIterator<Item = QueueItem<T>>,
    ) -> Transfers<T> {
        Transfers::new(Arc::clone(&self.inner), options, items, None)
    }

    /// Goes on with a submission that was recorded: sends the same bytes again, unless its task is known, and waits.
    /// Goes at once. `items` are those of the document that the caller still waits for; `options` is for what must be
    /// queued again.
    pub fn resume(
        &self,
        options: &SubmitTransfer,
        document: SubmissionDocument,
        task_id: Option<TaskId>,
        items: impl IntoIterator<Item = QueueItem<T>>,
    ) -> Transfers<T> {
        let recorded = Recorded { document, task_id };
        Transfers::new(Arc::clone(&self.inner), options, items, Some(recorded))
    }
}

impl<T> Inner<T> {
    /// Nothing below panics while the lock is held, and the state is whole between any two statements.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> Inner<T> {
    /// Makes tasks of what waits, as far as there is room.
    fn dispatch(self: &Arc<Self>) {
        loop {
            // The lock is given back before anybody is told: a receiver that is gone drops what it is told.
            let Some(load) = self.state().form() else { return };
            self.begin(load);
        }
    }

    /// Queues items of one group.
    fn push(self: &Arc<Self>, entries: Vec<Entry<T>>) {
        let joined = self.state().push(entries);
        for one in joined {
            one.group.formed(one.running, &one.company);
        }
        self.dispatch();
    }

    /// Hands a load to those who wait for its items; the first of them to poll it sets it going. Until it has a
    /// document, others may join.
    fn begin(self: &Arc<Self>, load: Load<T>) {
        let groups = groups(&load.entries);
        let company = Arc::new(Company::new(groups.clone()));
        let life = Life::new(Arc::clone(self), load.task, Arc::clone(&company));
        let running = if let Some(recorded) = load.recorded {
            life.go_on(recorded, load.entries).boxed().shared()
        } else {
            let running = life.run().boxed().shared();
            // It has not been polled yet, so there is something to hold on to.
            if let Some(weak) = running.downgrade() {
                self.state().open((load.task, load.entries), weak, &company);
            }
            running
        };
        for group in &groups {
            group.formed(running.clone(), &company);
        }
    }
}
