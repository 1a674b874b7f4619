//! Deliveries, deletions and the list of prunes: artifacts that belong to no flow run.

use prefect_client::Client;
use run_store::{
    DeletionRecord, Delivery, DeliveryKey, Error, Result, ScheduledId, ScheduledOutcome, ScheduledPrune,
    ScheduledRow,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::inputs::short;
use crate::wire::{self, Artifact, damaged};

const DELIVERY: &str = "splash-flows-delivery";
const DELETION: &str = "splash-flows-deletion";
const PRUNE: &str = "splash-flows-prune";
/// The types of an artifact of a row.
const OPEN: &str = "splash-flows-prune-open";
const CLOSED: &str = "splash-flows-prune-closed";

/// Names of several parts, so that no two lists of parts give one.
fn joined(parts: &[&str]) -> String {
    json!(parts).to_string()
}

fn delivery_key(key: &DeliveryKey) -> String {
    let name = joined(&[
        &key.source_endpoint,
        &key.source_path,
        &key.destination_endpoint,
        &key.destination_path,
    ]);
    format!("{DELIVERY}-{}", short(&name))
}

fn decode<T: for<'de> Deserialize<'de>>(what: &'static str, artifact: Artifact) -> Result<T> {
    serde_json::from_value(artifact.data).map_err(|error| damaged(what, &error))
}

pub(crate) async fn delivery(client: &Client, key: &DeliveryKey) -> Result<Option<Delivery>> {
    let found = wire::latest_artifact(client, &delivery_key(key)).await?;
    let delivery: Option<Delivery> = found.map(|one| decode("a delivery", one)).transpose()?;
    Ok(delivery.filter(|delivery| delivery.key == *key))
}

pub(crate) async fn record_delivery(client: &Client, delivery: &Delivery) -> Result<()> {
    let text = format!(
        "{} delivered to {}",
        delivery.key.source_path, delivery.key.destination_endpoint
    );
    wire::create_artifact(
        client,
        &delivery_key(&delivery.key),
        DELIVERY,
        &json!(delivery),
        &text,
    )
    .await
}

fn deletion_key(endpoint: &str, path: &str) -> String {
    format!("{DELETION}-{}", short(&joined(&[endpoint, path])))
}

pub(crate) async fn deletion(client: &Client, endpoint: &str, path: &str) -> Result<Option<DeletionRecord>> {
    let found = wire::latest_artifact(client, &deletion_key(endpoint, path)).await?;
    let record: Option<DeletionRecord> = found.map(|one| decode("a deletion", one)).transpose()?;
    Ok(record.filter(|record| record.endpoint == endpoint && record.path == path))
}

pub(crate) async fn record_deletion(client: &Client, record: &DeletionRecord) -> Result<()> {
    let key = deletion_key(&record.endpoint, &record.path);
    let text = format!("{} deleted from {}", record.path, record.endpoint);
    wire::create_artifact(client, &key, DELETION, &json!(record), &text).await
}

/// A row of the list of prunes, with what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    #[serde(rename = "row")]
    prune: ScheduledRow,
    #[serde(default)]
    dropped: Option<String>,
    #[serde(default)]
    report: Value,
}

/// Rows of one file name lie together, so that those of one path are found without reading all.
fn family(name: &str) -> String {
    format!("{PRUNE}-{}", short(name))
}

fn last_name(parameters: &Value) -> &str {
    let path = parameters["relative_path"].as_str().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn row_id(prune: &ScheduledPrune) -> ScheduledId {
    ScheduledId::new(format!(
        "{}-{}",
        family(last_name(&prune.parameters)),
        short(&prune.key)
    ))
}

async fn write(client: &Client, row: &Row, kind: &str) -> Result<()> {
    let path = row.prune.prune.parameters["relative_path"]
        .as_str()
        .unwrap_or("?");
    let text = format!("prune of {path}, due {}", row.prune.prune.due.to_rfc3339());
    wire::create_artifact(client, row.prune.id.as_str(), kind, &json!(row), &text).await
}

/// The row with this id, if it is open.
async fn open(client: &Client, id: &ScheduledId) -> Result<Row> {
    let found = wire::latest_artifact(client, id.as_str()).await?;
    let artifact = found.filter(|one| one.kind.as_deref() == Some(OPEN));
    match artifact {
        Some(artifact) => decode("a row of the schedule", artifact),
        None => Err(Error::NotScheduled { id: id.to_string() }),
    }
}

pub(crate) async fn schedule(client: &Client, prune: &ScheduledPrune) -> Result<ScheduledId> {
    let id = row_id(prune);
    if wire::latest_artifact(client, id.as_str()).await?.is_some() {
        return Ok(id);
    }
    let row = ScheduledRow {
        id: id.clone(),
        prune: prune.clone(),
        tries: 0,
        last_reason: None,
        elsewhere: None,
    };
    let row = Row {
        prune: row,
        dropped: None,
        report: Value::Null,
    };
    write(client, &row, OPEN).await?;
    Ok(id)
}

pub(crate) async fn runs_elsewhere(client: &Client, id: &ScheduledId, elsewhere: Option<&str>) -> Result<()> {
    let mut row = open(client, id).await?;
    row.prune.elsewhere = elsewhere.map(str::to_owned);
    write(client, &row, OPEN).await
}

async fn rows(client: &Client, part: &str, kind: Option<&str>) -> Result<Vec<Row>> {
    let found = wire::latest_artifacts(client, part, kind).await?;
    let rows: Result<Vec<Row>> = found
        .into_iter()
        .map(|artifact| decode("a row of the schedule", artifact))
        .collect();
    rows
}

/// The open rows of one file name, or all of them, the first due first.
pub(crate) async fn scheduled(client: &Client, name: Option<&str>) -> Result<Vec<ScheduledRow>> {
    let part = name.map_or_else(|| format!("{PRUNE}-"), family);
    let mut found: Vec<ScheduledRow> = rows(client, &part, Some(OPEN))
        .await?
        .into_iter()
        .map(|row| row.prune)
        .collect();
    found.sort_by(|a, b| (a.prune.due, &a.id).cmp(&(b.prune.due, &b.id)));
    Ok(found)
}

pub(crate) async fn dropped(client: &Client, parameters: &Value) -> Result<Option<String>> {
    let rows = rows(client, &family(last_name(parameters)), None).await?;
    let mut same: Vec<Row> = rows
        .into_iter()
        .filter(|row| row.prune.prune.parameters == *parameters)
        .collect();
    if same
        .iter()
        .any(|row| row.dropped.is_none() && row.report.is_null())
    {
        return Ok(None);
    }
    same.sort_by_key(|row| row.prune.prune.due);
    Ok(same.pop().and_then(|row| row.dropped))
}

pub(crate) async fn finish_scheduled(
    client: &Client,
    id: &ScheduledId,
    outcome: &ScheduledOutcome,
) -> Result<()> {
    let mut row = open(client, id).await?;
    row.prune.tries += 1;
    let kind = match outcome {
        ScheduledOutcome::Done(report) => {
            row.report = report.clone();
            CLOSED
        }
        ScheduledOutcome::Again { due, reason } => {
            row.prune.prune.due = *due;
            row.prune.last_reason = Some(reason.clone());
            OPEN
        }
        ScheduledOutcome::Dropped { reason } => {
            row.dropped = Some(reason.clone());
            CLOSED
        }
        _ => OPEN,
    };
    write(client, &row, kind).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ones_that_the_server_takes_and_tell_apart_what_differs() {
        let key = |source: &str, path: &str| DeliveryKey {
            source_endpoint: source.to_owned(),
            source_path: path.to_owned(),
            destination_endpoint: "d".to_owned(),
            destination_path: "/x".to_owned(),
        };
        let names = [
            delivery_key(&key("a", "b/c")),
            delivery_key(&key("a/b", "c")),
            deletion_key("a", "b"),
        ];
        for name in &names {
            assert!(
                name.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{name}"
            );
        }
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn rows_of_one_file_name_lie_together() {
        let of = |path: &str, key: &str| {
            let prune = ScheduledPrune {
                key: key.to_owned(),
                run_id: "r".to_owned(),
                flow: "prune".to_owned(),
                parameters: json!({"relative_path": path}),
                due: chrono::Utc::now(),
            };
            row_id(&prune).to_string()
        };
        let (first, second) = (of("raw/f/x.h5", "1"), of("f/x.h5/", "2"));
        assert!(first.starts_with(&family("x.h5")) && second.starts_with(&family("x.h5")));
        assert_ne!(first, second);
        assert!(!of("raw/f/y.h5", "1").starts_with(&family("x.h5")));
    }
}
