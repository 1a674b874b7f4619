//! Batches, and who else is at a step.

use std::collections::BTreeMap;

use chrono::Utc;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::Value;

use super::effects::{self, Document};
use super::{Fault, Inner, json_of, lease, time_of, time_text};
use crate::{Batch, BatchIntended, BatchItem, Error, RecordedBatch};

/// Records the batch with its items, or says which items stand against it.
pub(super) fn intend(
    transaction: &Transaction<'_>,
    inner: &Inner,
    batch: &Batch,
) -> Result<BatchIntended, Fault> {
    let mut refused = Vec::new();
    let mut lost: BTreeMap<(&str, u32), bool> = BTreeMap::new();
    for (n, item) in batch.items.iter().enumerate() {
        let run = (item.run_id.as_str(), item.opened);
        let is_lost = match lost.get(&run) {
            Some(is_lost) => *is_lost,
            None => !held(transaction, inner, item)?,
        };
        lost.insert(run, is_lost);
        if let Some(error) = against(transaction, inner, item, is_lost)? {
            refused.push((n, error));
        }
    }
    if !refused.is_empty() {
        return Ok(BatchIntended::Without(refused));
    }
    transaction.execute(
        "INSERT INTO batches (id, document, intended_at) VALUES (?, ?, ?)",
        params![batch.id, batch.document, time_text(Utc::now())],
    )?;
    for item in &batch.items {
        let facts = item.facts.to_string();
        let run = (item.run_id.as_str(), i64::from(item.opened));
        effects::insert(transaction, run, &item.place, &Document::Batch(&batch.id), &facts)?;
    }
    Ok(BatchIntended::Recorded)
}

/// Whether the session of the item holds its run; renews it.
fn held(transaction: &Transaction<'_>, inner: &Inner, item: &BatchItem) -> Result<bool, Fault> {
    match lease::renew(transaction, inner, &item.run_id, i64::from(item.opened)) {
        Ok(()) => Ok(true),
        Err(Fault::Store(Error::LeaseLost { .. } | Error::RunEnded { .. })) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// What stands against recording an item.
fn against(
    transaction: &Transaction<'_>,
    inner: &Inner,
    item: &BatchItem,
    is_lost: bool,
) -> Result<Option<Error>, Fault> {
    let (run_id, place) = (item.run_id.clone(), &item.place);
    if is_lost {
        return Ok(Some(Error::LeaseLost { run_id }));
    }
    let (step, key) = (place.step.clone(), place.key.clone());
    if effects::is_recorded(transaction, &run_id, place)? {
        return Ok(Some(Error::AlreadyIntended { step, key }));
    }
    let other = elsewhere(transaction, inner, &run_id, &step, &key)?;
    Ok(other.map(|run_id| Error::Elsewhere { step, key, run_id }))
}

/// Another run that is at this step, held by somebody who lives as far as anybody can tell.
pub(super) fn elsewhere(
    transaction: &Transaction<'_>,
    inner: &Inner,
    run_id: &str,
    step: &str,
    key: &str,
) -> Result<Option<String>, Fault> {
    let query = "SELECT runs.run_id, runs.owner, runs.owner_host, runs.expires FROM effects
                 JOIN runs ON runs.run_id = effects.run_id
                 WHERE effects.step = ? AND effects.key = ? AND effects.state = 'pending'
                 AND runs.run_id <> ? AND runs.state = 'open' AND runs.owner IS NOT NULL";
    let mut statement = transaction.prepare(query)?;
    let mut rows = statement.query(params![step, key, run_id])?;
    while let Some(row) = rows.next()? {
        let (owner, host): (String, String) = (row.get(1)?, row.get(2)?);
        let expires = time_of("a lease's end", &row.get::<_, String>(3)?)?;
        if expires > Utc::now() && !inner.owner.is_dead(&owner, &host) {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// Notes the receipt if one of these sessions still holds its run.
pub(super) fn note(
    transaction: &Transaction<'_>,
    inner: &Inner,
    id: &str,
    items: &[BatchItem],
    receipt: &Value,
) -> Result<(), Fault> {
    let mut lost = None;
    let mut seen: Vec<(&str, u32)> = Vec::new();
    for item in items {
        let run = (item.run_id.as_str(), item.opened);
        if seen.contains(&run) {
            continue;
        }
        seen.push(run);
        if held(transaction, inner, item)? {
            let receipt = receipt.to_string();
            transaction.execute(
                "UPDATE batches SET receipt = ? WHERE id = ?",
                params![receipt, id],
            )?;
            return Ok(());
        }
        lost = Some(item.run_id.clone());
    }
    let run_id = lost.unwrap_or_default();
    Err(Error::LeaseLost { run_id }.into())
}

pub(super) fn recorded(connection: &Connection, id: &str) -> Result<Option<RecordedBatch>, Fault> {
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(Vec<u8>, Option<String>)> {
        Ok((row.get(0)?, row.get(1)?))
    };
    let query = "SELECT document, receipt FROM batches WHERE id = ?";
    let Some((document, receipt)) = connection.query_row(query, [id], read).optional()? else {
        return Ok(None);
    };
    let receipt = receipt.map(|text| json_of("a receipt", &text)).transpose()?;
    Ok(Some(RecordedBatch { document, receipt }))
}
