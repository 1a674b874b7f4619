//! What could not be catalogued, or was not complete: listed, and tried again until it is done.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use run_store::{ScheduledId, ScheduledOutcome, ScheduledPrune, ScheduledRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::STEP;
use crate::facility::Facility;
use crate::failure::Failure;
use crate::prune::{AGAIN, DuePrune, is_prune};
use crate::run::RunContext;
use crate::scheduler::PlannedFlow;

/// After how many minutes it is tried again: 15 minutes, 1 hour, 6 hours, then daily.
const MINUTES: [i64; 4] = [15, 60, 6 * 60, 24 * 60];

/// What waiting does not mend.
const FOR_GOOD: [&str; 3] = ["path", "no_rules", "config"];

/// A flow that is to run later.
#[derive(Debug, Clone, Copy)]
pub struct Later<'a> {
    /// The flow.
    pub flow: &'a str,
    /// Its deployment on a Prefect server.
    pub deployment: &'a str,
    /// Its parameters; no secret, for they are kept.
    pub parameters: &'a Value,
    /// Whether it is this run that goes on; otherwise it is a run of its own.
    pub same_run: bool,
}

/// The next try.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Again {
    /// When it is due.
    pub at: DateTime<Utc>,
    /// Its id in the list.
    pub id: String,
}

/// After a try: with a failure it is listed and scheduled again, without one it leaves the list, whoever ran it.
///
/// Nothing here fails the run: what could not be put into a schedule is at least in the log.
pub async fn settle(run: &RunContext, later: Later<'_>, failure: Option<&Failure>) -> Option<Again> {
    let settled = match failure {
        Some(failure) => again(run, later, failure).await,
        None => done(run, later).await.map(|()| None),
    };
    settled.unwrap_or_else(|failure| {
        tracing::warn!(run_id = run.run_id(), %failure, "the list of what is to be tried again is not up to date");
        None
    })
}

async fn done(run: &RunContext, later: Later<'_>) -> Result<(), Failure> {
    for row in rows(run.facility(), later).await? {
        let outcome = ScheduledOutcome::Done(Value::Null);
        finish(run.facility(), &row.id, &outcome).await?;
    }
    Ok(())
}

async fn again(run: &RunContext, later: Later<'_>, failure: &Failure) -> Result<Option<Again>, Failure> {
    let facility = run.facility();
    let row = match rows(facility, later).await?.into_iter().next() {
        Some(row) => row,
        None if FOR_GOOD.contains(&failure.code.as_str()) => return Ok(None),
        None => leave(run, later).await?,
    };
    let step = usize::try_from(row.tries)
        .unwrap_or(usize::MAX)
        .min(MINUTES.len() - 1);
    let at = (facility.now() + TimeDelta::minutes(MINUTES[step])).trunc_subsecs(0);
    let outcome = ScheduledOutcome::Again {
        due: at,
        reason: failure.to_string(),
    };
    finish(facility, &row.id, &outcome).await?;
    if !facility.scheduler().is_local() {
        let planned = PlannedFlow {
            flow: later.flow.to_owned(),
            deployment: later.deployment.to_owned(),
            parameters: later.parameters.clone(),
            at,
            key: format!("{}:{}", row.id, row.tries + 1),
        };
        let elsewhere = facility.scheduler().start_later(&planned).await;
        if let Err(failure) = &elsewhere {
            tracing::info!(run_id = run.run_id(), %failure, "the next try is kept in the local schedule");
        }
        let elsewhere = elsewhere.ok();
        let store = facility.store();
        store
            .runs_elsewhere(&row.id, elsewhere.as_deref())
            .await
            .map_err(|error| failed(&error))?;
    }
    Ok(Some(Again {
        at,
        id: row.id.to_string(),
    }))
}

/// A row for what stands in no schedule yet.
async fn leave(run: &RunContext, later: Later<'_>) -> Result<ScheduledRow, Failure> {
    let key = if later.same_run {
        format!("{AGAIN}{}", run.run_id())
    } else {
        // A run may leave several: a list of scans, a result and its copies.
        format!("{}:{}:{}", later.flow, run.run_id(), later.parameters)
    };
    let prune = ScheduledPrune {
        key,
        run_id: run.run_id().to_owned(),
        flow: later.flow.to_owned(),
        parameters: later.parameters.clone(),
        due: run.facility().now(),
    };
    let id = run.facility().store().schedule(&prune).await;
    Ok(ScheduledRow {
        id: id.map_err(|error| failed(&error))?,
        prune,
        tries: 0,
        last_reason: None,
        elsewhere: None,
    })
}

/// The open rows about the same thing: a flow has parameters of its own, but for its other names.
async fn rows(facility: &Facility, later: Later<'_>) -> Result<Vec<ScheduledRow>, Failure> {
    let mut rows = all(facility).await?;
    rows.retain(|row| row.prune.parameters == *later.parameters);
    Ok(rows)
}

/// What is to be tried again.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OpenFlow {
    /// The id for `ingests retry` and `ingests drop`.
    pub id: String,
    /// The flow that tries it.
    pub flow: String,
    /// The file that it is about.
    pub file: String,
    /// When it is due, or was.
    pub due: DateTime<Utc>,
    /// Whether that is over.
    pub overdue: bool,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try did not finish it.
    pub reason: Option<String>,
    /// The id under which another scheduler runs it.
    pub elsewhere: Option<String>,
}

/// What is to be tried again, the first due first; prunes have a list of their own.
///
/// # Errors
/// The run store cannot be read.
pub async fn open_flows(facility: &Facility) -> Result<Vec<OpenFlow>, Failure> {
    let now = facility.now();
    let open = |row: ScheduledRow| OpenFlow {
        id: row.id.to_string(),
        file: file(&row.prune.parameters),
        flow: row.prune.flow,
        due: row.prune.due,
        overdue: row.prune.due <= now,
        tries: row.tries,
        reason: row.last_reason,
        elsewhere: row.elsewhere,
    };
    Ok(all(facility).await?.into_iter().map(open).collect())
}

fn file(parameters: &Value) -> String {
    let named = ["dataset_path", "file_path"]
        .iter()
        .find_map(|name| parameters.get(*name));
    match named {
        Some(Value::String(path)) => path.clone(),
        Some(Value::Array(paths)) => {
            let first = paths.first().and_then(Value::as_str).unwrap_or("?");
            format!("{first} and {} more", paths.len().saturating_sub(1))
        }
        _ => "?".to_owned(),
    }
}

/// What the local schedule is to try now.
///
/// # Errors
/// The run store cannot be read.
pub async fn due_flows(facility: &Facility) -> Result<Vec<DuePrune>, Failure> {
    let rows = facility.store().due(facility.now()).await;
    let rows = rows.map_err(|error| failed(&error))?.into_iter();
    Ok(rows.filter(|row| !is_prune(row)).map(DuePrune::from).collect())
}

/// One of the list, whenever it is due.
///
/// # Errors
/// There is none with this id, or the run store cannot be read.
pub async fn open_flow(facility: &Facility, id: &str) -> Result<DuePrune, Failure> {
    let row = all(facility).await?.into_iter().find(|row| row.id.as_str() == id);
    row.map(DuePrune::from).ok_or_else(|| {
        Failure::new(
            "ingests",
            "not_listed",
            format!("nothing is to be tried again as {id:?}"),
        )
    })
}

async fn all(facility: &Facility) -> Result<Vec<ScheduledRow>, Failure> {
    let rows = facility.store().scheduled().await;
    let mut rows = rows.map_err(|error| failed(&error))?;
    rows.retain(|row| !is_prune(row));
    Ok(rows)
}

async fn finish(facility: &Facility, id: &ScheduledId, outcome: &ScheduledOutcome) -> Result<(), Failure> {
    let finished = facility.store().finish_scheduled(id, outcome).await;
    finished.map_err(|error| failed(&error))
}

fn failed(error: &run_store::Error) -> Failure {
    Failure::store(STEP, error)
}
