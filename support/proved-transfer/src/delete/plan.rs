//! How a prune goes about it, decided once and recorded with the intent.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Mode, Request, STEP};
use crate::copy::{Extent, Located, path_on};
use crate::failure::Failure;
use crate::session::Session;

/// The folder below an endpoint's root in which quarantined files and folders lie.
pub const TRASH: &str = ".trash";

/// The longest name made here, in bytes: file systems end at 255, and some storage adds to it.
const LONGEST_NAME: usize = 200;

/// Of a path in the trash: where it lay before. Nothing for any other path.
pub fn in_trash(path: &str) -> Option<&str> {
    let rest = path
        .trim_start_matches('/')
        .strip_prefix(TRASH)?
        .strip_prefix('/')?;
    let (_date, before) = rest.trim_start_matches('/').split_once('/')?;
    Some(before).filter(|before| !before.is_empty())
}

/// The plan of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// Where it is renamed to first, relative to the endpoint's root; a file that is deleted stays where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aside: Option<String>,
    /// Whether it is deleted; otherwise it stays in the trash.
    pub(super) delete: bool,
    /// Whether its files are deleted one by one because nothing can be renamed there.
    pub(super) itemwise: bool,
}

impl Plan {
    pub(super) fn new(run: &Session, request: &Request<'_>, extent: &Extent, can_rename: bool) -> Self {
        let path = request.subject.path.trim_matches('/');
        let quarantine = request.mode == Mode::Quarantine;
        let itemwise = extent.is_folder() && !can_rename && !quarantine;
        let aside = if quarantine {
            let date = run.workplace().now().format("%Y-%m-%d");
            Some(format!("{TRASH}/{date}/{path}"))
        } else {
            (extent.is_folder() && !itemwise).then(|| beside(path, run.run_id()))
        };
        Self {
            aside,
            delete: !quarantine,
            itemwise,
        }
    }

    /// What is about to be asked of the service, for the record.
    pub(super) fn document(&self, subject: Located<'_>) -> Result<String, Failure> {
        let on = |path: &str| path_on(subject.endpoint, path, STEP);
        Ok(json!({
            "path": on(subject.path)?,
            "rename_to": self.aside.as_deref().map(on).transpose()?,
            "delete": self.delete,
            "itemwise": self.itemwise,
        })
        .to_string())
    }
}

/// `.prune-<run id>-<name>` in the same folder, without what no name may have.
fn beside(path: &str, run_id: &str) -> String {
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), path),
    };
    let run_id = run_id.replace(|c: char| c == '/' || c.is_control(), "_");
    let mut name = format!("{}{run_id}-{name}", super::aside::PREFIX);
    while name.len() > LONGEST_NAME {
        name.pop();
    }
    folder + &name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_aside_stays_in_its_folder_and_is_a_name() {
        assert_eq!(beside("raw/f/recx", "R1"), "raw/f/.prune-R1-recx");
        assert_eq!(beside("recx", "a/../b\n"), ".prune-a_.._b_-recx");
        let long = beside(&format!("f/{}", "é".repeat(120)), "R");
        assert!(long.len() <= LONGEST_NAME + 2 && long.starts_with("f/.prune-R-é"));
    }

    #[test]
    fn what_lies_in_the_trash_is_known_by_its_path() {
        assert_eq!(in_trash(".trash/2026-11-22/raw/x.h5"), Some("raw/x.h5"));
        assert_eq!(in_trash("/.trash//2026-11-22/x"), Some("x"));
        for other in [
            ".trash",
            ".trash/2026-11-22",
            ".trash/2026-11-22/",
            "raw/.trash/d/x",
            ".trashy/d/x",
        ] {
            assert_eq!(in_trash(other), None, "{other}");
        }
    }
}
