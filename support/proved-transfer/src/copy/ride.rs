//! How items of the queue stand on record: each batch with all its steps, in one transaction.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use globus_transfer::{Intended, Journal, JournalError, QueueItem, SubmissionDocument, TaskId};
use run_store::{Batch, BatchIntended, BatchItem, DeliveryKey, RunStore, Settlement, Slot};
use serde_json::{Value, json};

use super::extent::Extent;
use super::hop::Hop;
use super::mover::STEP;
use super::name::Name;
use super::observe::{Observation, collection};
use super::source::Order;
use crate::failure::Failure;
use crate::session::Session;

/// What the files of a call have in common: whose they are, from where and to where.
#[derive(Debug)]
pub(super) struct Way {
    run: Session,
    /// The key of the source endpoint.
    endpoint: Name,
    /// The collections, as deliveries are recorded under them.
    source: Name,
    destination: Name,
}

impl Way {
    pub(super) fn new(run: &Session, hop: Hop<'_>) -> Result<Arc<Self>, Failure> {
        let id = |endpoint| Ok(collection(endpoint, STEP)?.to_string().into());
        Ok(Arc::new(Self {
            run: run.clone(),
            endpoint: hop.source.key().as_str().into(),
            source: id(hop.source)?,
            destination: id(hop.destination)?,
        }))
    }
}

/// A file on its way through the queue: whose it is, and how it stands on record. There are tens of thousands of them,
/// so what their item knows they do not repeat.
#[derive(Debug)]
pub(crate) struct Ride {
    way: Arc<Way>,
    /// The source when it was looked at.
    bytes: u64,
    modified: DateTime<Utc>,
    /// The task of the delivery that was on record then.
    before: Option<String>,
    attempt: Mutex<Attempt>,
}

#[derive(Debug)]
struct Attempt {
    slot: Option<Slot>,
    /// Whether it is recorded with a batch.
    intended: bool,
}

impl Ride {
    pub(super) fn new(way: &Arc<Way>, slot: Slot, source: &Observation, before: Option<String>) -> Arc<Self> {
        Arc::new(Self {
            way: Arc::clone(way),
            bytes: source.size,
            modified: source.modified,
            before,
            attempt: Mutex::new(Attempt {
                slot: Some(slot),
                intended: false,
            }),
        })
    }

    /// The file as it was when it was looked at, which stands at `path`.
    pub(super) fn source(&self, path: &str) -> Extent {
        Extent::File(Observation {
            endpoint: self.way.endpoint.clone(),
            collection: self.way.source.clone(),
            path: path.to_owned(),
            size: self.bytes,
            modified: self.modified,
        })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// As a session before this one recorded it.
    pub(super) fn recorded(self: Arc<Self>) -> Arc<Self> {
        self.intended();
        self
    }

    /// Nothing below panics while the lock is held.
    fn with<R>(&self, look: impl FnOnce(&mut Attempt) -> R) -> R {
        let mut attempt = self.attempt.lock().unwrap_or_else(PoisonError::into_inner);
        look(&mut attempt)
    }

    /// The end of the attempt, for the record.
    pub(super) fn settlement(&self, ok: bool, outcome: Value) -> Option<Settlement> {
        self.with(|attempt| attempt.slot.as_ref().map(|slot| slot.settlement(ok, outcome)))
    }

    /// The next attempt, if the last one came to nothing: it is in no batch.
    pub(super) fn taken_back(&self) -> Option<Slot> {
        self.with(|attempt| attempt.slot.take().filter(|_| !attempt.intended))
    }

    fn batch_item(&self, path: &str) -> Option<BatchItem> {
        let facts = json!(Order::all(self.source(path)));
        self.with(|attempt| attempt.slot.as_ref().map(|slot| slot.batch_item(facts)))
    }

    /// The end of an attempt that is recorded and came to nothing: the next task is another attempt.
    fn ended(&self, why: &Failure) -> Option<Settlement> {
        self.with(|attempt| match &attempt.slot {
            Some(slot) if attempt.intended => Some(slot.settlement(false, json!({ "error": why }))),
            _ => None,
        })
    }

    fn follow(&self) {
        self.with(|attempt| {
            attempt.slot = attempt.slot.take().map(Slot::following);
            attempt.intended = false;
        });
    }

    fn is_intended(&self) -> bool {
        self.with(|attempt| attempt.intended)
    }

    fn intended(&self) {
        self.with(|attempt| attempt.intended = true);
    }
}

/// The run store as the queue's journal.
#[derive(Debug)]
pub(crate) struct Record {
    store: Arc<dyn RunStore>,
}

impl Record {
    pub(crate) fn new(store: Arc<dyn RunStore>) -> Self {
        Self { store }
    }

    /// What other runs delivered while these items waited: it is to be looked at again, not copied again.
    async fn delivered_meanwhile(
        &self,
        items: &[&QueueItem<Arc<Ride>>],
    ) -> Result<Vec<(usize, JournalError)>, JournalError> {
        let keys: Vec<DeliveryKey> = items.iter().map(|item| delivery_key(item)).collect();
        let now = self.store.deliveries(&keys).await.map_err(failed)?;
        let each = items.iter().zip(now).enumerate();
        let news = each.filter_map(|(n, (item, now))| {
            let ride = item.mark();
            // What is queued again was under way here all the time.
            let now = now.filter(|now| !ride.is_intended() && ride.before.as_ref() != Some(&now.task_id))?;
            let error = run_store::Error::Elsewhere {
                step: STEP.to_owned(),
                key: item.source_path().to_owned(),
                run_id: now.run_id,
            };
            Some((n, failed(error)))
        });
        Ok(news.collect())
    }
}

/// Where the delivery of an item would be on record.
fn delivery_key(item: &QueueItem<Arc<Ride>>) -> DeliveryKey {
    let way = &item.mark().way;
    DeliveryKey {
        source_endpoint: way.source.to_string(),
        source_path: item.source_path().to_owned(),
        destination_endpoint: way.destination.to_string(),
        destination_path: item.destination_path().to_owned(),
    }
}

fn batch_item(item: &QueueItem<Arc<Ride>>) -> Option<BatchItem> {
    item.mark().batch_item(item.source_path())
}

/// Ends the attempts that are recorded, and makes the next ones of them.
pub(super) async fn end_attempts<'a>(
    rides: impl Iterator<Item = &'a Arc<Ride>> + Clone,
    why: &Failure,
) -> run_store::Result<()> {
    let mut ended: BTreeMap<&str, (&Ride, Vec<Settlement>)> = BTreeMap::new();
    for ride in rides.clone() {
        if let Some(end) = ride.ended(why) {
            let of_run = ended.entry(ride.way.run.run_id());
            of_run.or_insert_with(|| (ride, Vec::new())).1.push(end);
        }
    }
    for (ride, ends) in ended.into_values() {
        ride.way.run.record().settle_all(ends).await?;
    }
    for ride in rides {
        if ride.is_intended() {
            ride.follow();
        }
    }
    Ok(())
}

fn failed(error: run_store::Error) -> JournalError {
    Arc::new(error)
}

#[async_trait]
impl Journal<Arc<Ride>> for Record {
    async fn intend(
        &self,
        document: &SubmissionDocument,
        items: &[&QueueItem<Arc<Ride>>],
    ) -> Result<Intended, JournalError> {
        let news = self.delivered_meanwhile(items).await?;
        if !news.is_empty() {
            return Ok(Intended::Without(news));
        }
        let again = Failure::new(STEP, "queued_again", "another file ended the task of this one");
        let marks = || items.iter().map(|item| item.mark());
        end_attempts(marks(), &again).await.map_err(failed)?;
        let batch = Batch {
            id: document.submission_id().to_string(),
            document: document.as_bytes().to_vec(),
            items: items.iter().filter_map(|item| batch_item(item)).collect(),
        };
        match self.store.intend_batch(batch).await.map_err(failed)? {
            BatchIntended::Recorded => {
                // Another run may have been at them until a moment ago. Where one of them is still to be copied, the
                // others go along: the service skips what stands there.
                let news = self.delivered_meanwhile(items).await?;
                for item in items {
                    item.mark().intended();
                }
                if news.is_empty() || news.len() < items.len() {
                    return Ok(Intended::Recorded);
                }
                let text = "another run delivered this file before it was sent";
                let why = Failure::new(STEP, "delivered_elsewhere", text);
                end_attempts(marks(), &why).await.map_err(failed)?;
                Ok(Intended::Without(news))
            }
            BatchIntended::Without(refused) => {
                let each = refused.into_iter().map(|(n, error)| (n, failed(error)));
                Ok(Intended::Without(each.collect()))
            }
        }
    }

    async fn submitted(
        &self,
        document: &SubmissionDocument,
        items: &[&QueueItem<Arc<Ride>>],
        task_id: &TaskId,
    ) -> Result<(), JournalError> {
        let items: Vec<BatchItem> = items.iter().filter_map(|item| batch_item(item)).collect();
        let id = document.submission_id().to_string();
        let receipt = json!({ "task_id": task_id });
        self.store.note_batch(&id, &items, &receipt).await.map_err(failed)
    }
}
