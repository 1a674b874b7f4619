//! What goes with the next tasks of a call: what is left to do of each file, and the documents that say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use globus_transfer::api::SubmitTransfer;
use globus_transfer::{Label, QueueItem, SubmissionDocument, SyncLevel, Transfers};
use run_store::{Effect, Intent, Slot};
use serde_json::Value;

use super::delivery;
use super::extent::{Extent, Located};
use super::hop::{Kind, key};
use super::many::{AT_ONCE, Call, End};
use super::mover::{self, SERVICE, STEP};
use super::observe::{Seen, collection, observe_all, path_on};
use super::queues::Queue;
use super::ride::{Ride, Way};
use super::source::{self, Order};
use super::submit::finish;
use super::together::{look_all, recorded_all};
use crate::control::off_site;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;

/// What a round leaves to do.
#[derive(Default)]
pub(super) struct Todo {
    pub(super) ends: Vec<End>,
    pub(super) fresh: Vec<(usize, Slot, bool)>,
    pub(super) batches: BTreeMap<String, Vec<(usize, Arc<Ride>)>>,
    pub(super) lone: Vec<usize>,
}

fn at<'a>(endpoint: &'a StorageEndpoint, path: &'a str) -> Located<'a> {
    Located { endpoint, path }
}

impl Call<'_> {
    /// Those that may go: the paths can be ones, and the file may leave the site.
    pub(super) async fn that_may_go(self, which: Vec<usize>) -> (Vec<usize>, Vec<End>) {
        let (mut free, mut ends) = (Vec::with_capacity(which.len()), Vec::new());
        for n in which {
            match self.may_go(n).await {
                Ok(()) => free.push(n),
                Err(failure) => ends.push((n, Err(failure))),
            }
        }
        (free, ends)
    }

    async fn may_go(self, n: usize) -> Result<(), Failure> {
        // A path that cannot be one fails here, alone, and not in a request that others share.
        path_on(self.hop.source, self.items[n].path, STEP)?;
        path_on(self.hop.destination, self.items[n].path, STEP)?;
        mover::stays_on_site(self.run, self.items[n], self.hop).await
    }

    /// By how they stand on record.
    pub(super) async fn sort(
        self,
        which: Vec<usize>,
        again: &mut BTreeMap<usize, Slot>,
    ) -> Result<Todo, Failure> {
        let mut todo = Todo::default();
        let mut unknown = Vec::with_capacity(which.len());
        for n in which {
            match again.remove(&n) {
                Some(slot) => todo.fresh.push((n, slot, false)),
                None => unknown.push(n),
            }
        }
        let which = unknown;
        let keys: Vec<String> = which.iter().map(|n| key(self.hop, self.items[*n])).collect();
        let failed = |error: run_store::Error| Failure::store(STEP, &error);
        let effects = self.run.record().effects(STEP, &keys).await.map_err(failed)?;
        let way = Way::new(self.run, self.hop)?;
        for (n, effect) in which.into_iter().zip(effects) {
            match effect {
                Err(error) => todo.ends.push((n, Err(Failure::store(STEP, &error)))),
                Ok(Effect::Done(outcome)) => todo.ends.push((n, mover::recalled(&outcome))),
                Ok(Effect::Pending(
                    slot,
                    Intent {
                        batch: Some(id),
                        facts,
                        ..
                    },
                )) => match mover::order(facts) {
                    Ok(Order {
                        source: Extent::File(source),
                        ..
                    }) => {
                        let ride = Ride::new(&way, slot, &source, None).recorded();
                        todo.batches.entry(id).or_default().push((n, ride));
                    }
                    Ok(_) => todo.ends.push((n, Err(no_file()))),
                    Err(failure) => todo.ends.push((n, Err(failure))),
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
    pub(super) fn options(self) -> Result<SubmitTransfer, Failure> {
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

    pub(super) fn queued(self, n: usize, ride: &Arc<Ride>) -> Result<QueueItem<Arc<Ride>>, Failure> {
        let from = path_on(self.hop.source, self.items[n].path, STEP)?;
        let to = path_on(self.hop.destination, self.items[n].path, STEP)?;
        Ok(QueueItem::new(from, to, ride.bytes()).marked(Arc::clone(ride)))
    }

    /// A batch that a session before this one recorded: the same bytes again, or its task.
    pub(super) async fn resumed(
        self,
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
            self.overwrites_nothing(&document).await?;
        }
        let items = rides.iter().map(|(n, ride)| self.queued(*n, ride));
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        Ok(queue.resume(options, document, task_id, items))
    }

    /// Of a recorded document every file must still be free to leave the site, also those of other runs.
    async fn document_may_go(self, document: &SubmissionDocument) -> Result<(), Failure> {
        if self.hop.destination.on_site() {
            return Ok(());
        }
        let place = self.run.workplace();
        for (path, _) in self.files_of(document)? {
            if let Some(record) = place
                .controlled(self.hop.source, &path, Some(self.run.run_id()))
                .await?
            {
                return Err(off_site(STEP, &record, self.hop.destination));
            }
        }
        Ok(())
    }

    /// A recorded document was perhaps never sent, and other runs may have delivered its files since: what the source
    /// became after that must not overwrite them. Asks for listings only where something is on record.
    async fn overwrites_nothing(self, document: &SubmissionDocument) -> Result<(), Failure> {
        let (hop, place) = (self.hop, self.run.workplace());
        let files = self.files_of(document)?;
        let mut keys = Vec::with_capacity(files.len());
        for (from, to) in &files {
            keys.push(delivery::key(
                at(hop.source, from),
                at(hop.destination, to),
                STEP,
            )?);
        }
        let found = place.store().deliveries(&keys).await;
        let found = found.map_err(|error| Failure::store(STEP, &error))?;
        let earlier: Vec<(&str, Extent)> = files
            .iter()
            .zip(found)
            .filter_map(|((from, to), found)| {
                let sides = (at(hop.source, from), at(hop.destination, to));
                let (earlier, _) = delivery::extents(&found?, sides.0, sides.1)?;
                Some((from.as_str(), earlier))
            })
            .collect();
        if earlier.is_empty() {
            return Ok(());
        }
        let paths: Vec<&str> = earlier.iter().map(|(path, _)| *path).collect();
        let seen = observe_all(place, hop.source, &paths, STEP).await?;
        for ((_, earlier), seen) in earlier.iter().zip(seen) {
            // What is gone there overwrites nothing; its task says so.
            if let Seen::File(now) | Seen::Link(now) = seen? {
                source::may_follow(&Extent::File(now), earlier, hop)?;
            }
        }
        Ok(())
    }

    /// The files of a recorded document, relative to the two roots.
    fn files_of(self, document: &SubmissionDocument) -> Result<Vec<(String, String)>, Failure> {
        let root = |endpoint: &StorageEndpoint| {
            let root = endpoint.root();
            root.map_err(|error| Failure::new(STEP, "path", error.to_string()))
        };
        let (from, to) = (root(self.hop.source)?, root(self.hop.destination)?);
        let below = |path: &Value, root: &str| {
            let path = path.as_str()?;
            let below = path.strip_prefix(root.trim_end_matches('/'));
            Some(below.unwrap_or(path).to_owned())
        };
        let read: Value = serde_json::from_slice(document.as_bytes()).unwrap_or_default();
        let files = read["DATA"].as_array().into_iter().flatten();
        let files = files.map(|item| {
            let source = below(&item["source_path"], &from)?;
            Some((source, below(&item["destination_path"], &to)?))
        });
        let files: Option<Vec<_>> = files.collect();
        files.filter(|files| !files.is_empty()).ok_or_else(|| {
            let text = "the files of the recorded submission cannot be read";
            Failure::new(STEP, "run_store", text)
        })
    }

    /// What is to be copied of what has no task yet. What was delivered before is looked at more closely.
    pub(super) async fn rides(
        self,
        fresh: Vec<(usize, Slot, bool)>,
        known: &[Option<&Extent>],
    ) -> Result<(Vec<(usize, Arc<Ride>)>, Vec<End>), Failure> {
        let Self { run, items, hop } = self;
        let known = |n: usize, trusted: bool| known[n].filter(|_| trusted).cloned();
        let asked: Vec<usize> = fresh
            .iter()
            .filter(|(n, _, trusted)| known(*n, *trusted).is_none())
            .map(|(n, ..)| *n)
            .collect();
        // The record first: what is delivered between the two looks is noticed before it is sent.
        let which: Vec<usize> = fresh.iter().map(|(n, ..)| *n).collect();
        let before = recorded_all(run.workplace(), items, hop, &which).await?;
        let way = Way::new(run, hop)?;
        let mut seen: BTreeMap<usize, Result<Extent, Failure>> = look_all(run, items, hop, &asked).await?;
        let (mut rides, mut old, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for ((n, slot, trusted), before) in fresh.into_iter().zip(before) {
            let source = match known(n, trusted) {
                Some(known) => Ok(known),
                None => seen
                    .remove(&n)
                    .unwrap_or_else(|| Err(Failure::new(STEP, "listing", "was not looked at"))),
            };
            match source {
                Err(failure) => ends.push((n, Err(failure))),
                Ok(source) if before.is_some() => old.push((n, slot, source, before)),
                Ok(Extent::File(source)) => rides.push((n, Ride::new(&way, slot, &source, before))),
                Ok(Extent::Folder(_)) => ends.push((n, Err(no_file()))),
            }
        }
        let looked = stream::iter(old).map(|(n, slot, source, before)| async move {
            let task = Box::pin(source::task(run, items[n], hop, Some(&source))).await;
            (n, slot, before, task)
        });
        let looked: Vec<_> = looked.buffer_unordered(AT_ONCE).collect().await;
        for (n, slot, before, task) in looked {
            match task {
                Ok(source::Task::Copy(Order {
                    source: Extent::File(source),
                    ..
                })) => rides.push((n, Ride::new(&way, slot, &source, before))),
                Ok(source::Task::Copy(_)) => ends.push((n, Err(no_file()))),
                Ok(source::Task::Stands(proof)) => {
                    let end = finish(slot, &proof).await.map(|()| proof);
                    ends.push((n, end));
                }
                Err(failure) => ends.push((n, Err(failure))),
            }
        }
        Ok((rides, ends))
    }
}

fn no_file() -> Failure {
    Failure::new(STEP, "NOT_A_FILE", "what shares a task is a file")
}
