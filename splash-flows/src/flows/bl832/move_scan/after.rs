//! What follows the copies: the catalogue, and the prunes.

use tracing::Instrument;

use super::{Moving, Route};
use crate::copy::VerifiedCopy;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::scicat::{TOMOGRAPHY_832, catalogue_moved, subject_832};
use crate::ingest;
use crate::prune::schedule_prune;
use crate::report::MoveReport;
use crate::run::RunContext;
use crate::scan_path::ScanPath;
use crate::span::step;

/// Catalogues a scan that went all its way, and schedules its prunes.
pub(super) async fn conclude(run: &RunContext, route: &Route, one: &mut Moving<'_>) {
    if one.second.is_some() {
        let copies = [
            one.first.as_ref().map(|copy| (&route.data832, copy)),
            route.nersc832.as_ref().zip(one.second.as_ref()),
        ];
        let catalogued = Box::pin(catalogue(run, one.scan, copies, &mut one.report));
        if let Err(failure) = catalogued.instrument(step("ingest")).await {
            one.fail(failure);
        }
    }
    plan_prunes(run, route, one)
        .instrument(step("schedule_prune"))
        .await;
}

/// Catalogues the scan. What fails is tried again by itself, as a run of its own.
async fn catalogue(
    run: &RunContext,
    scan: &ScanPath,
    copies: [Option<(&StorageEndpoint, &VerifiedCopy)>; 2],
    report: &mut MoveReport,
) -> Result<(), Failure> {
    let copies: Vec<ingest::Copy<'_>> = copies.into_iter().flatten().map(place).collect();
    let subject = subject_832(run.facility().config(), scan);
    let (again, known) = catalogue_moved(run, subject, TOMOGRAPHY_832, &copies).await;
    report.again = again;
    let (catalogued, issues) = known?;
    report.scicat = Some(catalogued);
    report.issues = issues;
    Ok(())
}

fn place<'a>((endpoint, proof): (&'a StorageEndpoint, &'a VerifiedCopy)) -> ingest::Copy<'a> {
    ingest::Copy {
        endpoint,
        path: proof.witness().path(),
        bytes: proof.witness().size(),
    }
}

/// The prunes of the copies that stand proved elsewhere; each fails alone.
async fn plan_prunes(run: &RunContext, route: &Route, one: &mut Moving<'_>) {
    let kept = &route.retention;
    let spot = one
        .first
        .as_ref()
        .map(|proof| (&route.spot832, &route.data832, proof, kept.spot832));
    let data = one.second.as_ref().zip(route.nersc832.as_ref());
    let data = data.map(|(proof, nersc832)| (&route.data832, nersc832, proof, kept.data832));
    let mut planned = Vec::new();
    for (source, check, proof, after) in [spot, data].into_iter().flatten() {
        planned.push(schedule_prune(run, one.scan.relative(), (source, check), proof, after).await);
    }
    for prune in planned {
        match prune {
            Ok(prune) => one.report.prunes.push(prune),
            Err(failure) => one.fail(failure),
        }
    }
}
