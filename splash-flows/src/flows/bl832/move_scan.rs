//! `new_832_file_flow`: a new scan, from the beamline to the data server, to NERSC, into the catalogue.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::Instrument;

use super::settings::Retention;
use crate::config::Validate;
use crate::copy::{Hop, Item, Kind, VerifiedCopy, collection, copy};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::scicat::{FLOW as INGEST, IngestParameters, TOMOGRAPHY_832, subject_832};
use crate::ingest::{self, Issue, Later, add_locations, ingest};
use crate::progress::Event;
use crate::prune::schedule_prune;
use crate::report::{Catalogued, CopyReport, MoveReport};
use crate::run::RunContext;
use crate::scan_path::ScanPath;
use crate::span::step;

const STEP: &str = "preflight";
const FLOW: &str = "new_832_file_flow";
const DEPLOYMENT: &str = "new_file_832";

fn yes() -> bool {
    true
}

/// The parameters of `new_832_file_flow`, as the incumbent's callers send them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveParameters {
    /// The scan, such as `/global/raw/folder/scan.h5`.
    pub file_path: String,
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

impl MoveParameters {
    /// A scan that goes to NERSC and into the catalogue.
    pub fn new(file_path: impl Into<String>) -> Self {
        Self {
            file_path: file_path.into(),
            is_export_control: false,
            send_to_nersc: true,
            config: Value::Null,
        }
    }
}

/// Where the scan stands and goes.
struct Route {
    spot832: StorageEndpoint,
    data832: StorageEndpoint,
    /// Only where the scan goes to NERSC.
    nersc832: Option<StorageEndpoint>,
    retention: Retention,
}

/// Moves one scan: spot832 -> data832 -> nersc832, each copy proved; catalogues it; schedules the prunes
/// of the copies that are proved elsewhere.
///
/// A hop that fails ends the run: nothing is catalogued and no prune scheduled for what is not there. A
/// catalogue that fails does not undo the moves: their prunes are scheduled, and the run ends failed.
pub async fn move_scan(run: &RunContext, scan: &ScanPath, parameters: &MoveParameters) -> MoveReport {
    let mut report = MoveReport::new(run.run_id(), scan.original());
    let done = Box::pin(steps(run, scan, parameters, &mut report)).await;
    let failures = done.err().unwrap_or_default();
    report.close(run, failures)
}

/// The steps in order; the failures that ended the run, or that it could go on after.
async fn steps(
    run: &RunContext,
    scan: &ScanPath,
    parameters: &MoveParameters,
    report: &mut MoveReport,
) -> Result<(), Vec<Failure>> {
    let stop = |failure: Failure| vec![failure.file(scan)];
    if !parameters.config.is_null() {
        run.say(&Event::Notice {
            text:
                "the parameter config is ignored: the configuration is the one this process was started with"
                    .to_owned(),
        });
    }
    let on_site_only = export_control(run, scan, parameters)
        .instrument(step(STEP))
        .await
        .map_err(stop)?;
    let route = preflight(run, parameters.send_to_nersc && !on_site_only)
        .instrument(step(STEP))
        .await
        .map_err(stop)?;
    complete(run, scan, parameters, report)
        .instrument(step("validate"))
        .await
        .map_err(stop)?;
    let to_data = Hop {
        source: &route.spot832,
        destination: &route.data832,
    };
    let item = Item {
        path: scan.relative(),
        label: scan.stem(),
        kind: Kind::File,
    };
    let first = moved(run, Box::pin(copy(run, item, to_data, None)))
        .await
        .map_err(stop)?;
    report.add_copy(&first);
    let second = match &route.nersc832 {
        None => None,
        Some(nersc832) => {
            let hop = Hop {
                source: &route.data832,
                destination: nersc832,
            };
            // The listing that proved the first hop's copy is also the second hop's look at its source.
            let known = first.is_fresh(run.facility().now()).then(|| first.witness());
            let copied = moved(run, Box::pin(copy(run, item, hop, known)))
                .await
                .map_err(stop)?;
            report.add_copy(&copied);
            Some((nersc832, copied))
        }
    };
    let mut failures = Vec::new();
    if second.is_some() {
        let copies = [
            Some((&route.data832, &first)),
            second.as_ref().map(|(key, copy)| (*key, copy)),
        ];
        let catalogued = Box::pin(catalogue(run, scan, copies, report));
        let catalogued = catalogued.instrument(step("ingest")).await;
        failures.extend(catalogued.err().map(|failure| failure.file(scan)));
    }
    plan_prunes(
        run,
        scan,
        &route,
        (&first, second.as_ref()),
        report,
        &mut failures,
    )
    .instrument(step("schedule_prune"))
    .await;
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

/// Catalogues the scan. What fails is tried again by itself, as a run of its own.
async fn catalogue(
    run: &RunContext,
    scan: &ScanPath,
    copies: [Option<(&StorageEndpoint, &VerifiedCopy)>; 2],
    report: &mut MoveReport,
) -> Result<(), Failure> {
    let facility = run.facility();
    let subject = subject_832(facility.config(), scan);
    let ingested = match facility.catalogue() {
        Ok(client) => ingest(run, client, &[subject], TOMOGRAPHY_832).await,
        Err(failure) => Err(failure),
    };
    let parameters = json!(IngestParameters::new(scan.original(), Some(TOMOGRAPHY_832)));
    let later = Later {
        flow: INGEST,
        deployment: INGEST,
        parameters: &parameters,
        same_run: false,
    };
    report.again = ingest::settle(run, later, ingested.as_ref().err()).await;
    let ingested = ingested?;
    let copies: Vec<ingest::Copy<'_>> = copies.into_iter().flatten().map(place).collect();
    let untold = match facility.catalogue() {
        Ok(client) => Box::pin(add_locations(client, &ingested.pid, &copies, facility.now())).await,
        Err(_) => Vec::new(),
    };
    report.scicat = Some(Catalogued { pid: ingested.pid });
    report.issues = ingested.issues;
    report.issues.extend(untold.into_iter().map(Issue::warning));
    Ok(())
}

fn place<'a>((endpoint, proof): (&'a StorageEndpoint, &'a VerifiedCopy)) -> ingest::Copy<'a> {
    ingest::Copy {
        endpoint,
        path: proof.witness().path(),
        bytes: proof.witness().size(),
    }
}

/// Waits until the scan is as complete as `validate` in config.yml asks; the run of one that is not goes on later.
async fn complete(
    run: &RunContext,
    scan: &ScanPath,
    parameters: &MoveParameters,
    report: &mut MoveReport,
) -> Result<(), Failure> {
    if run.facility().config().ingest().validate() == Validate::Off {
        return Ok(());
    }
    let subject = subject_832(run.facility().config(), scan);
    let checked = ingest::complete(run, &subject, TOMOGRAPHY_832).await;
    let parameters = json!(parameters);
    let later = Later {
        flow: FLOW,
        deployment: DEPLOYMENT,
        parameters: &parameters,
        same_run: true,
    };
    let incomplete = checked
        .as_ref()
        .err()
        .filter(|failure| failure.code == "incomplete");
    if checked.is_ok() || incomplete.is_some() {
        report.again = ingest::settle(run, later, incomplete).await;
    }
    checked
}

/// Waits for the copy of one hop, and pushes what it took.
pub(super) async fn moved(
    run: &RunContext,
    copying: impl Future<Output = Result<VerifiedCopy, Failure>>,
) -> Result<VerifiedCopy, Failure> {
    let begun = Instant::now();
    let work = async {
        let proof = copying.await?;
        run.metrics().push(run, begun.elapsed()).await;
        Ok(proof)
    };
    work.instrument(step("copy")).await
}

/// Records a scan that is export controlled, for ever; answers whether this one is.
pub(super) async fn export_control(
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
async fn preflight(run: &RunContext, to_nersc: bool) -> Result<Route, Failure> {
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

/// The prunes of the copies that stand proved elsewhere; each fails alone.
async fn plan_prunes(
    run: &RunContext,
    scan: &ScanPath,
    route: &Route,
    (first, second): (&VerifiedCopy, Option<&(&StorageEndpoint, VerifiedCopy)>),
    report: &mut MoveReport,
    failures: &mut Vec<Failure>,
) {
    let spot = (&route.spot832, &route.data832, first, route.retention.spot832);
    let data = second.map(|(nersc832, proof)| (&route.data832, *nersc832, proof, route.retention.data832));
    for (source, check, proof, after) in [Some(spot), data].into_iter().flatten() {
        match schedule_prune(run, scan.relative(), (source, check), proof, after).await {
            Ok(prune) => report.prunes.push(prune),
            Err(failure) => failures.push(failure.file(scan)),
        }
    }
}

impl MoveReport {
    pub(super) fn new(run_id: &str, file: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            file: file.to_owned(),
            bytes: None,
            copies: Vec::new(),
            scicat: None,
            prunes: Vec::new(),
            issues: Vec::new(),
            again: None,
            error: None,
            further_errors: Vec::new(),
        }
    }

    pub(super) fn add_copy(&mut self, proof: &VerifiedCopy) {
        self.bytes = Some(proof.subject().size());
        self.copies.push(CopyReport {
            endpoint: proof.witness().endpoint().to_owned(),
            path: proof.witness().path().to_owned(),
            bytes: proof.witness().size(),
            verified: true,
            task_id: proof.task_id().unwrap_or_default().to_owned(),
        });
    }

    pub(super) fn close(mut self, run: &RunContext, failures: Vec<Failure>) -> Self {
        for failure in &failures {
            run.say(&Event::Failed {
                failure: failure.clone(),
            });
        }
        let mut failures = failures.into_iter();
        self.error = failures.next();
        self.further_errors = failures.collect();
        self.ok = self.error.is_none();
        self
    }
}
