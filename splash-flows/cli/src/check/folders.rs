//! What is wrong with the folders and files of this machine.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use splash_flows::dotenv::Environment;

use super::Finding;

/// What the run store and the audit log need at the least.
const ROOM: usize = 64 << 10;

/// Why the folder cannot be read, if it cannot.
pub(super) fn unreadable(folder: &Path) -> Option<String> {
    let error = std::fs::read_dir(folder).err()?;
    Some(format!(
        "names {}, which this machine cannot read ({error}): mount it there, or correct the path, or take the key away",
        folder.display()
    ))
}

/// Whether others may read the file of secrets.
pub(super) fn secrets(file: &Path, findings: &mut Vec<Finding>) {
    let Ok(facts) = std::fs::metadata(file) else {
        return;
    };
    if facts.permissions().mode() & 0o077 != 0 {
        let message = format!(
            "can be read by other users of this machine: chmod 600 {}",
            file.display()
        );
        findings.push(Finding::of_file(file, message).unless(false));
    }
}

/// Whether runs can be recorded.
pub(super) fn state(folder: Option<&Path>, env: &Environment, findings: &mut Vec<Finding>) {
    let default;
    let folder = match folder {
        Some(folder) => folder,
        None => match run_store::default_state_dir(env.lookup()) {
            Ok(folder) => {
                default = folder;
                &default
            }
            Err(error) => {
                findings.push(Finding::error(None, "--state-dir", format!("is needed: {error}")));
                return;
            }
        },
    };
    if let Err(error) = writable(folder) {
        let message = format!(
            "the state folder {} cannot be written, and no run begins without it ({error}): give it to this user, make \
             room, or name another one",
            folder.display()
        );
        findings.push(Finding::error(None, "--state-dir:", message));
    }
}

/// Writes into the folder, or into the one that it would be made in, and leaves nothing behind.
fn writable(folder: &Path) -> io::Result<()> {
    for name in ["runs.sqlite3", "audit.jsonl"] {
        let opened = OpenOptions::new().append(true).open(folder.join(name));
        if let Err(error) = opened
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(io::Error::new(error.kind(), format!("{name}: {error}")));
        }
    }
    let absolute = std::path::absolute(folder)?;
    let present = absolute.ancestors().find(|ancestor| ancestor.exists());
    let mut probe: File = tempfile::tempfile_in(present.unwrap_or(&absolute))?;
    probe.write_all(&vec![0; ROOM])?;
    probe.sync_all()
}
