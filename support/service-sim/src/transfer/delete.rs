//! Deletes one item of a delete task.

use std::path::Path;

use super::copy::Side;
use super::job::{Halt, Job};
use super::task::Item;

/// Removes a file, a link or, if the task is recursive, a folder.
pub(crate) fn item(job: &Job, item: &Item) -> Result<(), Halt> {
    job.stopped()?;
    let path = item.source.as_str();
    let target = job
        .source
        .entry(path)
        .map_err(|e| job.path_trouble(Side::Source, path, &e))?;
    if job.source.is_root(&target) {
        return Err(job.trouble(Side::Source, path, "PERMISSION_DENIED", "permission denied"));
    }
    let found = match target.symlink_metadata() {
        Ok(found) => found,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && job.plan.options.ignore_missing => {
            return Ok(());
        }
        Err(e) => return Err(job.io_trouble(Side::Source, path, &e)),
    };
    if found.is_dir() && !job.plan.options.recursive {
        return Err(job.trouble(Side::Source, path, "IS_A_DIRECTORY", "is a directory"));
    }
    job.transfer.changes.note(&job.source, &[&target]);
    remove(job, path, &target, found.is_dir())
}

/// Removes one thing with all that is in it, and counts as it goes.
fn remove(job: &Job, path: &str, target: &Path, is_dir: bool) -> Result<(), Halt> {
    job.stopped()?;
    let trouble = |e| job.io_trouble(Side::Source, path, &e);
    if !is_dir {
        std::fs::remove_file(target).map_err(trouble)?;
        job.count(|counts| counts.files += 1);
        return Ok(());
    }
    for entry in std::fs::read_dir(target).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        let is_dir = entry.file_type().map_err(trouble)?.is_dir();
        remove(job, path, &entry.path(), is_dir)?;
    }
    std::fs::remove_dir(target).map_err(trouble)?;
    job.count(|counts| counts.directories += 1);
    Ok(())
}
