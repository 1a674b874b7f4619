//! The audit log: one JSON line for each deletion, with the evidence, on disk before the run goes on.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::copy::VerifiedCopy;
use crate::failure::Failure;

/// The log's name in the state folder.
const FILE: &str = "audit.jsonl";

#[derive(Serialize)]
struct Line<'a> {
    at: DateTime<Utc>,
    run_id: &'a str,
    action: &'a str,
    evidence: &'a VerifiedCopy,
}

/// Appends one line and waits until the disk has it.
pub(crate) async fn append(
    state_dir: &Path,
    at: DateTime<Utc>,
    (run_id, action): (&str, &str),
    evidence: &VerifiedCopy,
) -> Result<(), Failure> {
    let path = state_dir.join(FILE);
    let line = Line {
        at,
        run_id,
        action,
        evidence,
    };
    let text =
        serde_json::to_string(&line).map_err(|error| Failure::new("prune", "audit", error.to_string()))?;
    let shown = path.clone();
    tokio::task::spawn_blocking(move || write_line(&path, &(text + "\n")))
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| {
            Failure::new("prune", "audit", format!("{}: {error}", shown.display()))
                .remedy("the audit log must be writable: nothing is deleted without it")
        })
}

/// Appends `record` as one line of JSON to the log in `state_dir`, and waits until the disk has it.
///
/// # Errors
/// The log cannot be written: what the line tells of must not happen then.
pub fn append_line(state_dir: &Path, record: &impl Serialize) -> std::io::Result<()> {
    let line = serde_json::to_string(record)?;
    write_line(&state_dir.join(FILE), &(line + "\n"))
}

/// One write of one whole line: lines of several processes do not mix.
fn write_line(path: &Path, line: &str) -> std::io::Result<()> {
    let mut log = OpenOptions::new().create(true).append(true).open(path)?;
    log.write_all(line.as_bytes())?;
    log.sync_all()
}
