//! A copy that may not leave the site cannot be proved by one elsewhere.

use super::flow::STEP;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::run::RunContext;

/// Refuses a prune of what is under export control by a check endpoint that is off site: a copy there may not be.
pub(super) async fn provable(
    run: &RunContext,
    source: &StorageEndpoint,
    path: &str,
    check: Option<&StorageEndpoint>,
) -> Result<(), Failure> {
    let Some(check) = check.filter(|check| !check.on_site()) else {
        return Ok(());
    };
    let place = run.facility().workplace();
    let Some(record) = place.controlled(source, path, Some(run.run_id())).await? else {
        return Ok(());
    };
    let text = format!(
        "export control keeps {} on site ({}), so no copy on {} can prove it",
        record.path,
        record.reason,
        check.key()
    );
    Err(Failure::new(STEP, "export_control", text)
        .remedy("prune it by a check endpoint that is on site, or lift the control"))
}
