//! What a run meant to do, and what it did.
//!
//! A run makes effects in other systems: it submits a transfer, creates a catalogue entry, schedules a
//! deletion. Each is written down twice, before it is sent (the *intent*, with the complete request) and after
//! the service said how it ended (the *outcome*). A run that dies in between finds its intent again and sends
//! the same bytes once more, so that a service with idempotency keys acts once.
//!
//! * [`RunStore`] is the place: it opens runs, and keeps what outlives them (deliveries, export control, due
//!   prunes, deletions).
//! * [`Run`] is one run that this process holds, by a lease with a fencing number: of two processes only one
//!   proceeds.
//! * [`Run::effect`] says how a step stands: new, pending, done, or failed in an earlier session.
//! * A [`Batch`] is one request that stands for many steps: a row of its own, recorded with its steps in one
//!   transaction.
//! * [`SqliteStore`] keeps all of it in one SQLite file.
//!
//! ```no_run
//! # async fn example() -> run_store::Result<()> {
//! use run_store::{Effect, Opened, RunStore, SqliteStore};
//!
//! let store = SqliteStore::open("state".as_ref())?;
//! let run = match store.open("scan-17", "move", "3f1c").await? {
//!     Opened::Fresh(run) | Opened::Resumed(run) => run,
//!     Opened::Finished(report) => return Ok(println!("{report}")),
//! };
//! let slot = match run.effect("submit", "spot832>data832").await? {
//!     Effect::New(slot) | Effect::Failed { slot, .. } => {
//!         slot.intend(b"the request, byte for byte", &serde_json::json!({})).await?
//!     }
//!     Effect::Pending(slot, _intent) => slot, // send the intent's bytes again
//!     Effect::Done(_outcome) => return Ok(()),
//! };
//! slot.note(&serde_json::json!({"task_id": "…"})).await?;
//! slot.done(&serde_json::json!({"status": "SUCCEEDED"})).await?;
//! run.finish(&serde_json::json!({"ok": true}), true).await
//! # }
//! ```
//!
//! Nothing secret belongs in a store: request documents carry no credentials, and neither must facts, receipts
//! and reports.

mod batch;
mod error;
mod records;
mod run;
mod sqlite;
mod state_dir;
mod store;

pub use batch::{Batch, BatchIntended, BatchItem, RecordedBatch, Settlement};
pub use error::{Error, Result};
pub use records::{
    ControlledPath, DeletionRecord, DeliveredFile, Delivery, DeliveryKey, ScheduledId, ScheduledOutcome,
    ScheduledPrune, ScheduledRow, normal_path,
};
pub use run::{Claim, Effect, Intent, Place, Run, Session, Slot, Standing};
pub use sqlite::{Options, SqliteStore};
pub use state_dir::default_state_dir;
pub use store::{Opened, RunStore};
