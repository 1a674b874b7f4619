//! Which run is at a step that only one may be at: a variable for each such step and key, made by whoever begins and
//! removed by whoever settles it.
//!
//! The server makes a variable of one name once, and removes one id once: these are the two exclusive operations. A lock
//! whose run has ended, or has waited for a worker for longer than a hand-over takes, is nobody's.

use chrono::{DateTime, TimeDelta, Utc};
use prefect_client::Client;
use run_store::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::inputs::short;
use crate::wire::{self, FlowRun, damaged};

/// On every variable of these.
const TAG: &str = "splash-flows-lock";
/// How long a run may be without a worker before its locks are nobody's: longer than it takes to find a worker dead
/// and to begin the run elsewhere.
const WITHOUT_WORKER: TimeDelta = TimeDelta::seconds(180);

/// The value of a variable.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    run_id: String,
    step: String,
    key: String,
    since: DateTime<Utc>,
}

/// What came of asking for a lock.
#[derive(Debug)]
pub(crate) enum Lock {
    /// It is this run's, under this id.
    Mine(String),
    /// This run has it, and lives.
    Elsewhere(String),
}

/// A lock as it stands on the server.
struct Standing {
    id: String,
    run_id: String,
}

pub(crate) fn name(step: &str, key: &str) -> String {
    format!("{TAG}-{}", short(&json!([step, key]).to_string()))
}

/// Takes the lock for a run, unless another run that lives has it.
pub(crate) async fn take(client: &Client, run_id: &str, step: &str, key: &str) -> Result<Lock> {
    let name = name(step, key);
    let holder = Holder {
        run_id: run_id.to_owned(),
        step: step.to_owned(),
        key: key.to_owned(),
        since: Utc::now(),
    };
    loop {
        if let Some(id) = wire::make_variable(client, &name, &json!(holder), &[TAG.to_owned()]).await? {
            return Ok(Lock::Mine(id));
        }
        // Whoever was first; also this run, by a request whose answer was lost, or in an earlier attempt.
        let Some(standing) = standing(client, &name).await? else {
            continue;
        };
        if standing.run_id == run_id {
            return Ok(Lock::Mine(standing.id));
        }
        if lives(client, &standing.run_id).await? {
            return Ok(Lock::Elsewhere(standing.run_id));
        }
        // This lock, and not one that somebody may have made in its place by now.
        wire::delete_variable(client, &standing.id).await?;
    }
}

/// The other run that has the lock and lives.
pub(crate) async fn elsewhere(
    client: &Client,
    run_id: &str,
    step: &str,
    key: &str,
) -> Result<Option<String>> {
    let Some(standing) = standing(client, &name(step, key)).await? else {
        return Ok(None);
    };
    let is_other = standing.run_id != run_id && lives(client, &standing.run_id).await?;
    Ok(is_other.then_some(standing.run_id))
}

/// Gives a lock back that was taken under this id; without one, that of the run if it has it.
pub(crate) async fn release(
    client: &Client,
    id: Option<String>,
    run_id: &str,
    (step, key): (&str, &str),
) -> Result<()> {
    if let Some(id) = id {
        return wire::delete_variable(client, &id).await;
    }
    match standing(client, &name(step, key)).await? {
        Some(standing) if standing.run_id == run_id => wire::delete_variable(client, &standing.id).await,
        _ => Ok(()),
    }
}

async fn standing(client: &Client, name: &str) -> Result<Option<Standing>> {
    let Some(variable) = wire::variable(client, name).await? else {
        return Ok(None);
    };
    let holder: Holder = serde_json::from_value(variable.value).map_err(|error| damaged("a lock", &error))?;
    Ok(Some(Standing {
        id: variable.id,
        run_id: holder.run_id,
    }))
}

async fn lives(client: &Client, run_id: &str) -> Result<bool> {
    let run = wire::flow_run(client, run_id).await?;
    Ok(run.is_some_and(|run| is_alive(&run, Utc::now())))
}

/// Whether somebody is at the run, or will be in a moment. A run of a dead worker is CRASHED, then SCHEDULED, before
/// another worker has it.
fn is_alive(run: &FlowRun, now: DateTime<Utc>) -> bool {
    match run.state_type.as_deref() {
        Some("PENDING" | "RUNNING" | "CANCELLING" | "PAUSED") => true,
        Some("CRASHED" | "SCHEDULED") => {
            let since = run.state.as_ref().and_then(|state| state.timestamp);
            since.is_some_and(|since| (now - since).abs() < WITHOUT_WORKER)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stamp;

    #[test]
    fn a_run_without_a_worker_keeps_its_locks_for_a_while_and_one_that_ended_has_none() {
        let now = Utc::now();
        let run = |kind: &str, seconds: i64| FlowRun {
            state_type: Some(kind.to_owned()),
            run_count: 1,
            state: Some(Stamp {
                id: None,
                kind: None,
                timestamp: Some(now - TimeDelta::seconds(seconds)),
            }),
        };
        for (kind, seconds, alive) in [
            ("RUNNING", 100_000, true),
            ("PENDING", 100_000, true),
            ("CRASHED", 20, true),
            ("SCHEDULED", 20, true),
            ("CRASHED", 1_000, false),
            ("SCHEDULED", 1_000, false),
            ("FAILED", 0, false),
            ("COMPLETED", 0, false),
            ("CANCELLED", 0, false),
        ] {
            assert_eq!(
                is_alive(&run(kind, seconds), now),
                alive,
                "{kind} for {seconds} s"
            );
        }
    }

    #[test]
    fn names_tell_steps_and_keys_apart() {
        assert_ne!(name("a", "bc"), name("ab", "c"));
        assert_eq!(name("copy", "x"), name("copy", "x"));
        assert!(name("copy", "x").starts_with("splash-flows-lock-"));
    }
}
