//! Deletes one item of a delete task.

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
    let removed = match (found.is_dir(), job.plan.options.recursive) {
        (true, true) => std::fs::remove_dir_all(&target),
        (true, false) => return Err(job.trouble(Side::Source, path, "IS_A_DIRECTORY", "is a directory")),
        (false, _) => std::fs::remove_file(&target),
    };
    removed.map_err(|e| job.io_trouble(Side::Source, path, &e))?;
    job.count(|counts| {
        if found.is_dir() {
            counts.directories += 1;
        } else {
            counts.files += 1;
        }
    });
    Ok(())
}
