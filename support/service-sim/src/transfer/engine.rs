//! Carries tasks out: queue, delay, faults, rounds of work, retries, deadline.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Transfer;
use super::job::{Job, Round};
use super::task::{Control, End, Kind, Status, Trouble};
use crate::builder::Limits;
use crate::fault::TaskEffect;

/// The wait before a task that met an error tries again: first and longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Starts the work on an accepted task.
pub(crate) fn start(transfer: &Arc<Transfer>, id: String, effect: Option<TaskEffect>) {
    let transfer = Arc::clone(transfer);
    tokio::spawn(async move {
        let Some(mut control) = transfer.tasks.with(&id, |task| task.control.subscribe()) else {
            return;
        };
        let end = tokio::select! {
            biased;
            end = ended_early(&transfer, &id, &mut control) => end,
            end = work(&transfer, &id, effect) => Some(end),
        };
        if let Some(end) = end {
            let now = transfer.clock.now();
            transfer.tasks.with(&id, |task| task.finish(end, now));
        }
    });
}

/// Waits for the deadline, or, without a result, for the task to be ended by someone else.
async fn ended_early(transfer: &Transfer, id: &str, control: &mut watch::Receiver<Control>) -> Option<End> {
    loop {
        let Control { ended, deadline, .. } = control.borrow_and_update().clone();
        if ended {
            return None;
        }
        tokio::select! {
            () = transfer.clock.sleep_until(deadline) => {
                let now = transfer.clock.now();
                if transfer.tasks.with(id, |task| task.outlives_its_deadline(now)) != Some(true) {
                    return Some(End::Expired);
                }
            }
            changed = control.changed() => changed.ok()?,
        }
    }
}

async fn work(transfer: &Arc<Transfer>, id: &str, effect: Option<TaskEffect>) -> End {
    let Some(mut job) = Job::new(transfer, id) else {
        return End::Failed(broken("the task or its endpoint is gone"));
    };
    let mut effect = effect;
    let mut pause = FIRST_PAUSE;
    let mut begun = false;
    let places = transfer.slots.of(&job.plan.owner, job.plan.kind);
    loop {
        // The semaphore is never closed, so a permit always comes.
        let place = Arc::clone(&places).acquire_owned().await;
        if !begun {
            begun = true;
            begin(transfer, id, job.plan.kind).await;
            match strike(transfer, id, effect.take(), &mut job).await {
                Struck::GoOn => {}
                Struck::Ends(end) => return end,
                Struck::Sticks => {
                    // A task that only waits frees its place, as the real service does it.
                    drop(place);
                    return std::future::pending().await;
                }
                // Its place stays taken until the task is ended.
                Struck::Hangs => return std::future::pending().await,
            }
        }
        if transfer.tasks.with(id, |task| task.paused.is_some()) == Some(true) {
            // Like one that waits for an error to pass, it has no place among the active ones.
            drop(place);
            resumed(transfer, id).await;
            continue;
        }
        let round = tokio::task::spawn_blocking(move || {
            let round = job.round();
            (job, round)
        });
        let Ok((back, round)) = round.await else {
            return End::Failed(broken("the simulator failed while it copied"));
        };
        job = back;
        drop(place);
        match round {
            Round::Done => return End::Succeeded,
            Round::Failed(trouble) => return End::Failed(trouble),
            // Whoever stopped it has ended the task or is about to.
            Round::Stopped => return std::future::pending().await,
            Round::Again(trouble) => {
                let now = transfer.clock.now();
                transfer.tasks.with(id, |task| task.troubled(trouble, now));
                transfer.clock.sleep_until(now + pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Waits until the task is not paused any more.
async fn resumed(transfer: &Transfer, id: &str) {
    let control = transfer.tasks.with(id, |task| task.control.subscribe());
    let resumed = match control {
        Some(mut control) => control.wait_for(|control| !control.paused).await.is_ok(),
        None => false,
    };
    if !resumed {
        std::future::pending::<()>().await;
    }
}

/// The task leaves the queue; a transfer then takes its time, counted from its submission unless it was queued.
async fn begin(transfer: &Transfer, id: &str, kind: Kind) {
    let clock = &transfer.clock;
    let now = clock.now();
    let requested = transfer.tasks.with(id, |task| {
        // Asked while it still stands as queued: the clock may have been moved over its deadline.
        task.outlives_its_deadline(now);
        task.well("OK");
        task.event("STARTED", "started", String::new(), false, now);
        task.request_time
    });
    let from = match transfer.shared.limits {
        Limits::Off => requested.unwrap_or(now),
        Limits::Production => now,
    };
    if kind == Kind::Transfer {
        clock.sleep_until(from + transfer.shared.transfer_delay).await;
    }
}

enum Struck {
    GoOn,
    Ends(End),
    Sticks,
    Hangs,
}

async fn strike(transfer: &Transfer, id: &str, effect: Option<TaskEffect>, job: &mut Job) -> Struck {
    let now = transfer.clock.now();
    match effect {
        None => Struck::GoOn,
        Some(TaskEffect::Hold(name)) => {
            transfer.shared.holds.released(&name).await;
            Struck::GoOn
        }
        Some(TaskEffect::Spoilt(spoil)) => {
            job.spoil = Some(spoil);
            Struck::GoOn
        }
        Some(TaskEffect::Stall) => Struck::Hangs,
        Some(TaskEffect::Expire) => {
            let past = |control: &mut Control| control.deadline = now;
            transfer.tasks.with(id, |task| task.control.send_modify(past));
            Struck::Ends(End::Expired)
        }
        Some(TaskEffect::Fail { code }) => {
            let (description, details) = ("simulated failure".to_owned(), String::new());
            Struck::Ends(End::Failed(Trouble {
                code,
                description,
                details,
            }))
        }
        Some(TaskEffect::Stuck { nice_status }) => {
            let trouble = job.simulated_trouble(nice_status);
            if nice_status == "QUOTA_EXCEEDED" && job.plan.options.fail_on_quota_errors {
                return Struck::Ends(End::Failed(trouble));
            }
            transfer.tasks.with(id, |task| task.troubled(trouble, now));
            Struck::Sticks
        }
        Some(TaskEffect::Inactive) => {
            transfer.tasks.with(id, |task| {
                if !task.is_done() {
                    task.status = Status::Inactive;
                    task.nice_status = Some("AUTH".to_owned());
                }
            });
            Struck::Sticks
        }
    }
}

fn broken(why: &str) -> Trouble {
    Trouble {
        code: "INTERNAL_ERROR".to_owned(),
        description: "internal error".to_owned(),
        details: why.to_owned(),
    }
}
