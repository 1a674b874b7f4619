//! `new_832_file_flow`: new scans, from the beamline to the data server, to NERSC, into the catalogue.

use std::collections::BTreeSet;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::Instrument;

use super::settings::Retention;
use crate::config::Validate;
use crate::copy::{Extent, Hop, Item, Kind, VerifiedCopy, collection, copy, copy_all};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::scicat::{TOMOGRAPHY_832, catalogue_moved, subject_832};
use crate::ingest::{self, Later};
use crate::progress::Event;
use crate::prune::schedule_prune;
use crate::report::{CopyReport, MoveReport};
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

/// Where scans stand and go.
struct Route {
    spot832: StorageEndpoint,
    data832: StorageEndpoint,
    /// Only where a scan goes to NERSC.
    nersc832: Option<StorageEndpoint>,
    retention: Retention,
}

/// One scan on its way.
struct Moving<'a> {
    scan: &'a ScanPath,
    report: MoveReport,
    on_site_only: bool,
    first: Option<VerifiedCopy>,
    second: Option<VerifiedCopy>,
    failures: Vec<Failure>,
}

impl Moving<'_> {
    fn fail(&mut self, failure: Failure) {
        self.failures.push(failure.file(self.scan));
    }

    fn item(&self) -> Item<'_> {
        Item {
            path: self.scan.relative(),
            label: self.scan.stem(),
            kind: Kind::File,
        }
    }
}

/// Moves one scan, as [`move_scans`].
pub async fn move_scan(run: &RunContext, scan: &ScanPath, parameters: &MoveParameters) -> MoveReport {
    let mut reports = move_scans(run, std::slice::from_ref(scan), parameters).await;
    reports
        .pop()
        .unwrap_or_else(|| MoveReport::new(run.run_id(), scan.original()))
}

/// Moves scans: spot832 -> data832 -> nersc832, each copy proved; catalogues them; schedules the prunes
/// of the copies that are proved elsewhere. Several share tasks and listings, and each has its own report.
///
/// A hop that fails ends the way of its scan, and of no other: nothing is catalogued and no prune scheduled for what is
/// not there. A catalogue that fails does not undo the moves: their prunes are scheduled, and the run ends failed.
pub async fn move_scans(
    run: &RunContext,
    scans: &[ScanPath],
    parameters: &MoveParameters,
) -> Vec<MoveReport> {
    let begin = |scan| Moving {
        scan,
        report: MoveReport::new(run.run_id(), scan.original()),
        on_site_only: false,
        first: None,
        second: None,
        failures: Vec::new(),
    };
    let mut all: Vec<Moving<'_>> = scans.iter().map(begin).collect();
    if let Err(failure) = Box::pin(steps(run, parameters, &mut all)).await {
        for one in all.iter_mut().filter(|one| one.failures.is_empty()) {
            one.fail(failure.clone());
        }
    }
    let ended = all.into_iter();
    ended.map(|one| one.report.close(run, one.failures)).collect()
}

/// The steps in order; what a scan's own step says stands with the scan, an error ends them all.
async fn steps(run: &RunContext, parameters: &MoveParameters, all: &mut [Moving<'_>]) -> Result<(), Failure> {
    if !parameters.config.is_null() {
        run.say(&Event::Notice {
            text:
                "the parameter config is ignored: the configuration is the one this process was started with"
                    .to_owned(),
        });
    }
    for one in &mut *all {
        let control = export_control(run, one.scan, parameters).instrument(step(STEP));
        match control.await {
            Ok(on_site_only) => one.on_site_only = on_site_only,
            Err(failure) => one.fail(failure),
        }
    }
    let leaves = parameters.send_to_nersc && all.iter().any(|one| !one.on_site_only);
    let route = preflight(run, leaves).instrument(step(STEP)).await?;
    complete(run, parameters, all).instrument(step("validate")).await;
    let to_data = Hop {
        source: &route.spot832,
        destination: &route.data832,
    };
    let which = |one: &Moving<'_>| one.failures.is_empty();
    for (one, proof) in over(run, all, to_data, which).await {
        one.report.add_copy(&proof);
        one.first = Some(proof);
    }
    if let Some(nersc832) = &route.nersc832 {
        let to_nersc = Hop {
            source: &route.data832,
            destination: nersc832,
        };
        let which = |one: &Moving<'_>| one.first.is_some() && !one.on_site_only;
        for (one, proof) in over(run, all, to_nersc, which).await {
            one.report.add_copy(&proof);
            one.second = Some(proof);
        }
    }
    for one in all.iter_mut().filter(|one| one.failures.is_empty()) {
        Box::pin(conclude(run, &route, one)).await;
    }
    Ok(())
}

/// Copies those scans over a hop; answers those that are proved.
async fn over<'a, 'b>(
    run: &RunContext,
    all: &'a mut [Moving<'b>],
    hop: Hop<'_>,
    which: impl Fn(&Moving<'_>) -> bool,
) -> Vec<(&'a mut Moving<'b>, VerifiedCopy)> {
    let all: Vec<&mut Moving<'_>> = all.iter_mut().filter(|one| which(one)).collect();
    let items: Vec<Item<'_>> = all.iter().map(|one| one.item()).collect();
    // The listing that proved the first hop's copy is also the second hop's look at its source.
    let now = run.facility().now();
    let proofs = all
        .iter()
        .map(|one| one.first.as_ref().filter(|proof| proof.is_fresh(now)));
    let known: Vec<Option<&Extent>> = proofs.map(|proof| proof.map(VerifiedCopy::witness)).collect();
    let ends = if let ([item], [known]) = (&items[..], &known[..]) {
        vec![moved(run, Box::pin(copy(run, *item, hop, *known))).await]
    } else {
        let copying = async { Ok(Box::pin(copy_all(run, &items, hop, &known)).await) };
        moved(run, copying).await.unwrap_or_default()
    };
    let mut proved = Vec::new();
    for (one, end) in all.into_iter().zip(ends) {
        match end {
            Ok(proof) => proved.push((one, proof)),
            Err(failure) => one.fail(failure),
        }
    }
    proved
}

/// Waits for the copies of one hop, and pushes what they took.
pub(super) async fn moved<T>(
    run: &RunContext,
    copying: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let begun = Instant::now();
    let work = async {
        let proof = copying.await?;
        run.metrics().push(run, begun.elapsed()).await;
        Ok(proof)
    };
    work.instrument(step("copy")).await
}

/// Catalogues a scan that went all its way, and schedules its prunes.
async fn conclude(run: &RunContext, route: &Route, one: &mut Moving<'_>) {
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

/// Waits until each scan is as complete as `validate` in config.yml asks; the run of one that is not goes on later.
async fn complete(run: &RunContext, parameters: &MoveParameters, all: &mut [Moving<'_>]) {
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
