//! The audit log: one JSON line for each deletion, quarantine, restoration or decision, on disk before the run goes
//! on.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
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

/// One write of one whole line: lines of several processes do not mix. What a full disk left of an earlier line stays a
/// line of its own.
fn write_line(path: &Path, line: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut log = options.create(true).append(true).read(true).open(path)?;
    if ends_in_mid_line(&mut log)? {
        log.write_all(format!("\n{line}").as_bytes())?;
    } else {
        log.write_all(line.as_bytes())?;
    }
    log.sync_all()
}

fn ends_in_mid_line(log: &mut File) -> std::io::Result<bool> {
    let mut last = [b'\n'];
    if log.seek(SeekFrom::End(0))? > 0 {
        log.seek(SeekFrom::End(-1))?;
        log.read_exact(&mut last)?;
    }
    Ok(last != [b'\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_swallows_no_other() {
        let folder = tempfile::tempdir().unwrap();
        append_line(folder.path(), &"first").unwrap();
        let log = folder.path().join(FILE);
        let mut text = std::fs::read_to_string(&log).unwrap();
        text.push_str("\"cut o");
        std::fs::write(&log, text).unwrap();
        append_line(folder.path(), &"second").unwrap();
        append_line(folder.path(), &"third").unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text, "\"first\"\n\"cut o\n\"second\"\n\"third\"\n");
    }
}
