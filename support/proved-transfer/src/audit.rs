//! The audit log: one JSON line for each deletion, quarantine, restoration or decision, on disk before the run goes
//! on.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;

/// The log's name in the state folder.
pub const FILE: &str = "audit.jsonl";

/// Appends one line to the log in `state_dir` and waits until the disk has it. Nothing secret belongs in it.
///
/// # Errors
/// The log cannot be written.
pub async fn append(state_dir: &Path, line: &impl Serialize) -> Result<(), Failure> {
    let path = state_dir.join(FILE);
    let text =
        serde_json::to_string(line).map_err(|error| Failure::new("audit", "audit", error.to_string()))?;
    let shown = path.clone();
    tokio::task::spawn_blocking(move || write_line(&path, &(text + "\n")))
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| {
            Failure::new("audit", "audit", format!("{}: {error}", shown.display()))
                .remedy("the audit log must be writable: nothing is done without it")
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
