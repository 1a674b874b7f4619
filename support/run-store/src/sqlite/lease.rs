//! Taking a run, and giving it back.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};
use serde_json::Value;

use super::effects::SqliteSession;
use super::{Fault, Inner, json_of, time_of, time_text};
use crate::{Error, Opened, Result, Run};

/// A run's row.
struct Recorded {
    flow: String,
    params_hash: String,
    state: String,
    report: Option<String>,
    fence: i64,
    holder: Option<Holder>,
}

struct Holder {
    owner: String,
    host: String,
    pid: u32,
    since: String,
    expires: String,
}

/// How the transaction that takes a run ended.
enum Taken {
    Fresh(i64),
    Resumed(i64),
    Finished(Value),
}

pub(super) async fn open(inner: &Arc<Inner>, run_id: &str, flow: &str, params_hash: &str) -> Result<Opened> {
    let (id, flow, hash) = (run_id.to_owned(), flow.to_owned(), params_hash.to_owned());
    let taken = inner
        .run(move |transaction, inner| take(transaction, inner, &id, &flow, &hash))
        .await?;
    let run = |fence| {
        Run::new(Arc::new(SqliteSession::new(
            Arc::clone(inner),
            run_id.to_owned(),
            fence,
        )))
    };
    Ok(match taken {
        Taken::Fresh(fence) => Opened::Fresh(run(fence)),
        Taken::Resumed(fence) => Opened::Resumed(run(fence)),
        Taken::Finished(report) => Opened::Finished(report),
    })
}

fn take(
    transaction: &Transaction<'_>,
    inner: &Inner,
    run_id: &str,
    flow: &str,
    params_hash: &str,
) -> Result<Taken, Fault> {
    let now = Utc::now();
    let Some(run) = recorded(transaction, run_id)? else {
        transaction.execute(
            "INSERT INTO runs (run_id, flow, params_hash, state, begun_at, fence) VALUES (?, ?, ?, 'open', ?, 0)",
            params![run_id, flow, params_hash, time_text(now)],
        )?;
        return Ok(Taken::Fresh(hold(transaction, inner, run_id, 0, now)?));
    };
    if run.flow != flow || run.params_hash != params_hash {
        return Err(Error::OtherParameters {
            run_id: run_id.to_owned(),
            recorded_flow: run.flow,
        }
        .into());
    }
    if run.state == "finished" {
        return Ok(Taken::Finished(json_of(
            "a run's report",
            run.report.as_deref().unwrap_or("null"),
        )?));
    }
    if let Some(holder) = run.holder {
        refuse_if_held(inner, run_id, &holder, now)?;
    }
    Ok(Taken::Resumed(hold(transaction, inner, run_id, run.fence, now)?))
}

/// A run is free when its lease has run out, or when its owner is dead.
fn refuse_if_held(inner: &Inner, run_id: &str, holder: &Holder, now: DateTime<Utc>) -> Result<()> {
    let expires = time_of("a lease's end", &holder.expires)?;
    if expires <= now || inner.owner.is_dead(&holder.owner, &holder.host) {
        return Ok(());
    }
    Err(Error::Held {
        run_id: run_id.to_owned(),
        owner: holder.owner.clone(),
        host: holder.host.clone(),
        pid: holder.pid,
        since: time_of("a lease's start", &holder.since)?,
        expires,
    })
}

/// Writes this owner into the run's row, under the next fencing number.
fn hold(
    transaction: &Transaction<'_>,
    inner: &Inner,
    run_id: &str,
    fence: i64,
    now: DateTime<Utc>,
) -> Result<i64, Fault> {
    let fence = fence + 1;
    transaction.execute(
        "UPDATE runs SET state = 'open', report = NULL, ended_at = NULL, fence = :fence, owner = :owner,
         owner_host = :host, owner_pid = :pid, held_since = :now, expires = :expires WHERE run_id = :run_id",
        named_params! {
            ":fence": fence, ":owner": inner.owner.id.to_string(), ":host": inner.owner.host,
            ":pid": inner.owner.pid, ":now": time_text(now), ":expires": time_text(lease_end(inner, now)),
            ":run_id": run_id,
        },
    )?;
    Ok(fence)
}

/// Renews the lease, and so proves that it is still ours: every write of a run begins with this.
pub(super) fn renew(
    transaction: &Transaction<'_>,
    inner: &Inner,
    run_id: &str,
    fence: i64,
) -> Result<(), Fault> {
    let held = transaction.execute(
        "UPDATE runs SET expires = ? WHERE run_id = ? AND fence = ? AND state = 'open'",
        params![time_text(lease_end(inner, Utc::now())), run_id, fence],
    )?;
    if held == 1 {
        return Ok(());
    }
    let run_id = run_id.to_owned();
    Err(match recorded(transaction, &run_id)? {
        Some(run) if run.fence == fence => Error::RunEnded { run_id },
        _ => Error::LeaseLost { run_id },
    }
    .into())
}

/// Gives the run back, unless it is somebody else's already.
pub(super) fn release(transaction: &Transaction<'_>, run_id: &str, fence: i64) -> Result<(), Fault> {
    transaction.execute(
        "UPDATE runs SET owner = NULL, expires = NULL WHERE run_id = ? AND fence = ?",
        params![run_id, fence],
    )?;
    Ok(())
}

/// A lease too long for the calendar is one that never ends.
fn lease_end(inner: &Inner, now: DateTime<Utc>) -> DateTime<Utc> {
    let lease = TimeDelta::from_std(inner.lease).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(lease).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn recorded(transaction: &Transaction<'_>, run_id: &str) -> Result<Option<Recorded>, Fault> {
    let query =
        "SELECT flow, params_hash, state, report, fence, owner, owner_host, owner_pid, held_since, expires
                 FROM runs WHERE run_id = ?";
    Ok(transaction.query_row(query, [run_id], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let holder = match row.get::<_, Option<String>>("owner")? {
        Some(owner) => Some(Holder {
            owner,
            host: row.get("owner_host")?,
            pid: row.get("owner_pid")?,
            since: row.get("held_since")?,
            expires: row.get("expires")?,
        }),
        None => None,
    };
    Ok(Recorded {
        flow: row.get("flow")?,
        params_hash: row.get("params_hash")?,
        state: row.get("state")?,
        report: row.get("report")?,
        fence: row.get("fence")?,
        holder,
    })
}
