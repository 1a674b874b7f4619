//! Waiting for items of the queue.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::future::{BoxFuture, Shared, WeakShared};
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use futures_util::{FutureExt, future};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Inner;
use super::company::Company;
use super::error::ItemError;
use super::item::{Delivered, QueueItem, Settled};
use super::load::Recorded;
use super::state::{Entry, Route};
use crate::api::{SubmitTransfer, TransferItem};
use crate::{Task, TaskId};

pub(super) type Running = Shared<BoxFuture<'static, ()>>;
pub(super) type WeakRunning = WeakShared<BoxFuture<'static, ()>>;
type OnTask = Box<dyn Fn(&TaskId) + Send + Sync>;
type OnUpdate = Box<dyn Fn(&Task) + Send + Sync>;

enum Message {
    Formed(Running, Arc<Company>),
    Settled(Vec<Settled>),
}

/// Those who wait for the items of one call.
pub(super) struct Group {
    messages: UnboundedSender<Message>,
    gone: AtomicBool,
    cancelled: AtomicBool,
    on_task: Option<OnTask>,
    on_update: Option<OnUpdate>,
}

impl Group {
    pub(super) fn formed(&self, running: Running, company: &Arc<Company>) {
        // A receiver that is gone waits for nothing.
        let _ = self.messages.send(Message::Formed(running, Arc::clone(company)));
    }

    pub(super) fn settled(&self, settled: Vec<Settled>) {
        let _ = self.messages.send(Message::Settled(settled));
    }

    pub(super) fn submitted(&self, task_id: &TaskId) {
        if let Some(call) = &self.on_task
            && !self.is_gone()
        {
            call(task_id);
        }
    }

    pub(super) fn updated(&self, task: &Task) {
        if let Some(call) = &self.on_update
            && !self.is_gone()
        {
            call(task);
        }
    }

    #[cfg(test)]
    pub(super) fn idle() -> Arc<Self> {
        Arc::new(Self {
            messages: unbounded_channel().0,
            gone: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            on_task: None,
            on_update: None,
        })
    }

    /// Nobody awaits its items any more.
    pub(super) fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// The items of one call, as a stream of what became of them, task by task. Made by
/// [`TransferQueue::transfer_all`](super::TransferQueue::transfer_all).
///
/// It ends when every item is settled. Dropping it leaves what was submitted to the service, and takes the rest out
/// of the queue.
#[must_use = "items do nothing until they are awaited"]
pub struct Transfers<T: Send + Sync + 'static = ()> {
    inner: Arc<Inner<T>>,
    start: Option<Start<T>>,
    group: Option<Arc<Group>>,
    messages: UnboundedReceiver<Message>,
    running: FuturesUnordered<Running>,
    companies: Vec<Arc<Company>>,
    open: usize,
}

/// What stands in the queue from the first poll on.
struct Start<T> {
    route: Arc<Route>,
    items: Vec<QueueItem<T>>,
    recorded: Option<Recorded>,
    messages: UnboundedSender<Message>,
    on_task: Option<OnTask>,
    on_update: Option<OnUpdate>,
}

impl<T: Send + Sync + 'static> fmt::Debug for Transfers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfers")
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

// Nothing in it is pinned in place: the futures that it polls are boxed.
impl<T: Send + Sync + 'static> Unpin for Transfers<T> {}

impl<T: Send + Sync + 'static> Transfers<T> {
    pub(super) fn new(
        inner: Arc<Inner<T>>,
        options: &SubmitTransfer,
        items: impl IntoIterator<Item = QueueItem<T>>,
        recorded: Option<Recorded>,
    ) -> Self {
        let (sender, messages) = unbounded_channel();
        let items: Vec<QueueItem<T>> = items.into_iter().collect();
        let open = items.len();
        let start = Start {
            route: Arc::new(Route::new(options)),
            items,
            recorded,
            messages: sender,
            on_task: None,
            on_update: None,
        };
        Self {
            inner,
            start: Some(start),
            group: None,
            messages,
            running: FuturesUnordered::new(),
            companies: Vec::new(),
            open,
        }
    }

    /// Called with each task that takes items of this call, as soon as the service has it. It must not block.
    pub fn on_task(mut self, call: impl Fn(&TaskId) + Send + Sync + 'static) -> Self {
        if let Some(start) = &mut self.start {
            start.on_task = Some(Box::new(call));
        }
        self
    }

    /// Called with every reading of such a task. It must not block.
    pub fn on_update(mut self, call: impl Fn(&Task) + Send + Sync + 'static) -> Self {
        if let Some(start) = &mut self.start {
            start.on_update = Some(Box::new(call));
        }
        self
    }

    /// The items that are settled next; `None` when all are.
    pub async fn next(&mut self) -> Option<Vec<Settled>> {
        StreamExt::next(self).await
    }

    /// Gives the rest up: what waits is not sent, and a task is cancelled if all who share it have given it up. One
    /// that others still wait for, or whose document has items that this process does not know, goes on.
    pub async fn cancel(mut self) {
        self.start = None;
        let Some(group) = self.group.take() else { return };
        group.cancelled.store(true, Ordering::Relaxed);
        group.leave();
        while let Ok(message) = self.messages.try_recv() {
            if let Message::Formed(running, company) = message {
                self.running.push(running);
                self.companies.push(company);
            }
        }
        for company in &self.companies {
            company.changed();
        }
        let alone = self.companies.iter().all(|company| company.has_cancelled());
        if alone {
            while self.running.next().await.is_some() {}
        }
    }

    fn begin(&mut self, start: Start<T>) {
        let group = Arc::new(Group {
            messages: start.messages,
            gone: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            on_task: start.on_task,
            on_update: start.on_update,
        });
        self.group = Some(Arc::clone(&group));
        let mut entries = Vec::with_capacity(start.items.len());
        let mut refused = Vec::new();
        for (position, item) in start.items.into_iter().enumerate() {
            let wire = TransferItem::new(&item.source_path, &item.destination_path);
            match wire.check() {
                Ok(()) => entries.push(Entry {
                    item,
                    position,
                    group: Arc::clone(&group),
                    route: Arc::clone(&start.route),
                    rounds: 0,
                    part: 0,
                }),
                Err(error) => refused.push(Settled {
                    position,
                    result: Err(ItemError::Refused(error)),
                }),
            }
        }
        if !refused.is_empty() {
            group.settled(refused);
        }
        if let Some(recorded) = start.recorded {
            let load = self.inner.state().join(entries, recorded);
            self.inner.begin(load);
        } else {
            self.inner.push(entries);
        }
    }
}

impl<T: Send + Sync + 'static> Stream for Transfers<T> {
    type Item = Vec<Settled>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Vec<Settled>>> {
        if let Some(start) = self.start.take() {
            self.begin(start);
        }
        while self.open > 0 {
            match self.messages.poll_recv(context) {
                Poll::Ready(Some(Message::Formed(running, company))) => {
                    self.running.push(running);
                    self.companies.push(company);
                    continue;
                }
                Poll::Ready(Some(Message::Settled(settled))) => {
                    self.open -= settled.len();
                    return Poll::Ready(Some(settled));
                }
                // The sender lives in the group, which lives as long as this.
                Poll::Ready(None) => break,
                Poll::Pending => {}
            }
            // A task that ended has told what it had to tell.
            if ready!(self.running.poll_next_unpin(context)).is_none() {
                return Poll::Pending;
            }
        }
        Poll::Ready(None)
    }
}

impl<T: Send + Sync + 'static> Drop for Transfers<T> {
    fn drop(&mut self) {
        if let Some(group) = &self.group
            && self.open > 0
        {
            group.leave();
            self.inner.state().tidy();
        }
    }
}

/// One item. Made by [`TransferQueue::transfer`](super::TransferQueue::transfer); `.await` it.
#[must_use = "an item does nothing until it is awaited"]
#[derive(Debug)]
pub struct Transfer<T: Send + Sync + 'static = ()> {
    transfers: Transfers<T>,
}

impl<T: Send + Sync + 'static> Transfer<T> {
    pub(super) fn new(transfers: Transfers<T>) -> Self {
        Self { transfers }
    }

    /// As [`Transfers::on_task`].
    pub fn on_task(self, call: impl Fn(&TaskId) + Send + Sync + 'static) -> Self {
        Self::new(self.transfers.on_task(call))
    }

    /// As [`Transfers::on_update`].
    pub fn on_update(self, call: impl Fn(&Task) + Send + Sync + 'static) -> Self {
        Self::new(self.transfers.on_update(call))
    }
}

impl<T: Send + Sync + 'static> IntoFuture for Transfer<T> {
    type Output = Result<Delivered, ItemError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            let settled = self.transfers.next().await.and_then(|mut all| all.pop());
            match settled {
                Some(settled) => settled.result,
                // One item settles once.
                None => future::pending().await,
            }
        }
        .boxed()
    }
}
