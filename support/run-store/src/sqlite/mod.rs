//! A store in one SQLite file.

mod batches;
mod effects;
mod lease;
mod owner;
mod rows;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use serde_json::Value;

use self::owner::Owner;
use crate::{
    Batch, BatchIntended, BatchItem, ControlledPath, DeletionRecord, Delivery, DeliveryKey, Error, Intent,
    Opened, Place, RecordedBatch, Result, RunStore, ScheduledId, ScheduledOutcome, ScheduledPrune,
    ScheduledRow,
};

/// The database's file name in the state folder.
const FILE_NAME: &str = "runs.sqlite3";

/// Settings of a [`SqliteStore`].
#[derive(Debug, Clone)]
pub struct Options {
    lease: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(120),
        }
    }
}

impl Options {
    /// How long a run is held without being renewed (default 2 minutes). A process that died gives its runs up
    /// at once, whatever this is, as long as it ran on the host that asks.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

/// Runs, deliveries, export control and the local schedule in `<state folder>/runs.sqlite3`.
///
/// Cheap to clone. Several processes may use one folder at once; it should be on a local file system, because
/// SQLite and the locks that tell the living from the dead need one. Database work is done on tokio's blocking
/// threads, so its methods need a running tokio.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

/// What the store and its runs share.
#[derive(Debug)]
struct Inner {
    connection: Mutex<Connection>,
    path: PathBuf,
    owner: Owner,
    lease: Duration,
}

impl SqliteStore {
    /// Opens the store in `state_dir`, and makes both when they are not there (folder 0700, file 0600).
    ///
    /// # Errors
    /// [`Error::StateDir`] when the folder cannot be made or used, [`Error::ReadOnly`], [`Error::Full`],
    /// [`Error::NewerSchema`] when a newer program wrote the file.
    pub fn open(state_dir: &Path) -> Result<Self> {
        Self::open_with(state_dir, &Options::default())
    }

    /// As [`SqliteStore::open`], with settings.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with(state_dir: &Path, options: &Options) -> Result<Self> {
        let owners = state_dir.join("owners");
        schema::create_folder(&owners)?;
        let path = state_dir.join(FILE_NAME);
        let connection = schema::open(state_dir, &path)?;
        let owner = Owner::register(&owners)?;
        let inner = Inner {
            connection: Mutex::new(connection),
            path,
            owner,
            lease: options.lease,
        };
        inner.transact(|_, inner| {
            inner.owner.sweep();
            Ok(())
        })?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

/// What can go wrong in a transaction, before the database's path is put to it.
#[derive(Debug)]
enum Fault {
    Store(Error),
    Sql(rusqlite::Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Inner {
    /// A panic elsewhere rolled its transaction back; the connection is as good as before.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in a transaction that holds the write lock from its start.
    fn transact<T>(&self, work: impl FnOnce(&Transaction<'_>, &Self) -> Result<T, Fault>) -> Result<T> {
        let mut connection = self.connection();
        let run = || -> Result<T, Fault> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction, self)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|fault| self.error(fault))
    }

    /// [`Self::transact`] on a thread that may block.
    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Transaction<'_>, &Self) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(self);
        tokio::task::spawn_blocking(move || inner.transact(work))
            .await
            .map_err(|_| Error::Stopped)?
    }

    /// Runs a query on a thread that may block.
    async fn query<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(self);
        let query = move || work(&inner.connection()).map_err(|fault| inner.error(fault));
        tokio::task::spawn_blocking(query)
            .await
            .map_err(|_| Error::Stopped)?
    }

    fn error(&self, fault: Fault) -> Error {
        match fault {
            Fault::Store(error) => error,
            Fault::Sql(source) => sqlite_error(&self.path, source),
        }
    }
}

/// The errors that a user can do something about get names of their own.
fn sqlite_error(path: &Path, source: rusqlite::Error) -> Error {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::ReadOnly) => Error::ReadOnly { path },
        Some(ErrorCode::DiskFull) => Error::Full { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy { path },
        _ => Error::Sqlite { path, source },
    }
}

/// RFC 3339 in UTC with microseconds: of one width, so that text order is time order.
fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn time_of(what: &'static str, text: &str) -> Result<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed.map(|time| time.to_utc()).map_err(|error| Error::Damaged {
        what,
        reason: error.to_string(),
    })
}

fn json_of(what: &'static str, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::Damaged {
        what,
        reason: error.to_string(),
    })
}

#[async_trait]
impl RunStore for SqliteStore {
    async fn open(&self, run_id: &str, flow: &str, params_hash: &str) -> Result<Opened> {
        lease::open(&self.inner, run_id, flow, params_hash).await
    }

    async fn pending(&self, run_id: &str) -> Result<Vec<(Place, Intent)>> {
        let run_id = run_id.to_owned();
        self.inner
            .run(move |transaction, _| effects::pending(transaction, &run_id))
            .await
    }

    async fn delivery(&self, key: &DeliveryKey) -> Result<Option<Delivery>> {
        let key = key.clone();
        self.inner
            .query(move |connection| rows::delivery(connection, &key))
            .await
    }

    async fn record_delivery(&self, delivery: &Delivery) -> Result<()> {
        let delivery = delivery.clone();
        self.inner
            .run(move |transaction, _| rows::record_delivery(transaction, &delivery))
            .await
    }

    async fn deliveries(&self, keys: &[DeliveryKey]) -> Result<Vec<Option<Delivery>>> {
        let keys = keys.to_vec();
        self.inner
            .query(move |connection| keys.iter().map(|key| rows::delivery(connection, key)).collect())
            .await
    }

    async fn record_deliveries(&self, deliveries: Vec<Delivery>) -> Result<()> {
        self.inner
            .run(move |transaction, _| {
                let mut each = deliveries.iter();
                each.try_for_each(|delivery| rows::record_delivery(transaction, delivery))
            })
            .await
    }

    fn keeps_batches(&self) -> bool {
        true
    }

    async fn intend_batch(&self, batch: Batch) -> Result<BatchIntended> {
        self.inner
            .run(move |transaction, inner| batches::intend(transaction, inner, &batch))
            .await
    }

    async fn note_batch(&self, id: &str, items: &[BatchItem], receipt: &Value) -> Result<()> {
        let (id, items, receipt) = (id.to_owned(), items.to_vec(), receipt.clone());
        self.inner
            .run(move |transaction, inner| batches::note(transaction, inner, &id, &items, &receipt))
            .await
    }

    async fn batch(&self, id: &str) -> Result<Option<RecordedBatch>> {
        let id = id.to_owned();
        self.inner
            .query(move |connection| batches::recorded(connection, &id))
            .await
    }

    async fn control_path(&self, path: &str, reason: &str, run_id: Option<&str>) -> Result<()> {
        let path = ControlledPath {
            path: path.to_owned(),
            reason: reason.to_owned(),
            run_id: run_id.map(str::to_owned),
            since: Utc::now(),
        };
        self.inner
            .run(move |transaction, _| rows::control_path(transaction, &path))
            .await
    }

    async fn controlled(&self, path: &str) -> Result<Option<ControlledPath>> {
        let path = path.to_owned();
        self.inner
            .query(move |connection| rows::controlled(connection, &path))
            .await
    }

    async fn lift_control(&self, path: &str, reason: &str) -> Result<bool> {
        let (path, reason) = (path.to_owned(), reason.to_owned());
        self.inner
            .run(move |transaction, _| rows::lift_control(transaction, &path, &reason))
            .await
    }

    async fn controlled_paths(&self) -> Result<Vec<ControlledPath>> {
        self.inner.query(rows::controlled_paths).await
    }

    async fn schedule(&self, prune: &ScheduledPrune) -> Result<ScheduledId> {
        let prune = prune.clone();
        self.inner
            .run(move |transaction, _| rows::schedule(transaction, &prune))
            .await
    }

    async fn runs_elsewhere(&self, id: &ScheduledId, elsewhere: Option<&str>) -> Result<()> {
        let (id, elsewhere) = (id.clone(), elsewhere.map(str::to_owned));
        self.inner
            .run(move |transaction, _| rows::runs_elsewhere(transaction, &id, elsewhere.as_deref()))
            .await
    }

    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<ScheduledRow>> {
        self.inner
            .query(move |connection| rows::scheduled(connection, Some(now)))
            .await
    }

    async fn scheduled(&self) -> Result<Vec<ScheduledRow>> {
        self.inner
            .query(|connection| rows::scheduled(connection, None))
            .await
    }

    async fn dropped(&self, parameters: &Value) -> Result<Option<String>> {
        let parameters = parameters.clone();
        self.inner
            .query(move |connection| rows::dropped(connection, &parameters))
            .await
    }

    async fn finish_scheduled(&self, id: &ScheduledId, outcome: &ScheduledOutcome) -> Result<()> {
        let (id, outcome) = (id.clone(), outcome.clone());
        self.inner
            .run(move |transaction, _| rows::finish_scheduled(transaction, &id, &outcome))
            .await
    }

    async fn deletion(&self, endpoint: &str, path: &str) -> Result<Option<DeletionRecord>> {
        let (endpoint, path) = (endpoint.to_owned(), path.to_owned());
        self.inner
            .query(move |connection| rows::deletion(connection, &endpoint, &path))
            .await
    }

    async fn record_deletion(&self, record: &DeletionRecord) -> Result<()> {
        let record = record.clone();
        self.inner
            .run(move |transaction, _| rows::record_deletion(transaction, &record))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeletionRecord;

    /// Records a deletion with a megabyte of evidence in a store with this setting.
    async fn record_with(pragma: &str, value: i64) -> Error {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path()).unwrap();
        store
            .inner
            .connection()
            .pragma_update(None, pragma, value)
            .unwrap();
        let record = DeletionRecord {
            endpoint: "e".to_owned(),
            path: "/p".to_owned(),
            run_id: "r".to_owned(),
            deleted_at: Utc::now(),
            evidence: Value::String("x".repeat(1 << 20)),
        };
        store.record_deletion(&record).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_full_disk_is_named() {
        let error = record_with("max_page_count", 30).await;
        assert!(matches!(&error, Error::Full { .. }), "{error}");
        assert!(error.to_string().starts_with("no space left for "), "{error}");
    }

    #[tokio::test]
    async fn a_read_only_database_is_named() {
        let error = record_with("query_only", 1).await;
        assert!(matches!(&error, Error::ReadOnly { .. }), "{error}");
    }
}
