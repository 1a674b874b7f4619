//! Intents, receipts and outcomes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use rusqlite::{OptionalExtension, Transaction, named_params, params};
use serde_json::Value;

use super::{Fault, Inner, batches, json_of, lease, time_text};
use crate::{Error, Intent, Place, Result, Session, Settlement, Standing};

/// This process's hold on one run.
#[derive(Debug)]
pub(super) struct SqliteSession {
    inner: Arc<Inner>,
    run_id: String,
    fence: i64,
}

impl SqliteSession {
    pub(super) fn new(inner: Arc<Inner>, run_id: String, fence: i64) -> Self {
        Self { inner, run_id, fence }
    }

    /// Runs `work` in a transaction that has proved and renewed the lease.
    async fn held<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &str, i64) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.held_in(move |transaction, _, run_id, fence| work(transaction, run_id, fence))
            .await
    }

    /// The same for work that asks who else lives.
    async fn held_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Inner, &str, i64) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let (run_id, fence) = (self.run_id.clone(), self.fence);
        let held = move |transaction: &Transaction<'_>, inner: &Inner| {
            lease::renew(transaction, inner, &run_id, fence)?;
            work(transaction, inner, &run_id, fence)
        };
        self.inner.run(held).await
    }
}

impl Drop for SqliteSession {
    /// Blocks for one small transaction, so that the run is free when this returns. Should it fail, the run is
    /// free when the process ends or the lease runs out.
    fn drop(&mut self) {
        let released = self
            .inner
            .transact(|transaction, _| lease::release(transaction, &self.run_id, self.fence));
        if let Err(error) = released {
            tracing::debug!(run_id = self.run_id, %error, "lease not given back");
        }
    }
}

#[async_trait]
impl Session for SqliteSession {
    fn run_id(&self) -> &str {
        &self.run_id
    }

    fn opened(&self) -> u32 {
        u32::try_from(self.fence).unwrap_or(u32::MAX)
    }

    fn lease(&self) -> Duration {
        self.inner.lease
    }

    async fn standing(&self, step: &str, key: &str) -> Result<Standing> {
        let (step, key) = (step.to_owned(), key.to_owned());
        self.held(move |transaction, run_id, fence| standing(transaction, run_id, fence, &step, &key))
            .await
    }

    async fn standings(&self, step: &str, keys: &[String]) -> Result<Vec<Standing>> {
        let (step, keys) = (step.to_owned(), keys.to_vec());
        self.held(move |transaction, run_id, fence| {
            let each = keys.iter();
            each.map(|key| standing(transaction, run_id, fence, &step, key))
                .collect()
        })
        .await
    }

    async fn intend(&self, place: &Place, document: &[u8], facts: &Value) -> Result<()> {
        let (place, document, facts) = (place.clone(), document.to_vec(), facts.to_string());
        let row = move |transaction: &Transaction<'_>, run_id: &str, fence: i64| {
            insert(
                transaction,
                (run_id, fence),
                &place,
                &Document::Own(&document),
                &facts,
            )
        };
        self.held(row).await
    }

    async fn intend_alone(&self, place: &Place, document: &[u8], facts: &Value) -> Result<Option<String>> {
        let (place, document, facts) = (place.clone(), document.to_vec(), facts.to_string());
        self.held_in(move |transaction, inner, run_id, fence| {
            let other = batches::elsewhere(transaction, inner, run_id, &place.step, &place.key)?;
            if other.is_none() {
                let own = Document::Own(&document);
                insert(transaction, (run_id, fence), &place, &own, &facts)?;
            }
            Ok(other)
        })
        .await
    }

    async fn elsewhere(&self, step: &str, key: &str) -> Result<Option<String>> {
        let (step, key) = (step.to_owned(), key.to_owned());
        self.held_in(move |transaction, inner, run_id, _| {
            batches::elsewhere(transaction, inner, run_id, &step, &key)
        })
        .await
    }

    async fn note(&self, place: &Place, receipt: &Value) -> Result<()> {
        let (place, receipt) = (place.clone(), receipt.to_string());
        let row = move |transaction: &Transaction<'_>, run_id: &str, _| {
            let noted = transaction.execute(
                "UPDATE effects SET receipt = ?
                 WHERE run_id = ? AND step = ? AND key = ? AND attempt = ? AND state = 'pending'",
                params![receipt, run_id, place.step, place.key, place.attempt],
            )?;
            if noted == 1 {
                Ok(())
            } else {
                Err(not_pending(&place).into())
            }
        };
        self.held(row).await
    }

    async fn settle(&self, place: &Place, ok: bool, outcome: &Value) -> Result<()> {
        let end = Settlement {
            place: place.clone(),
            ok,
            outcome: outcome.clone(),
        };
        self.settle_all(vec![end]).await
    }

    async fn settle_all(&self, ends: Vec<Settlement>) -> Result<()> {
        self.held(move |transaction, run_id, fence| {
            for end in &ends {
                if !is_recorded(transaction, run_id, &end.place)? {
                    insert(
                        transaction,
                        (run_id, fence),
                        &end.place,
                        &Document::Own(b""),
                        "null",
                    )?;
                }
                let outcome = end.outcome.to_string();
                settle(transaction, run_id, fence, &end.place, end.ok, &outcome)?;
            }
            Ok(())
        })
        .await
    }

    async fn renew(&self) -> Result<()> {
        self.held(|_, _, _| Ok(())).await
    }

    async fn finish(&self, report: &Value, ok: bool) -> Result<()> {
        let report = report.to_string();
        let state = if ok { "finished" } else { "failed" };
        let row = move |transaction: &Transaction<'_>, run_id: &str, _| {
            transaction.execute(
                "UPDATE runs SET state = ?, report = ?, ended_at = ?, owner = NULL, expires = NULL WHERE run_id = ?",
                params![state, report, time_text(Utc::now()), run_id],
            )?;
            Ok(())
        };
        self.held(row).await
    }
}

/// The latest attempt of a step, as its row has it.
struct Latest {
    attempt: u32,
    state: String,
    fence: i64,
    document: Vec<u8>,
    facts: String,
    receipt: Option<String>,
    outcome: Option<String>,
    batch: Option<String>,
}

fn standing(
    transaction: &Transaction<'_>,
    run_id: &str,
    fence: i64,
    step: &str,
    key: &str,
) -> Result<Standing, Fault> {
    let query = "SELECT attempt, state, fence, document, facts, receipt, outcome, batch FROM effects
                 WHERE run_id = ? AND step = ? AND key = ? ORDER BY attempt DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Latest {
            attempt: row.get(0)?,
            state: row.get(1)?,
            fence: row.get(2)?,
            document: row.get(3)?,
            facts: row.get(4)?,
            receipt: row.get(5)?,
            outcome: row.get(6)?,
            batch: row.get(7)?,
        })
    };
    let mut statement = transaction.prepare(query)?;
    let Some(latest) = statement.query_row(params![run_id, step, key], read).optional()? else {
        return Ok(Standing::Absent);
    };
    let outcome = |text: Option<String>| json_of("an outcome", text.as_deref().unwrap_or("null"));
    Ok(match latest.state.as_str() {
        "done" => Standing::Done(outcome(latest.outcome)?),
        "failed" => Standing::Failed {
            attempt: latest.attempt,
            outcome: outcome(latest.outcome)?,
            now: latest.fence == fence,
        },
        _ => Standing::Pending(Intent {
            document: latest.document,
            facts: json_of("an intent's facts", &latest.facts)?,
            receipt: latest
                .receipt
                .map(|text| json_of("a receipt", &text))
                .transpose()?,
            attempt: latest.attempt,
            batch: latest.batch,
        }),
    })
}

/// The latest attempts of a run that are not settled.
pub(super) fn pending(transaction: &Transaction<'_>, run_id: &str) -> Result<Vec<(Place, Intent)>, Fault> {
    let query =
        "SELECT DISTINCT step, key FROM effects WHERE run_id = ? AND state = 'pending' ORDER BY step, key";
    let mut statement = transaction.prepare(query)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let rows = statement.query_map(params![run_id], read)?;
    let places: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for (step, key) in places {
        if let Standing::Pending(intent) = standing(transaction, run_id, 0, &step, &key)? {
            let attempt = intent.attempt;
            found.push((Place { step, key, attempt }, intent));
        }
    }
    Ok(found)
}

/// Where the request of an attempt stands.
pub(super) enum Document<'a> {
    Own(&'a [u8]),
    Batch(&'a str),
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    (run_id, fence): (&str, i64),
    place: &Place,
    document: &Document<'_>,
    facts: &str,
) -> Result<(), Fault> {
    if is_recorded(transaction, run_id, place)? {
        return Err(Error::AlreadyIntended {
            step: place.step.clone(),
            key: place.key.clone(),
        }
        .into());
    }
    let (document, batch) = match document {
        Document::Own(bytes) => (*bytes, None),
        Document::Batch(id) => (b"".as_slice(), Some(*id)),
    };
    let mut statement = transaction.prepare(
        "INSERT INTO effects (run_id, step, key, attempt, state, fence, document, facts, batch, intended_at)
         VALUES (:run_id, :step, :key, :attempt, 'pending', :fence, :document, :facts, :batch, :now)",
    )?;
    statement.execute(named_params! {
        ":run_id": run_id, ":step": place.step, ":key": place.key, ":attempt": place.attempt,
        ":fence": fence, ":document": document, ":facts": facts, ":batch": batch, ":now": time_text(Utc::now()),
    })?;
    Ok(())
}

fn settle(
    transaction: &Transaction<'_>,
    run_id: &str,
    fence: i64,
    place: &Place,
    ok: bool,
    outcome: &str,
) -> Result<(), Fault> {
    let mut statement = transaction.prepare(
        "UPDATE effects SET state = :state, fence = :fence, outcome = :outcome, settled_at = :now
         WHERE run_id = :run_id AND step = :step AND key = :key AND attempt = :attempt AND state = 'pending'",
    )?;
    let settled = statement.execute(named_params! {
        ":state": if ok { "done" } else { "failed" }, ":fence": fence, ":outcome": outcome,
        ":now": time_text(Utc::now()), ":run_id": run_id, ":step": place.step, ":key": place.key,
        ":attempt": place.attempt,
    })?;
    if settled == 1 {
        Ok(())
    } else {
        Err(not_pending(place).into())
    }
}

pub(super) fn is_recorded(transaction: &Transaction<'_>, run_id: &str, place: &Place) -> Result<bool, Fault> {
    let mut statement = transaction.prepare(
        "SELECT EXISTS (SELECT 1 FROM effects WHERE run_id = ? AND step = ? AND key = ? AND attempt = ?)",
    )?;
    let of = params![run_id, place.step, place.key, place.attempt];
    Ok(statement.query_row(of, |row| row.get(0))?)
}

fn not_pending(place: &Place) -> Error {
    Error::NotPending {
        step: place.step.clone(),
        key: place.key.clone(),
    }
}
