//! What is asked of `new_832_file_flow`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::STEP;
use crate::failure::Failure;
use crate::scan_path::ScanPath;

fn yes() -> bool {
    true
}

/// The parameters of `new_832_file_flow`, as the incumbent's callers send them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveParameters {
    /// The scan, such as `/global/raw/folder/scan.h5`, or a list of scans.
    pub file_path: FilePaths,
    /// The scan may not leave the site, now or ever.
    #[serde(default)]
    pub is_export_control: bool,
    /// Copy the scan to NERSC and catalogue it.
    #[serde(default = "yes")]
    pub send_to_nersc: bool,
    /// Ignored, with a notice; the incumbent's callers may send it.
    #[serde(default)]
    pub config: Value,
}

/// One path or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "file_path must be a path or a list of paths")]
pub enum FilePaths {
    /// As the incumbent's callers send it.
    One(String),
    /// Scans that are moved together, in few tasks.
    Many(Vec<String>),
}

impl MoveParameters {
    /// A scan that goes to NERSC and into the catalogue.
    pub fn new(file_path: impl Into<String>) -> Self {
        Self {
            file_path: FilePaths::One(file_path.into()),
            is_export_control: false,
            send_to_nersc: true,
            config: Value::Null,
        }
    }

    /// The scans, each once.
    ///
    /// # Errors
    /// There is none, or a path cannot be one: nothing is moved then.
    pub fn scans(&self) -> Result<Vec<ScanPath>, Failure> {
        let paths = match &self.file_path {
            FilePaths::One(path) => std::slice::from_ref(path),
            FilePaths::Many(paths) => paths,
        };
        let mut seen = BTreeSet::new();
        let mut scans = Vec::with_capacity(paths.len());
        for path in paths {
            let scan = ScanPath::parse(path)
                .map_err(|error| Failure::new(STEP, "path", error.to_string()).file(path))?;
            if seen.insert(scan.relative().to_owned()) {
                scans.push(scan);
            }
        }
        if scans.is_empty() {
            return Err(Failure::new(STEP, "path", "file_path is an empty list"));
        }
        Ok(scans)
    }
}
