//! A scan of the soak, and where it must stand.

use serde_json::{Value, json};

use super::run::Work;

/// How a scan is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// May not leave the site.
    Controlled,
    /// Its copy on data832 is cut short before spot832 is pruned: only listings that lie prove it any more.
    Spoilt,
}

/// A scan with the bytes that must not be lost.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
    /// The move has ended well.
    pub(super) moved: bool,
    /// Its first prune was begun.
    pub(super) is_pruned: bool,
    /// Its copy on data832 has been cut short, and no prune had been begun.
    pub(super) is_spoilt: bool,
    /// What happened to it, for the plan of a seed that fails.
    pub(super) history: Vec<String>,
}

impl Scan {
    /// The `n`-th scan; each has a folder of its own, as each is one dataset.
    pub(super) fn new(n: usize, kind: Kind, bytes: Vec<u8>) -> Self {
        Self {
            name: Self::name(n),
            bytes,
            kind,
            moved: false,
            is_pruned: false,
            is_spoilt: false,
            history: Vec::new(),
        }
    }

    /// The path of the `n`-th scan below every root.
    pub(super) fn name(n: usize) -> String {
        format!("raw/soak/{n}/scan.h5")
    }

    /// Its move.
    pub(super) fn work(&self, n: usize) -> Work {
        Work {
            run_id: format!("M-{n}"),
            flow: "new_832_file_flow",
            parameters: json!({
                "file_path": format!("/global/{}", self.name),
                "is_export_control": self.kind == Kind::Controlled,
            }),
            scan: n,
            tries: 0,
        }
    }

    /// A second trigger, which leaves the flag out.
    pub(super) fn again(&self, n: usize) -> Work {
        Work {
            run_id: format!("S-{n}"),
            flow: "new_832_file_flow",
            parameters: json!({ "file_path": format!("/global/{}", self.name) }),
            scan: n,
            tries: 0,
        }
    }
}

/// The scan that a scheduled run prunes.
pub(super) fn of_flow_run(run: &Value) -> Option<usize> {
    let path = run["parameters"]["relative_path"].as_str()?;
    let rest = path.trim_start_matches('/').strip_prefix("raw/soak/")?;
    rest.split('/').next()?.parse().ok()
}
