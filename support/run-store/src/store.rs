//! The trait that every store implements.

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    Batch, BatchIntended, BatchItem, ControlledPath, DeletionRecord, Delivery, DeliveryKey, Error, Intent,
    Place, RecordedBatch, Result, Run, ScheduledId, ScheduledOutcome, ScheduledPrune, ScheduledRow,
};

/// How a run stands when it is opened.
#[derive(Debug)]
pub enum Opened {
    /// The run id is new.
    Fresh(Run),
    /// The run was begun before, and did not finish well.
    Resumed(Run),
    /// The run finished well before; its report.
    Finished(Value),
}

/// Where runs, and what outlives them, are kept.
///
/// Each write is durable when its future resolves. A write whose future is dropped may or may not have happened.
#[async_trait]
pub trait RunStore: Debug + Send + Sync {
    /// Takes the run for this process, new or begun before.
    ///
    /// # Errors
    /// [`Error::OtherParameters`](crate::Error::OtherParameters) when the id stands for something else,
    /// [`Error::Held`](crate::Error::Held) while another owner has it (also one in this process).
    async fn open(&self, run_id: &str, flow: &str, params_hash: &str) -> Result<Opened>;

    /// The latest attempts of a run that are intended and not settled, also of a run that nobody holds. A store that
    /// cannot tell answers none.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn pending(&self, _run_id: &str) -> Result<Vec<(Place, Intent)>> {
        Ok(Vec::new())
    }

    /// The latest delivery recorded under this key.
    async fn delivery(&self, key: &DeliveryKey) -> Result<Option<Delivery>>;

    /// Records a delivery; it takes the place of an earlier one with the same key.
    async fn record_delivery(&self, delivery: &Delivery) -> Result<()>;

    /// The latest delivery under each key.
    async fn deliveries(&self, keys: &[DeliveryKey]) -> Result<Vec<Option<Delivery>>> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.push(self.delivery(key).await?);
        }
        Ok(found)
    }

    /// Records deliveries, in one transaction if the store can.
    async fn record_deliveries(&self, deliveries: Vec<Delivery>) -> Result<()> {
        for delivery in &deliveries {
            self.record_delivery(delivery).await?;
        }
        Ok(())
    }

    /// Whether the store keeps batches. Where it does not, each step needs a request of its own.
    fn keeps_batches(&self) -> bool {
        false
    }

    /// Records one request for many steps, with all of them in one transaction. Send nothing before this has returned.
    ///
    /// # Errors
    /// The store cannot be written, or keeps no batches. What stands against single items is no error.
    async fn intend_batch(&self, _batch: Batch) -> Result<BatchIntended> {
        Err(Error::Other("this store keeps no batches".into()))
    }

    /// Records what the service replied to a batch, as a task id.
    ///
    /// # Errors
    /// [`Error::LeaseLost`](crate::Error::LeaseLost) when other processes have the runs of all its items.
    async fn note_batch(&self, _id: &str, _items: &[BatchItem], _receipt: &Value) -> Result<()> {
        Err(Error::Other("this store keeps no batches".into()))
    }

    /// A batch as it was recorded.
    async fn batch(&self, _id: &str) -> Result<Option<RecordedBatch>> {
        Ok(None)
    }

    /// Puts a path, and everything below it, under export control. Again is no error: the first record stays.
    async fn control_path(&self, path: &str, reason: &str, run_id: Option<&str>) -> Result<()>;

    /// The record that forbids copying this path, if there is one: of the path itself, of a folder above it, or
    /// of something below it (which a copy of the folder would take along).
    async fn controlled(&self, path: &str) -> Result<Option<ControlledPath>>;

    /// Whether [`controlled`](Self::controlled) finds a record.
    async fn is_controlled(&self, path: &str) -> Result<bool> {
        Ok(self.controlled(path).await?.is_some())
    }

    /// Ends the control that was put on exactly this path. The record and the reason stay in the database.
    /// Returns whether there was one.
    async fn lift_control(&self, path: &str, reason: &str) -> Result<bool>;

    /// All paths under export control, by path.
    async fn controlled_paths(&self) -> Result<Vec<ControlledPath>>;

    /// Adds a row to the local schedule. The same key again returns the row that is there, unchanged.
    async fn schedule(&self, prune: &ScheduledPrune) -> Result<ScheduledId>;

    /// Says under which id another scheduler runs a row, so that it is listed here and not due here; `None` takes
    /// it back.
    ///
    /// # Errors
    /// [`Error::NotScheduled`](crate::Error::NotScheduled) when there is no such row, or it is finished.
    async fn runs_elsewhere(&self, id: &ScheduledId, elsewhere: Option<&str>) -> Result<()>;

    /// The rows that are due at `now`, not finished and not run elsewhere, the longest due first.
    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<ScheduledRow>>;

    /// All rows that are not finished, the first due first.
    async fn scheduled(&self) -> Result<Vec<ScheduledRow>>;

    /// As [`scheduled`](Self::scheduled), at least those whose `relative_path` ends in this file or folder name: a store
    /// may know them without reading all.
    async fn scheduled_named(&self, name: &str) -> Result<Vec<ScheduledRow>> {
        let _ = name;
        self.scheduled().await
    }

    /// Why the latest row with exactly these parameters was dropped; nothing if it is open or done, or there is none.
    async fn dropped(&self, parameters: &Value) -> Result<Option<String>>;

    /// Records how a try of a row ended.
    ///
    /// # Errors
    /// [`Error::NotScheduled`](crate::Error::NotScheduled) when there is no such row, or it is finished.
    async fn finish_scheduled(&self, id: &ScheduledId, outcome: &ScheduledOutcome) -> Result<()>;

    /// The latest record of a deletion of exactly this path.
    async fn deletion(&self, endpoint: &str, path: &str) -> Result<Option<DeletionRecord>>;

    /// Appends a record of a deletion.
    async fn record_deletion(&self, record: &DeletionRecord) -> Result<()>;
}
