//! What must be right before the first effect.

use serde_json::json;

use super::{DEPLOYMENT, FLOW, MoveParameters, Moving, Route, STEP};
use crate::config::Validate;
use crate::copy::collection;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::bl832::settings::Retention;
use crate::flows::scicat::{TOMOGRAPHY_832, subject_832};
use crate::ingest::{self, Later};
use crate::run::RunContext;
use crate::scan_path::ScanPath;

/// Records a scan that is export controlled, for ever; answers whether this one is.
pub(in super::super) async fn export_control(
    run: &RunContext,
    scan: &ScanPath,
    parameters: &MoveParameters,
) -> Result<bool, Failure> {
    let facility = run.facility();
    let place = facility.workplace();
    let spot832 = facility
        .config()
        .endpoint("spot832")
        .map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
    let run_id = Some(run.run_id());
    if parameters.is_export_control {
        place
            .control(spot832, scan.relative(), "is_export_control", run_id)
            .await?;
        return Ok(true);
    }
    let record = place.controlled(spot832, scan.relative(), run_id).await?;
    Ok(record.is_some())
}

/// Everything that can be known to be wrong before the first effect.
pub(super) async fn preflight(run: &RunContext, to_nersc: bool) -> Result<Route, Failure> {
    let facility = run.facility();
    let endpoint = |key: &str| -> Result<StorageEndpoint, Failure> {
        let endpoint = facility
            .config()
            .endpoint(key)
            .map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
        collection(endpoint, STEP)?;
        Ok(endpoint.clone())
    };
    let spot832 = endpoint("spot832")?;
    let data832 = endpoint("data832")?;
    let nersc832 = to_nersc.then(|| endpoint("nersc832")).transpose()?;
    if to_nersc {
        facility.catalogue()?;
    }
    facility.preflight_transfer().await?;
    let scheduler = facility.scheduler();
    scheduler.ready().await?;
    let retention = Retention::read(scheduler).await?;
    Ok(Route {
        spot832,
        data832,
        nersc832,
        retention,
    })
}

/// Waits until each scan is as complete as `validate` in config.yml asks; the run of one that is not goes on later.
pub(super) async fn complete(run: &RunContext, parameters: &MoveParameters, all: &mut [Moving<'_>]) {
    if run.facility().config().ingest().validate() == Validate::Off {
        return;
    }
    let (mut unsure, mut incomplete) = (false, None);
    for one in all.iter_mut().filter(|one| one.failures.is_empty()) {
        // Only where the scan is written: what an earlier move left on data832 does not speak for it.
        let mut subject = subject_832(run.facility().config(), one.scan);
        subject
            .endpoints
            .retain(|endpoint| endpoint.key().as_str() == "spot832");
        match ingest::complete(run, &subject, TOMOGRAPHY_832).await {
            Ok(()) => {}
            Err(failure) if failure.code == "incomplete" => {
                one.fail(failure.clone());
                incomplete.get_or_insert(failure);
            }
            Err(failure) => {
                one.fail(failure);
                unsure = true;
            }
        }
    }
    let parameters = json!(parameters);
    let later = Later {
        flow: FLOW,
        deployment: DEPLOYMENT,
        parameters: &parameters,
        same_run: true,
    };
    if incomplete.is_some() || !unsure {
        let again = ingest::settle(run, later, incomplete.as_ref()).await;
        let is_incomplete = |one: &&mut Moving<'_>| {
            let mut failures = one.failures.iter();
            failures.any(|failure| failure.code == "incomplete")
        };
        for one in all.iter_mut().filter(is_incomplete) {
            one.report.again.clone_from(&again);
        }
    }
}
