//! Whether a scan is complete, before it is moved.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use scan_h5::Scan;

use super::{Subject, rules_of};
use crate::config::Validate;
use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;

const STEP: &str = "validate";
/// How long a file that is not complete is left alone before it is looked at again.
const PAUSE: Duration = Duration::from_secs(5);
/// So often a file may be the same as before, and still not complete, until the run gives up.
const PATIENCE: u32 = 6;

/// Waits until the scan is as complete as `validate` in config.yml asks. As long as the file changes it is waited for;
/// one that stays as it is and is not complete fails the run with the code `incomplete`.
///
/// # Errors
/// It is not complete, cannot be read on this machine, or there are no rules `spec`.
pub async fn complete(run: &RunContext, subject: &Subject<'_>, spec: &str) -> Result<(), Failure> {
    let facility = run.facility();
    let config = facility.config();
    let mode = config.ingest().validate();
    if mode == Validate::Off {
        return Ok(());
    }
    let rules = rules_of(config, spec)?;
    let frames = rules.thumbnail.as_ref().map(|rule| rule.frames.clone());
    let mut seen = None;
    let mut same = 0;
    loop {
        let local = subject
            .local(config, facility.environment())
            .map_err(|mut failure| {
                STEP.clone_into(&mut failure.step);
                failure
            })?;
        let before = state(&local);
        let reason = match look(local, mode, frames.clone()).await? {
            Ok(()) => return Ok(()),
            Err(reason) => reason,
        };
        same = if seen == Some(before) { same + 1 } else { 0 };
        seen = Some(before);
        if same >= PATIENCE {
            return Err(Failure::new(STEP, "incomplete", reason)
                .file(subject.path)
                .remedy("the run is tried again by itself; to move the file as it is, set `validate: off`"));
        }
        if same == 0 {
            run.say(&Event::Notice {
                text: format!("waiting for the scan to be complete: {reason}"),
            });
        }
        run.holding(STEP, tokio::time::sleep(PAUSE)).await?;
    }
}

/// Size and time of the last change, as far as they are known.
fn state(local: &Path) -> (u64, Option<SystemTime>) {
    let facts = std::fs::metadata(local).ok();
    let modified = facts.as_ref().and_then(|facts| facts.modified().ok());
    (facts.map_or(0, |facts| facts.len()), modified)
}

async fn look(local: PathBuf, mode: Validate, frames: Option<String>) -> Result<Result<(), String>, Failure> {
    let work = move || {
        let scan = Scan::open(&local)?;
        match frames {
            Some(frames) if mode == Validate::Frames => scan.check_frames(&frames),
            _ => scan.check_head(),
        }
    };
    let looked = tokio::task::spawn_blocking(work).await;
    let looked = looked.map_err(|error| Failure::new(STEP, "unreadable", error.to_string()))?;
    Ok(looked.map_err(|error: scan_h5::Error| error.to_string()))
}
