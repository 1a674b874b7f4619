//! The prunes that are not done: each is listed in the run store until it is done or dropped, whoever runs it.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use run_store::{ScheduledId, ScheduledOutcome, ScheduledRow};
use serde::Serialize;
use serde_json::{Value, json};

use super::flow::{PruneParameters, STEP};
use super::guard::{configured, is_for_good};
use crate::facility::Facility;
use crate::failure::Failure;
use crate::report::{PruneAgain, PruneOutcome, PruneReport};
use crate::run::RunContext;
use crate::scheduler::PlannedPrune;

/// After how many days a prune that did not succeed is tried again; the last one for ever after.
const DAYS: [i64; 3] = [1, 3, 7];
/// A try that is due later than this is still to come; a scheduler's clock may be some hours ahead of ours.
const CLOCKS_APART: TimeDelta = TimeDelta::hours(12);
/// Begins the key of a row that a run left which was in no schedule; the run's id follows.
pub(crate) const AGAIN: &str = "again:";

/// A prune that is not done.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OpenPrune {
    /// The id for `prunes retry` and `prunes drop`.
    pub id: String,
    /// The key of the endpoint whose copy goes.
    pub endpoint: String,
    /// The path relative to that endpoint's root.
    pub path: String,
    /// The key of the endpoint whose copy must prove it.
    pub check_endpoint: Option<String>,
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

/// The prunes that are not done, the first due first.
///
/// # Errors
/// The run store cannot be read.
pub async fn open_prunes(facility: &Facility) -> Result<Vec<OpenPrune>, Failure> {
    let now = facility.now();
    let rows = facility
        .store()
        .scheduled()
        .await
        .map_err(|error| failed(&error))?;
    let named = |value: &Value| {
        facility
            .config()
            .endpoint_from_parameter(value)
            .ok()
            .map(|one| one.key().to_string())
    };
    let open = |row: ScheduledRow| OpenPrune {
        id: row.id.to_string(),
        endpoint: named(&row.prune.parameters["source_endpoint"]).unwrap_or_else(|| "?".to_owned()),
        path: row.prune.parameters["relative_path"]
            .as_str()
            .unwrap_or("?")
            .to_owned(),
        check_endpoint: named(&row.prune.parameters["check_endpoint"]),
        due: row.prune.due,
        overdue: row.prune.due <= now,
        tries: row.tries,
        reason: row.last_reason,
        elsewhere: row.elsewhere,
    };
    Ok(rows.into_iter().filter(is_prune).map(open).collect())
}

/// Other flows that are to be tried again stand in the same schedule.
pub(crate) fn is_prune(row: &ScheduledRow) -> bool {
    row.prune.flow.starts_with("prune_")
}

/// A prune to be run now: its row's flow, parameters and run id.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DuePrune {
    /// The row's id.
    pub id: String,
    /// The flow.
    pub flow: String,
    /// Its parameters.
    pub parameters: Value,
    /// The run's id: that of the run which failed, so that it goes on where that one ended, else the row's.
    pub run_id: String,
}

impl From<ScheduledRow> for DuePrune {
    fn from(row: ScheduledRow) -> Self {
        let id = row.id.to_string();
        Self {
            run_id: row
                .prune
                .key
                .strip_prefix(AGAIN)
                .map_or_else(|| id.clone(), str::to_owned),
            id,
            flow: row.prune.flow,
            parameters: row.prune.parameters,
        }
    }
}

/// The prunes of the local schedule that are due.
///
/// # Errors
/// The run store cannot be read.
pub async fn due_prunes(facility: &Facility) -> Result<Vec<DuePrune>, Failure> {
    let rows = facility
        .store()
        .due(facility.now())
        .await
        .map_err(|error| failed(&error))?;
    Ok(rows.into_iter().filter(is_prune).map(DuePrune::from).collect())
}

/// One open prune, whenever it is due.
///
/// # Errors
/// There is none with this id, or the run store cannot be read.
pub async fn open_prune(facility: &Facility, id: &str) -> Result<DuePrune, Failure> {
    let rows = facility
        .store()
        .scheduled()
        .await
        .map_err(|error| failed(&error))?;
    let row = rows
        .into_iter()
        .find(|row| row.id.as_str() == id && is_prune(row));
    row.map(DuePrune::from)
        .ok_or_else(|| Failure::new("prunes", "no_prune", format!("there is no open prune {id:?}")))
}

/// Takes a prune out of the list. Another scheduler's run of it refuses itself.
///
/// # Errors
/// There is no open prune with this id, or the run store cannot be written.
pub async fn drop_prune(facility: &Facility, id: &str, reason: &str) -> Result<(), Failure> {
    let dropped = ScheduledOutcome::Dropped {
        reason: reason.to_owned(),
    };
    facility
        .store()
        .finish_scheduled(&ScheduledId::new(id), &dropped)
        .await
        .map_err(|error| Failure::store("prunes", &error))
}

/// Lists a prune that the scheduler has taken under `id`, or that only the local schedule has.
pub(super) async fn list(
    facility: &Facility,
    prune: &PlannedPrune,
    id: Option<&str>,
) -> Result<String, Failure> {
    let row = facility
        .store()
        .schedule(&prune.row())
        .await
        .map_err(|error| failed(&error))?;
    // The local schedule's own id is the row's.
    if id != Some(row.as_str()) {
        facility
            .store()
            .runs_elsewhere(&row, id)
            .await
            .map_err(|error| failed(&error))?;
    }
    Ok(row.to_string())
}

/// After a try: what is done leaves the list; what is not is scheduled again and stays in it.
///
/// Nothing here fails the prune: what could not be put into a schedule is at least in the log.
pub(super) async fn settle(
    run: &RunContext,
    flow: &str,
    parameters: &PruneParameters,
    report: &mut PruneReport,
) {
    let settled = match &report.error {
        Some(failure) => again(run, flow, parameters, failure).await,
        None if report.outcome == Some(PruneOutcome::WouldDelete) => wait(run, parameters).await,
        None => done(run, parameters, report).await.map(|()| None),
    };
    match settled {
        Ok(next) => report.again = next,
        Err(failure) => {
            tracing::warn!(run_id = run.run_id(), %failure, "the list of prunes is not up to date");
        }
    }
}

async fn done(run: &RunContext, parameters: &PruneParameters, report: &PruneReport) -> Result<(), Failure> {
    for row in rows(run, parameters).await? {
        let outcome = ScheduledOutcome::Done(json!(report));
        run.facility()
            .store()
            .finish_scheduled(&row.id, &outcome)
            .await
            .map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Under `deletion: report` nothing is done, so what was scheduled stays in the list. From now on it is the local
/// schedule's: no scheduler needs to start runs for ever that only report.
async fn wait(run: &RunContext, parameters: &PruneParameters) -> Result<Option<PruneAgain>, Failure> {
    let store = run.facility().store();
    let due = (run.facility().now() + TimeDelta::days(DAYS[DAYS.len() - 1])).trunc_subsecs(0);
    let mut next = None;
    for row in rows(run, parameters).await? {
        if row.prune.due > run.facility().now() + CLOCKS_APART {
            continue;
        }
        let reason = "proved, and would be deleted but for `deletion: report`".to_owned();
        store
            .finish_scheduled(&row.id, &ScheduledOutcome::Again { due, reason })
            .await
            .map_err(|error| failed(&error))?;
        store
            .runs_elsewhere(&row.id, None)
            .await
            .map_err(|error| failed(&error))?;
        next = Some(PruneAgain {
            at: due,
            id: row.id.to_string(),
        });
    }
    Ok(next)
}

async fn again(
    run: &RunContext,
    flow: &str,
    parameters: &PruneParameters,
    failure: &Failure,
) -> Result<Option<PruneAgain>, Failure> {
    let facility = run.facility();
    let listed = rows(run, parameters).await?;
    if listed.is_empty() && is_for_good(&failure.code) {
        return Ok(None);
    }
    let row = match listed.into_iter().next() {
        Some(row) if row.prune.due > facility.now() + CLOCKS_APART => {
            return Ok(Some(PruneAgain {
                at: row.prune.due,
                id: row.id.to_string(),
            }));
        }
        Some(row) => row,
        None => leave(run, flow, parameters).await?,
    };
    let step = usize::try_from(row.tries)
        .unwrap_or(usize::MAX)
        .min(DAYS.len() - 1);
    let due = (facility.now() + TimeDelta::days(DAYS[step])).trunc_subsecs(0);
    let outcome = ScheduledOutcome::Again {
        due,
        reason: failure.to_string(),
    };
    facility
        .store()
        .finish_scheduled(&row.id, &outcome)
        .await
        .map_err(|error| failed(&error))?;
    if !facility.scheduler().is_local() {
        elsewhere(run, parameters, &row, due).await?;
    }
    Ok(Some(PruneAgain {
        at: due,
        id: row.id.to_string(),
    }))
}

/// A row for a prune that was in no schedule.
async fn leave(run: &RunContext, flow: &str, parameters: &PruneParameters) -> Result<ScheduledRow, Failure> {
    let prune = run_store::ScheduledPrune {
        key: format!("{AGAIN}{}", run.run_id()),
        run_id: run.run_id().to_owned(),
        flow: flow.to_owned(),
        parameters: json!(parameters),
        due: run.facility().now(),
    };
    let id = run
        .facility()
        .store()
        .schedule(&prune)
        .await
        .map_err(|error| failed(&error))?;
    Ok(ScheduledRow {
        id,
        prune,
        tries: 0,
        last_reason: None,
        elsewhere: None,
    })
}

/// Asks the scheduler for the next try. If it does not take it, the local schedule does.
async fn elsewhere(
    run: &RunContext,
    parameters: &PruneParameters,
    row: &ScheduledRow,
    due: DateTime<Utc>,
) -> Result<(), Failure> {
    let facility = run.facility();
    let config = facility.config();
    let check = match &parameters.check_endpoint {
        Value::Null => None,
        given => Some(configured(config, given)?),
    };
    let prune = PlannedPrune {
        source: configured(config, &parameters.source_endpoint)?,
        check,
        relative_path: parameters.relative_path.clone(),
        verify: parameters.verify,
        at: due,
        key: format!("{}:{}", row.id, row.tries + 1),
        run_id: run.run_id().to_owned(),
    };
    let id = match facility.scheduler().schedule(&prune).await {
        Ok(id) => Some(id),
        Err(failure) => {
            tracing::warn!(run_id = run.run_id(), %failure, "the next try is kept in the local schedule");
            None
        }
    };
    facility
        .store()
        .runs_elsewhere(&row.id, id.as_deref())
        .await
        .map_err(|error| failed(&error))
}

/// The open rows about the same thing on the same endpoint, however their parameters name it.
async fn rows(run: &RunContext, parameters: &PruneParameters) -> Result<Vec<ScheduledRow>, Failure> {
    let config = run.facility().config();
    let place = |source: &Value, path: &str| {
        let endpoint = configured(config, source).ok()?;
        endpoint
            .join(path)
            .ok()
            .map(|path| (endpoint.key().clone(), path))
    };
    let Some(here) = place(&parameters.source_endpoint, &parameters.relative_path) else {
        return Ok(Vec::new());
    };
    let name = here
        .1
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let mut rows = run
        .facility()
        .store()
        .scheduled_named(name)
        .await
        .map_err(|error| failed(&error))?;
    rows.retain(|row| {
        let (source, path) = (
            &row.prune.parameters["source_endpoint"],
            &row.prune.parameters["relative_path"],
        );
        path.as_str().and_then(|path| place(source, path)).as_ref() == Some(&here)
    });
    Ok(rows)
}

fn failed(error: &run_store::Error) -> Failure {
    Failure::store(STEP, error)
}
