//! Where this machine sees a scan.

use std::path::PathBuf;

use crate::endpoint::StorageEndpoint;
use crate::facility::Facility;
use crate::failure::Failure;
use crate::scan_path::ScanPath;

/// The path of the scan on this machine: below the `local_path` of the first of `endpoints` where it can
/// be read, else below the incumbent's base folders, else as the flow was given it.
///
/// # Errors
/// It can be read nowhere; the failure names every path tried and the keys to set.
pub fn local_file(
    facility: &Facility,
    scan: &ScanPath,
    endpoints: &[&StorageEndpoint],
    step: &str,
) -> Result<PathBuf, Failure> {
    let mut tried = Vec::new();
    for path in candidates(facility, scan, endpoints, step)? {
        match std::fs::File::open(&path) {
            Ok(_) => return Ok(path),
            Err(error) => tried.push(format!("{}: {error}", path.display())),
        }
    }
    let keys: Vec<String> = endpoints
        .iter()
        .map(|endpoint| format!("globus.globus_endpoints.{}.local_path", endpoint.key()))
        .collect();
    Err(Failure::new(
        step,
        "unreadable",
        format!("the scan cannot be read on this machine ({})", tried.join("; ")),
    )
    .remedy(format!(
        "set {} in {}",
        keys.join(" or "),
        facility.config().file()
    )))
}

fn candidates(
    facility: &Facility,
    scan: &ScanPath,
    endpoints: &[&StorageEndpoint],
    step: &str,
) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for endpoint in endpoints {
        let local = endpoint
            .local(scan.relative())
            .map_err(|error| Failure::new(step, "config", error.to_string()))?;
        paths.extend(local);
    }
    for name in ["SCICAT_INGEST_INTERNAL_BASE_FOLDER", "SCICAT_INGEST_BASE_FOLDER"] {
        if let Some(base) = facility.environment().get(name).filter(|base| !base.is_empty()) {
            paths.push(PathBuf::from(base).join(scan.original().trim_start_matches('/')));
        }
    }
    paths.push(PathBuf::from(scan.original()));
    Ok(paths)
}
