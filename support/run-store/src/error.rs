//! Why the store refused or failed.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A result whose error is [`Error`] unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The run id is taken by a run of another flow, or of the same flow with other parameters.
    #[error(
        "run {run_id} already stands for flow {recorded_flow} with other parameters; choose another run id"
    )]
    OtherParameters {
        /// The run id asked for.
        run_id: String,
        /// The flow that the id was first used for.
        recorded_flow: String,
    },
    /// Another owner, which is alive as far as we can tell, holds the run.
    #[error("run {run_id} is held by process {pid} on {host} since {since}, until {expires} unless renewed")]
    Held {
        /// The run id asked for.
        run_id: String,
        /// The owner's id.
        owner: String,
        /// The owner's host.
        host: String,
        /// The owner's process id on its host.
        pid: u32,
        /// When the owner took the run.
        since: DateTime<Utc>,
        /// When its lease ends, unless it is renewed before.
        expires: DateTime<Utc>,
    },
    /// Another owner has taken the run over; this one must not act any more.
    #[error("run {run_id} was taken over by another process; nothing was written or sent")]
    LeaseLost {
        /// The run that was lost.
        run_id: String,
    },
    /// The run was ended through this handle or a clone of it.
    #[error("run {run_id} has ended")]
    RunEnded {
        /// The run that has ended.
        run_id: String,
    },
    /// The step failed in this very session: a step is not tried again within a process.
    #[error("step {step} for {key} failed in this session already; run again to retry it")]
    FailedNow {
        /// The step's name.
        step: String,
        /// What the step acts on.
        key: String,
        /// What was recorded when it failed.
        outcome: Value,
    },
    /// The attempt is already recorded: two tasks work on the same step, or an intent was to be changed.
    #[error("step {step} for {key} is already recorded; an intent is never changed")]
    AlreadyIntended {
        /// The step's name.
        step: String,
        /// What the step acts on.
        key: String,
    },
    /// Another run that lives is at the same step for the same key.
    #[error("step {step} for {key} is under way in run {run_id}")]
    Elsewhere {
        /// The step's name.
        step: String,
        /// What the step acts on.
        key: String,
        /// The other run.
        run_id: String,
    },
    /// There is nothing recorded to add a receipt or an outcome to.
    #[error("step {step} for {key} is not pending")]
    NotPending {
        /// The step's name.
        step: String,
        /// What the step acts on.
        key: String,
    },
    /// No such row in the schedule, or it is finished.
    #[error("no open row {id} in the schedule")]
    NotScheduled {
        /// The id asked for.
        id: String,
    },
    /// Neither `XDG_STATE_HOME` nor `HOME` names an absolute folder.
    #[error("no state folder: set XDG_STATE_HOME or HOME to an absolute path, or pass --state-dir")]
    NoStateDir,
    /// The state folder or a file in it cannot be made or used.
    #[error("state folder: {}: {source}", path.display())]
    StateDir {
        /// The path tried.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database cannot be written: read-only file, folder or file system.
    #[error("{} is read-only", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The disk is full (or a quota is used up).
    #[error("no space left for {}", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Another process kept the database locked for longer than the waiting time.
    #[error("{} is locked by another process", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The database was written by a newer version of this library.
    #[error("{} has schema {found}, this program knows up to {known}; use the newer program", path.display())]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// The schema version found.
        found: i64,
        /// The newest schema version known here.
        known: i64,
    },
    /// A row does not hold what it should.
    #[error("{what} in the run store cannot be read: {reason}")]
    Damaged {
        /// Which column.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// SQLite failed in another way.
    #[error("run store: {}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The database thread was stopped, as when the runtime shuts down.
    #[error("the run store was shut down while it worked")]
    Stopped,
    /// A store other than SQLite failed.
    #[error("run store: {0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}
