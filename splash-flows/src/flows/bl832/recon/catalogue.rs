//! What the catalogue is told of a reconstruction: its results, and where they and the scan have copies.

use pipeline::ingest::{self, Copy, Ingested, Later, datasets_of, derive, look_for_copies, seen_there, tell};
use proved_transfer::copy::{Extent, VerifiedCopy};
use scicat::Client;
use serde_json::json;

use super::ReconScan;
use crate::failure::Failure;
use crate::flows::scicat::{FLOW, IngestParameters, TOMOGRAPHY_832};
use crate::hpc::{ReconReport, StepReport, TomographyHpc};
use crate::progress::Event;
use crate::report::Catalogued;
use crate::run::RunContext;

/// A result, relative to the endpoints of results, and the step that made it.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) centre: &'a dyn TomographyHpc,
    pub(crate) scan: &'a ReconScan,
    pub(crate) step: &'a StepReport,
    pub(crate) path: &'a str,
}

/// Catalogues a result that is proved to have arrived, and writes down its copies. What fails is tried again by itself,
/// and does not keep the data. Where no catalogue is set up nothing happens.
pub(crate) async fn catalogue(
    run: &RunContext,
    made: Made<'_>,
    proofs: &[VerifiedCopy],
    report: &mut ReconReport,
) -> Result<(), Failure> {
    let facility = run.facility();
    let (Ok(client), Some(first)) = (facility.catalogue(), proofs.first()) else {
        let text = format!("no catalogue is set up, so {} is in none", made.path);
        run.say(&Event::Notice { text });
        return Ok(());
    };
    let witnesses = proofs.iter().map(VerifiedCopy::witness);
    let extents: Vec<&Extent> = std::iter::once(first.subject()).chain(witnesses).collect();
    let Some((path, parameters)) = parameters(made, &extents) else {
        return Ok(());
    };
    let kept = json!(parameters);
    let later = Later {
        flow: FLOW,
        deployment: FLOW,
        parameters: &kept,
        same_run: false,
    };
    let derived = Box::pin(derived(run, client, &path, &parameters, first.witness())).await;
    let again = ingest::settle(run, later, derived.as_ref().err()).await;
    report.again.extend(again);
    let pid = derived?.pid;
    let endpoints = extents
        .iter()
        .map(|extent| facility.config().endpoint(extent.endpoint()));
    let copies = endpoints.zip(&extents).filter_map(|(endpoint, extent)| {
        Some(Copy {
            endpoint: endpoint.ok()?,
            path: extent.path(),
            bytes: extent.size(),
        })
    });
    let told = tell(run, client, &pid, &path, &copies.collect::<Vec<_>>()).await;
    report.scicat.push(Catalogued::new(pid));
    report.issues.extend(told.issues);
    report.again.extend(told.again);
    Ok(())
}

async fn derived(
    run: &RunContext,
    client: &Client,
    path: &str,
    parameters: &IngestParameters,
    seen: &Extent,
) -> Result<Ingested, Failure> {
    let made = async {
        let environment = run.facility().environment();
        let pids = datasets_of(client, environment, &parameters.input_files).await?;
        let result = seen_there(path, seen)
            .software(parameters.used_software.iter().cloned())
            .parameters(parameters.job_parameters.clone());
        Ok((result, ingest::inputs(client, &pids).await?))
    };
    derive(run, client, path, made).await
}

/// What a later run would be asked for to do the same, and under which path the catalogue knows the result.
fn parameters(made: Made<'_>, extents: &[&Extent]) -> Option<(String, IngestParameters)> {
    let keys: Vec<String> = extents
        .iter()
        .map(|extent| extent.endpoint().to_owned())
        .collect();
    let path = crate::SITE_RULES.catalogued(keys.first()?, made.path)?;
    let mut parameters = IngestParameters::new(&path, Some(TOMOGRAPHY_832));
    let (software, mut job) = made.centre.made_with(&made.step.step);
    job.insert("site".to_owned(), json!(made.step.site));
    job.insert("job_id".to_owned(), json!(made.step.id));
    parameters.input_files = vec![raw_path(made.scan)];
    parameters.used_software = software;
    parameters.job_parameters = job;
    parameters.copies = keys;
    Some((path, parameters))
}

/// Writes down the copy of the scan that a centre's job made for itself.
pub(crate) async fn tell_of_raw(run: &RunContext, scan: &ReconScan, key: &str, report: &mut ReconReport) {
    let facility = run.facility();
    let Ok(client) = facility.catalogue() else { return };
    let path = raw_path(scan);
    let keys = [key.to_owned()];
    let told = async {
        let pid = ingest::dataset_of(client, facility.environment(), &path).await?;
        look_for_copies(run, client, pid.as_ref(), &path, &keys).await
    };
    if let Err(failure) = Box::pin(told).await {
        let again = ingest::tell_later(run, &path, keys.to_vec(), &failure).await;
        let text = format!("the catalogue was not told of the copy on {key}: {failure}");
        report.issues.push(ingest::Issue::warning(text));
        report.again.extend(again);
    }
}

/// The scan's path in the catalogue.
fn raw_path(scan: &ReconScan) -> String {
    format!("/global/raw/{}", scan.raw())
}
