//! What became of the files of a task: proved, failed, or another run's.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use globus_transfer::{Delivered, ItemError, Task, TaskId, Transfers};
use run_store::Slot;
use serde_json::json;

use super::hop::Hop;
use super::many::{Call, End, Proved};
use super::mover::{SERVICE, STEP};
use super::ride::Ride;
use super::together::confirm_all;
use super::told;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;
use crate::task::task_failure;

/// A file of a task that ended, and what the queue says of it.
pub(super) type Settled = (usize, Arc<Ride>, Result<Delivered, ItemError>);

/// What became of the files of one task.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) ends: Vec<End>,
    /// What another run is at.
    pub(super) elsewhere: Vec<usize>,
    /// The next attempts of those whose last one was taken back.
    pub(super) again: Vec<(usize, Slot)>,
}

impl Call<'_> {
    /// What became of the files of one task: proved, failed, or another run's.
    pub(super) async fn judge(self, settled: Vec<Settled>, tasks: &Tasks) -> Judged {
        let mut judged = Judged::default();
        let mut delivered = Vec::new();
        let mut ends: Vec<(usize, Arc<Ride>, Proved, bool)> = Vec::new();
        for (n, ride, result) in settled {
            match result {
                Ok(end) => delivered.push((n, ride, end.task_id)),
                Err(ItemError::Journal(error)) => match error.downcast_ref::<run_store::Error>() {
                    Some(run_store::Error::Elsewhere { .. }) => {
                        judged.again.extend(ride.taken_back().map(|slot| (n, slot)));
                        judged.elsewhere.push(n);
                    }
                    Some(error) => judged.ends.push((n, Err(Failure::store(STEP, error)))),
                    None => judged
                        .ends
                        .push((n, Err(Failure::new(STEP, "run_store", error.to_string())))),
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
            judged.ends.push((n, lost.clone().map_or(end, Err)));
        }
        for task in done.iter().filter_map(|id| tasks.ended(id)) {
            self.run.say(&told::delivered(self.hop, &task));
        }
        judged
    }
}

/// The tasks of the call as last read, to tell of them once.
#[derive(Default)]
pub(super) struct Tasks(Mutex<BTreeMap<TaskId, Task>>);

impl Tasks {
    /// Tells of each task, and of how it moves.
    pub(super) fn told(
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
                read.say(&told::moving(&of, total, task));
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
