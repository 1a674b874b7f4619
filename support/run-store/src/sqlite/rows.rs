//! Deliveries, export control, the local schedule, deletions.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde_json::Value;
use uuid::Uuid;

use super::{Fault, json_of, time_of, time_text};
use crate::{
    ControlledPath, DeletionRecord, Delivery, DeliveryKey, Error, Result, ScheduledId, ScheduledOutcome,
    ScheduledPrune, ScheduledRow, normal_path,
};

pub(super) fn delivery(connection: &Connection, key: &DeliveryKey) -> Result<Option<Delivery>, Fault> {
    let query = "SELECT run_id, task_id, delivered_at, files FROM deliveries
                 WHERE source_endpoint = ? AND source_path = ?
                 AND destination_endpoint = ? AND destination_path = ?";
    let of_key = params![
        key.source_endpoint,
        key.source_path,
        key.destination_endpoint,
        key.destination_path
    ];
    let read = |row: &Row<'_>| -> rusqlite::Result<(String, String, String, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    };
    let Some((run_id, task_id, delivered_at, files)) =
        connection.prepare(query)?.query_row(of_key, read).optional()?
    else {
        return Ok(None);
    };
    let files = serde_json::from_str(&files).map_err(|error| Error::Damaged {
        what: "a delivery's files",
        reason: error.to_string(),
    })?;
    let delivered_at = time_of("a delivery's time", &delivered_at)?;
    Ok(Some(Delivery {
        key: key.clone(),
        run_id,
        task_id,
        delivered_at,
        files,
    }))
}

pub(super) fn record_delivery(connection: &Connection, delivery: &Delivery) -> Result<(), Fault> {
    let files = serde_json::to_string(&delivery.files).map_err(|error| Error::Damaged {
        what: "a delivery's files",
        reason: error.to_string(),
    })?;
    let mut statement = connection.prepare(
        "INSERT OR REPLACE INTO deliveries (source_endpoint, source_path, destination_endpoint,
         destination_path, run_id, task_id, delivered_at, files)
         VALUES (:source, :source_path, :destination, :destination_path, :run_id, :task_id, :at, :files)",
    )?;
    statement.execute(named_params! {
        ":source": delivery.key.source_endpoint, ":source_path": delivery.key.source_path,
        ":destination": delivery.key.destination_endpoint,
        ":destination_path": delivery.key.destination_path, ":run_id": delivery.run_id,
        ":task_id": delivery.task_id, ":at": time_text(delivery.delivered_at), ":files": files,
    })?;
    Ok(())
}

pub(super) fn control_path(connection: &Connection, path: &ControlledPath) -> Result<(), Fault> {
    connection.execute(
        "INSERT INTO controlled (path, reason, run_id, since) VALUES (?, ?, ?, ?)
         ON CONFLICT (path) WHERE lifted_at IS NULL DO NOTHING",
        params![
            normal_path(&path.path),
            path.reason,
            path.run_id,
            time_text(path.since)
        ],
    )?;
    Ok(())
}

/// Looks for the path and each folder above it, then for anything below it.
pub(super) fn controlled(connection: &Connection, path: &str) -> Result<Option<ControlledPath>, Fault> {
    let path = normal_path(path);
    let above = path
        .match_indices('/')
        .map(|(at, _)| if at == 0 { "/" } else { &path[..at] });
    for candidate in std::iter::once(path.as_str()).chain(above) {
        let found = one_controlled(connection, "path = ?1 AND ?2 IS NOT NULL", candidate, "")?;
        if found.is_some() {
            return Ok(found);
        }
    }
    // '0' follows '/': between the two stands whatever begins with the folder's name and a slash.
    let folder = path.trim_end_matches('/');
    one_controlled(
        connection,
        "path > ?1 AND path < ?2",
        &format!("{folder}/"),
        &format!("{folder}0"),
    )
}

fn one_controlled(
    connection: &Connection,
    condition: &str,
    first: &str,
    second: &str,
) -> Result<Option<ControlledPath>, Fault> {
    let query = format!(
        "SELECT path, reason, run_id, since FROM controlled
         WHERE lifted_at IS NULL AND {condition} ORDER BY path LIMIT 1"
    );
    let found = connection
        .query_row(&query, params![first, second], control_row)
        .optional()?;
    found.map(controlled_path).transpose()
}

/// All that are not lifted.
pub(super) fn controlled_paths(connection: &Connection) -> Result<Vec<ControlledPath>, Fault> {
    let query = "SELECT path, reason, run_id, since FROM controlled WHERE lifted_at IS NULL ORDER BY path";
    let mut query = connection.prepare(query)?;
    let rows = query.query_map([], control_row)?;
    rows.map(|row| controlled_path(row?)).collect()
}

/// Path, reason, run id, since when.
type ControlRow = (String, String, Option<String>, String);

fn control_row(row: &Row<'_>) -> rusqlite::Result<ControlRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn controlled_path((path, reason, run_id, since): ControlRow) -> Result<ControlledPath, Fault> {
    Ok(ControlledPath {
        path,
        reason,
        run_id,
        since: time_of("the start of an export control", &since)?,
    })
}

pub(super) fn lift_control(connection: &Connection, path: &str, reason: &str) -> Result<bool, Fault> {
    let lifted = connection.execute(
        "UPDATE controlled SET lifted_at = ?, lift_reason = ? WHERE path = ? AND lifted_at IS NULL",
        params![time_text(Utc::now()), reason, normal_path(path)],
    )?;
    Ok(lifted > 0)
}

pub(super) fn schedule(connection: &Connection, prune: &ScheduledPrune) -> Result<ScheduledId, Fault> {
    connection.execute(
        "INSERT INTO scheduled (id, key, run_id, flow, parameters, due, state, tries, created_at)
         VALUES (:id, :key, :run_id, :flow, :parameters, :due, 'open', 0, :now) ON CONFLICT (key) DO NOTHING",
        named_params! {
            ":id": Uuid::new_v4().to_string(), ":key": prune.key, ":run_id": prune.run_id, ":flow": prune.flow,
            ":parameters": prune.parameters.to_string(), ":due": time_text(prune.due),
            ":now": time_text(Utc::now()),
        },
    )?;
    let query = "SELECT id FROM scheduled WHERE key = ?";
    let id: String = connection.query_row(query, [&prune.key], |row| row.get(0))?;
    Ok(ScheduledId::new(id))
}

/// The open rows, those due at `by` only when it is given.
pub(super) fn scheduled(
    connection: &Connection,
    by: Option<DateTime<Utc>>,
) -> Result<Vec<ScheduledRow>, Fault> {
    let mut statement = connection.prepare(
        "SELECT id, key, run_id, flow, parameters, due, tries, reason, elsewhere FROM scheduled
         WHERE state = 'open' AND (?1 IS NULL OR (due <= ?1 AND elsewhere IS NULL)) ORDER BY due, id",
    )?;
    let mut rows = statement.query([by.map(time_text)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let prune = ScheduledPrune {
            key: row.get("key")?,
            run_id: row.get("run_id")?,
            flow: row.get("flow")?,
            parameters: json_of(
                "a scheduled run's parameters",
                &row.get::<_, String>("parameters")?,
            )?,
            due: time_of("a scheduled run's date", &row.get::<_, String>("due")?)?,
        };
        let id = ScheduledId::new(row.get::<_, String>("id")?);
        found.push(ScheduledRow {
            id,
            prune,
            tries: row.get("tries")?,
            last_reason: row.get("reason")?,
            elsewhere: row.get("elsewhere")?,
        });
    }
    Ok(found)
}

pub(super) fn finish_scheduled(
    connection: &Connection,
    id: &ScheduledId,
    outcome: &ScheduledOutcome,
) -> Result<(), Fault> {
    let now = time_text(Utc::now());
    let (state, finished, due, reason, report) = match outcome {
        ScheduledOutcome::Done(report) => ("done", Some(now), None, None, Some(report.to_string())),
        ScheduledOutcome::Again { due, reason } => ("open", None, Some(time_text(*due)), Some(reason), None),
        ScheduledOutcome::Dropped { reason } => ("dropped", Some(now), None, Some(reason), None),
    };
    let changed = connection.execute(
        "UPDATE scheduled SET state = :state, finished_at = :finished, due = coalesce(:due, due),
         reason = :reason, report = :report, tries = tries + 1 WHERE id = :id AND state = 'open'",
        named_params! {
            ":state": state, ":finished": finished, ":due": due, ":reason": reason, ":report": report,
            ":id": id.as_str(),
        },
    )?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::NotScheduled { id: id.to_string() }.into())
    }
}

pub(super) fn runs_elsewhere(
    connection: &Connection,
    id: &ScheduledId,
    elsewhere: Option<&str>,
) -> Result<(), Fault> {
    let changed = connection.execute(
        "UPDATE scheduled SET elsewhere = ? WHERE id = ? AND state = 'open'",
        params![elsewhere, id.as_str()],
    )?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::NotScheduled { id: id.to_string() }.into())
    }
}

pub(super) fn dropped(connection: &Connection, parameters: &Value) -> Result<Option<String>, Fault> {
    let query =
        "SELECT state, reason FROM scheduled WHERE parameters = ? ORDER BY state = 'open' DESC, rowid DESC";
    let read =
        |row: &Row<'_>| -> rusqlite::Result<(String, Option<String>)> { Ok((row.get(0)?, row.get(1)?)) };
    let latest = connection
        .query_row(query, [parameters.to_string()], read)
        .optional()?;
    Ok(latest.and_then(|(state, reason)| (state == "dropped").then(|| reason.unwrap_or_default())))
}

pub(super) fn deletion(
    connection: &Connection,
    endpoint: &str,
    path: &str,
) -> Result<Option<DeletionRecord>, Fault> {
    let query = "SELECT run_id, deleted_at, evidence FROM deletions WHERE endpoint = ? AND path = ?
                 ORDER BY id DESC LIMIT 1";
    let read = |row: &Row<'_>| -> rusqlite::Result<(String, String, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    };
    let found = connection
        .query_row(query, params![endpoint, path], read)
        .optional()?;
    let Some((run_id, deleted_at, evidence)) = found else {
        return Ok(None);
    };
    Ok(Some(DeletionRecord {
        endpoint: endpoint.to_owned(),
        path: path.to_owned(),
        run_id,
        deleted_at: time_of("a deletion's time", &deleted_at)?,
        evidence: json_of("a deletion's evidence", &evidence)?,
    }))
}

pub(super) fn record_deletion(connection: &Connection, record: &DeletionRecord) -> Result<(), Fault> {
    connection.execute(
        "INSERT INTO deletions (endpoint, path, run_id, deleted_at, evidence) VALUES (?, ?, ?, ?, ?)",
        params![
            record.endpoint,
            record.path,
            record.run_id,
            time_text(record.deleted_at),
            record.evidence.to_string()
        ],
    )?;
    Ok(())
}
