//! Many files over one hop with few tasks, each proved by itself.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use globus_transfer::api::SubmitTransfer;
use globus_transfer::{
    Delivered, ItemError, Label, QueueItem, SubmissionDocument, SyncLevel, Task, TaskId, TransferQueue,
    Transfers,
};
use run_store::{Effect, Intent, Slot};
use serde_json::{Value, json};

use super::delivery;
use super::extent::Extent;
use super::mover::{self, Hop, Item, Kind, SERVICE, STEP};
use super::observe::{collection, path_on};
use super::ride::{Record, Ride};
use super::source::{self, Order};
use super::together::{confirm_all, look_all, recorded_all};
use super::verified::VerifiedCopy;
use crate::control::off_site;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::{Session, Workplace};
use crate::task::task_failure;

/// Files of the queue, and whose they are by their position.
type Carried = (Transfers<Arc<Ride>>, Vec<(usize, Arc<Ride>)>);

/// Files that are looked at one by one at a time: those that were delivered before.
const AT_ONCE: usize = 100;

type Proved = Result<VerifiedCopy, Failure>;
/// A queue whose items are on record.
pub(crate) type Queue = TransferQueue<Arc<Ride>>;

/// Runs that began together come to their copies within this time of each other.
const MOMENT: Duration = Duration::from_millis(100);

/// A queue that records every batch in the run store before it is sent.
fn queue(place: &Workplace) -> Queue {
    let service = &place.service;
    let record = Arc::new(Record::new(Arc::clone(&place.store)));
    TransferQueue::with_journal(service.watcher.clone(), service.transfer.clone(), record).room(service.room)
}

/// The same for all runs of the process.
pub(crate) fn shared_queue(place: &Workplace) -> Queue {
    let service = &place.service;
    let record = Arc::new(Record::new(Arc::clone(&place.store)));
    let (watcher, transfer) = (service.watcher.clone(), service.transfer.clone());
    TransferQueue::gathering(watcher, transfer, record, MOMENT).room(service.room)
}

/// Copies files over one hop with few tasks, and proves each copy by itself; the answers are in the order of the
/// items.
///
/// As [`copy`](super::copy) for each of them, but that they share tasks, listings and transactions: up to 1,000 files
/// or 1 TB a task, and the failure of one fails no other. `known` is what listings of the source showed a moment ago,
/// by item, where the caller has it. A record that keeps no batches gives each file a task of its own.
pub async fn copy_all(
    run: &Session,
    items: &[Item<'_>],
    hop: Hop<'_>,
    known: &[Option<&Extent>],
) -> Vec<Proved> {
    let mut many = Many {
        run,
        items,
        hop,
        ends: items.iter().map(|_| None).collect(),
        again: BTreeMap::new(),
    };
    let known: Vec<Option<&Extent>> = (0..items.len())
        .map(|n| known.get(n).copied().flatten())
        .collect();
    if run.workplace().store().keeps_batches() {
        // Boxed as any future: its own type would stand in the type of every flow.
        many.batched((0..items.len()).collect(), &known).boxed().await;
    } else {
        many.singly((0..items.len()).collect(), &known).boxed().await;
    }
    many.ends()
}

/// One file through the queue that all runs of the process share.
pub(super) async fn copy_shared(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
) -> Proved {
    let mut ends = Box::pin(copy_all(run, &[item], hop, &[known])).await;
    ends.pop()
        .unwrap_or_else(|| Err(Failure::new(STEP, "lost", "the copy has no end")))
}

/// Files of one call.
struct Many<'a> {
    run: &'a Session,
    items: &'a [Item<'a>],
    hop: Hop<'a>,
    ends: Vec<Option<Proved>>,
    /// The next attempts of those whose last one was taken back.
    again: BTreeMap<usize, Slot>,
}

/// What a round leaves to do.
#[derive(Default)]
struct Todo {
    fresh: Vec<(usize, Slot, bool)>,
    batches: BTreeMap<String, Vec<(usize, Arc<Ride>)>>,
    lone: Vec<usize>,
}

impl Many<'_> {
    fn ends(self) -> Vec<Proved> {
        let lost = || Err(Failure::new(STEP, "lost", "the copy has no end"));
        let named = self.ends.into_iter().zip(self.items).map(|(end, item)| {
            let end = end.unwrap_or_else(lost);
            end.map_err(|failure| failure.file(item.path).hop(self.hop))
        });
        named.collect()
    }

    fn end(&mut self, n: usize, end: Proved) {
        if let Ok(proof) = &end {
            self.run.say(&Event::Verified {
                hop: self.hop.to_string(),
                bytes: proof.witness().size(),
            });
        }
        if let Some(place) = self.ends.get_mut(n) {
            *place = Some(end);
        }
    }

    fn fail_all(&mut self, which: impl IntoIterator<Item = usize>, failure: &Failure) {
        for n in which {
            self.end(n, Err(failure.clone()));
        }
    }

    /// A task for each.
    async fn singly(&mut self, which: Vec<usize>, known: &[Option<&Extent>]) {
        let (run, hop, items) = (self.run, self.hop, self.items);
        let each = stream::iter(which).map(|n| async move {
            let copied = Box::pin(async {
                let effect = run.effect(STEP, &mover::key(hop, items[n])).await?;
                mover::go_on(run, items[n], hop, known[n], effect).await
            });
            (n, copied.await)
        });
        let ends: Vec<(usize, Proved)> = each.buffer_unordered(AT_ONCE).collect().await;
        for (n, end) in ends {
            self.end(n, end);
        }
    }

    /// Rounds, until nothing is under way in other runs: what is, is waited for and looked at again.
    async fn batched(&mut self, mut which: Vec<usize>, known: &[Option<&Extent>]) {
        let mut known = known.to_vec();
        while !which.is_empty() {
            let elsewhere = match self.round(which.clone(), &known).await {
                Ok(elsewhere) => elsewhere,
                Err(failure) => {
                    let open: Vec<usize> = which.into_iter().filter(|n| self.ends[*n].is_none()).collect();
                    return self.fail_all(open, &failure);
                }
            };
            for n in &elsewhere {
                let key = mover::key(self.hop, self.items[*n]);
                if let Err(failure) = self.run.wait_for_other(STEP, &key).await {
                    self.end(*n, Err(failure));
                }
                known[*n] = None;
            }
            which = elsewhere
                .into_iter()
                .filter(|n| self.ends[*n].is_none())
                .collect();
        }
    }

    /// Everything once; answers what another run is at.
    async fn round(&mut self, which: Vec<usize>, known: &[Option<&Extent>]) -> Result<Vec<usize>, Failure> {
        let which = self.that_may_go(which).await?;
        let mut todo = self.sort(which).await?;
        let lone = std::mem::take(&mut todo.lone);
        self.singly(lone, known).await;
        let options = self.options()?;
        let shared = self.run.workplace().service.shared.clone();
        let queue = shared.unwrap_or_else(|| queue(self.run.workplace()));
        let mut carried = Vec::new();
        for (id, rides) in std::mem::take(&mut todo.batches) {
            match self.resumed(&queue, &options, &id, &rides).await {
                Ok(transfers) => carried.push((transfers, rides)),
                Err(failure) => self.fail_all(rides.into_iter().map(|(n, _)| n), &failure),
            }
        }
        let rides = self.rides(todo.fresh, known).await?;
        if !rides.is_empty() {
            let items = rides.iter().map(|(n, ride)| self.queued(*n, ride));
            let items: Vec<_> = items.collect::<Result<_, _>>()?;
            carried.push((queue.transfer_all(&options, items), rides));
        }
        self.carry(carried).await
    }

    /// Without those that may not leave the site.
    async fn that_may_go(&mut self, which: Vec<usize>) -> Result<Vec<usize>, Failure> {
        let mut free = Vec::with_capacity(which.len());
        for n in which {
            match mover::stays_on_site(self.run, self.items[n], self.hop).await {
                Ok(()) => free.push(n),
                Err(failure) => self.end(n, Err(failure)),
            }
        }
        Ok(free)
    }

    /// By how they stand on record.
    async fn sort(&mut self, which: Vec<usize>) -> Result<Todo, Failure> {
        let mut todo = Todo::default();
        let mut unknown = Vec::with_capacity(which.len());
        for n in which {
            match self.again.remove(&n) {
                Some(slot) => todo.fresh.push((n, slot, false)),
                None => unknown.push(n),
            }
        }
        let which = unknown;
        let keys: Vec<String> = which
            .iter()
            .map(|n| mover::key(self.hop, self.items[*n]))
            .collect();
        let failed = |error: run_store::Error| Failure::store(STEP, &error);
        let effects = self.run.record().effects(STEP, &keys).await.map_err(failed)?;
        for (n, effect) in which.into_iter().zip(effects) {
            match effect {
                Err(error) => self.end(n, Err(Failure::store(STEP, &error))),
                Ok(Effect::Done(outcome)) => self.end(n, mover::recalled(&outcome)),
                Ok(Effect::Pending(
                    slot,
                    Intent {
                        batch: Some(id),
                        facts,
                        ..
                    },
                )) => match mover::order(facts) {
                    Ok(order) => {
                        let (from, to) = self.hop.both(self.items[n]);
                        let known = (delivery::key(from, to, STEP)?, None);
                        let ride = Ride::new(self.run, slot, order, known).recorded();
                        todo.batches.entry(id).or_default().push((n, ride));
                    }
                    Err(failure) => self.end(n, Err(failure)),
                },
                Ok(Effect::Pending(..)) => todo.lone.push(n),
                Ok(_) if self.items[n].kind == Kind::Folder => todo.lone.push(n),
                Ok(Effect::New(slot)) => todo.fresh.push((n, slot, true)),
                // What the caller saw may be why the attempt before failed: this one looks for itself.
                Ok(Effect::Failed { slot, .. }) => todo.fresh.push((n, slot, false)),
            }
        }
        Ok(todo)
    }

    /// What all tasks of the call have in common.
    fn options(&self) -> Result<SubmitTransfer, Failure> {
        let label = self.items.first().map_or("", |item| item.label);
        let client = &self.run.workplace().service.transfer;
        let (from, to) = (
            collection(self.hop.source, STEP)?,
            collection(self.hop.destination, STEP)?,
        );
        Ok(client
            .submit_transfer(from, to)
            .label(Label::with_suffix(label, self.run.run_id()))
            .sync_level(SyncLevel::Checksum)
            .verify_checksum(true)
            .notifications(false))
    }

    fn queued(&self, n: usize, ride: &Arc<Ride>) -> Result<QueueItem<Arc<Ride>>, Failure> {
        let from = path_on(self.hop.source, self.items[n].path, STEP)?;
        let to = path_on(self.hop.destination, self.items[n].path, STEP)?;
        Ok(QueueItem::new(from, to, ride.order.source.size()).marked(Arc::clone(ride)))
    }

    /// A batch that a session before this one recorded: the same bytes again, or its task.
    async fn resumed(
        &self,
        queue: &Queue,
        options: &SubmitTransfer,
        id: &str,
        rides: &[(usize, Arc<Ride>)],
    ) -> Result<Transfers<Arc<Ride>>, Failure> {
        let place = self.run.workplace();
        let recorded = place.store().batch(id).await;
        let recorded = recorded
            .map_err(|error| Failure::store(STEP, &error))?
            .ok_or_else(|| Failure::new(STEP, "run_store", format!("the batch {id} is not on record")))?;
        let document = SubmissionDocument::from_bytes(recorded.document)
            .map_err(|error| Failure::service(STEP, SERVICE, &error))?;
        let task_id = recorded.receipt.as_ref().and_then(mover::recorded_task);
        if task_id.is_none() {
            self.document_may_go(&document).await?;
        }
        let items = rides.iter().map(|(n, ride)| self.queued(*n, ride));
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        Ok(queue.resume(options, document, task_id, items))
    }

    /// Of a recorded document every file must still be free to leave the site, also those of other runs.
    async fn document_may_go(&self, document: &SubmissionDocument) -> Result<(), Failure> {
        if self.hop.destination.on_site() {
            return Ok(());
        }
        let root = self.hop.source.root();
        let root = root.map_err(|error| Failure::new(STEP, "path", error.to_string()))?;
        let read: Value = serde_json::from_slice(document.as_bytes()).unwrap_or_default();
        let paths = read["DATA"].as_array().into_iter().flatten();
        let paths = paths.map(|item| item["source_path"].as_str());
        let paths = paths
            .collect::<Option<Vec<&str>>>()
            .filter(|paths| !paths.is_empty());
        let unread = || {
            Failure::new(
                STEP,
                "run_store",
                "the files of the recorded submission cannot be read",
            )
        };
        let place = self.run.workplace();
        for path in paths.ok_or_else(unread)? {
            let below = path.strip_prefix(root.trim_end_matches('/')).unwrap_or(path);
            if let Some(record) = place
                .controlled(self.hop.source, below, Some(self.run.run_id()))
                .await?
            {
                return Err(off_site(STEP, &record, self.hop.destination));
            }
        }
        Ok(())
    }

    /// What is to be copied of what has no task yet. What was delivered before is looked at more closely.
    async fn rides(
        &mut self,
        fresh: Vec<(usize, Slot, bool)>,
        known: &[Option<&Extent>],
    ) -> Result<Vec<(usize, Arc<Ride>)>, Failure> {
        let (run, hop, items) = (self.run, self.hop, self.items);
        let known = |n: usize, trusted: bool| known[n].filter(|_| trusted).cloned();
        let asked: Vec<usize> = fresh
            .iter()
            .filter(|(n, _, trusted)| known(*n, *trusted).is_none())
            .map(|(n, ..)| *n)
            .collect();
        // The record first: what is delivered between the two looks is noticed before it is sent.
        let which: Vec<usize> = fresh.iter().map(|(n, ..)| *n).collect();
        let before = recorded_all(run.workplace(), items, hop, &which).await?;
        let mut seen: BTreeMap<usize, Result<Extent, Failure>> = look_all(run, items, hop, &asked).await?;
        let (mut rides, mut old) = (Vec::new(), Vec::new());
        for ((n, slot, trusted), before) in fresh.into_iter().zip(before) {
            let source = match known(n, trusted) {
                Some(known) => Ok(known),
                None => seen
                    .remove(&n)
                    .unwrap_or_else(|| Err(Failure::new(STEP, "listing", "was not looked at"))),
            };
            match source {
                Err(failure) => self.end(n, Err(failure)),
                Ok(source) if before.1.is_some() => old.push((n, slot, source, before)),
                Ok(source) => rides.push((n, Ride::new(run, slot, Order::all(source), before))),
            }
        }
        let looked = stream::iter(old).map(|(n, slot, source, before)| async move {
            let task = Box::pin(source::task(run, items[n], hop, Some(&source))).await;
            (n, slot, before, task)
        });
        let looked: Vec<_> = looked.buffer_unordered(AT_ONCE).collect().await;
        for (n, slot, before, task) in looked {
            match task {
                Ok(source::Task::Copy(order)) => rides.push((n, Ride::new(run, slot, order, before))),
                Ok(source::Task::Stands(proof)) => {
                    let end = mover::finish(slot, &proof).await.map(|()| proof);
                    self.end(n, end);
                }
                Err(failure) => self.end(n, Err(failure)),
            }
        }
        Ok(rides)
    }

    /// Waits for all, task by task; answers what another run is at.
    async fn carry(&mut self, carried: Vec<Carried>) -> Result<Vec<usize>, Failure> {
        let tasks = Arc::new(Tasks::default());
        let total = carried.iter().flat_map(|(_, rides)| rides);
        let total = total.map(|(_, ride)| ride.order.source.size()).sum();
        let each = carried.into_iter().map(|(transfers, rides)| {
            let told = tasks.told(self.run, self.hop, total, transfers);
            told.map(move |settled| {
                let of = settled.into_iter().filter_map(|one| {
                    let (n, ride) = rides.get(one.position)?;
                    Some((*n, Arc::clone(ride), one.result))
                });
                of.collect::<Vec<_>>()
            })
        });
        let mut all = stream::select_all(each);
        let mut elsewhere = Vec::new();
        while let Some(settled) = self.run.holding(STEP, all.next()).await? {
            elsewhere.extend(self.settled(settled, &tasks).await);
        }
        Ok(elsewhere)
    }

    /// What became of the files of one task: proved, failed, or another run's.
    async fn settled(
        &mut self,
        settled: Vec<(usize, Arc<Ride>, Result<Delivered, ItemError>)>,
        tasks: &Tasks,
    ) -> Vec<usize> {
        let (mut delivered, mut elsewhere) = (Vec::new(), Vec::new());
        let mut ends: Vec<(usize, Arc<Ride>, Proved, bool)> = Vec::new();
        for (n, ride, result) in settled {
            match result {
                Ok(end) => delivered.push((n, ride, end.task_id)),
                Err(ItemError::Journal(error)) => match error.downcast_ref::<run_store::Error>() {
                    Some(run_store::Error::Elsewhere { .. }) => {
                        self.again.extend(ride.taken_back().map(|slot| (n, slot)));
                        elsewhere.push(n);
                    }
                    Some(error) => self.end(n, Err(Failure::store(STEP, error))),
                    None => self.end(n, Err(Failure::new(STEP, "run_store", error.to_string()))),
                },
                Err(error) => {
                    let is_final = !error.is_doubtful();
                    ends.push((n, ride, Err(why(&error)), is_final));
                }
            }
        }
        let done: HashSet<TaskId> = delivered.iter().map(|(_, _, task_id)| task_id.clone()).collect();
        for (n, ride, proof) in confirm_all(self.run, self.items, self.hop, delivered).await {
            // A listing that could not be had says nothing about the copy: a rerun looks again.
            let is_final = proof
                .as_ref()
                .map_or_else(|failure| failure.context.service.is_none(), |_| true);
            ends.push((n, ride, proof, is_final));
        }
        let outcomes =
            ends.iter()
                .filter(|(.., is_final)| *is_final)
                .filter_map(|(_, ride, end, _)| match end {
                    Ok(proof) => ride.settlement(true, json!({ "copy": proof })),
                    Err(failure) => ride.settlement(false, json!({ "error": failure })),
                });
        let recorded = self.run.record().settle_all(outcomes.collect()).await;
        let lost = recorded.err().map(|error| Failure::store(STEP, &error));
        for (n, _, end, _) in ends {
            self.end(n, lost.clone().map_or(end, Err));
        }
        for task in done.iter().filter_map(|id| tasks.ended(id)) {
            self.run.say(&mover::delivered(self.hop, &task));
        }
        elsewhere
    }
}

/// The tasks of the call as last read, to tell of them once.
#[derive(Default)]
struct Tasks(Mutex<BTreeMap<TaskId, Task>>);

impl Tasks {
    /// Tells of each task, and of how it moves.
    fn told(
        self: &Arc<Self>,
        run: &Session,
        hop: Hop<'_>,
        total: u64,
        transfers: Transfers<Arc<Ride>>,
    ) -> Transfers<Arc<Ride>> {
        let (said, read) = (run.clone(), run.clone());
        let (hop, tasks) = (hop.to_string(), Arc::clone(self));
        let of = hop.clone();
        transfers
            .on_task(move |task_id| {
                said.say(&Event::Submitted {
                    hop: hop.clone(),
                    task_id: task_id.to_string(),
                });
            })
            .on_update(move |task| {
                read.say(&mover::moving(&of, total, task));
                let mut tasks = tasks.0.lock().unwrap_or_else(PoisonError::into_inner);
                tasks.insert(task.task_id.clone(), task.clone());
            })
    }

    fn ended(&self, id: &TaskId) -> Option<Task> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

/// What became of a file, in words.
fn why(error: &ItemError) -> Failure {
    const MEND: &str = "mend the cause, then run again with the same --run-id";
    match error {
        ItemError::Submission(error) | ItemError::Refused(error) => Failure::service(STEP, SERVICE, error),
        ItemError::Task { task_id, error } => task_failure(STEP, task_id, error),
        ItemError::Unknown { task_id, error } => Failure::service(STEP, SERVICE, error)
            .task(task_id, "unknown")
            .remedy("run again with the same --run-id: it goes on with the same task"),
        ItemError::Missing { task_id, .. } => {
            Failure::new(STEP, "not_delivered", error.to_string()).task(task_id, "SUCCEEDED")
        }
        other => {
            let failure = Failure::new(STEP, other.code(), other.to_string())
                .of(SERVICE)
                .remedy(MEND);
            match other.task_id() {
                Some(task_id) => failure.task(task_id, "SUCCEEDED"),
                None => failure,
            }
        }
    }
}
