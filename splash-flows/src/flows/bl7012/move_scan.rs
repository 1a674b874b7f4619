//! `process_newfile_7012_ptycho4` and `transfer_auto_recon`: a new scan to NERSC, and what it is reconstructed with.

use pipeline::days::Days;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::Instrument;

use super::job::Reconstruction;
use super::ptychography::PtychographyParameters;
use crate::copy::{Hop, Item, Kind, VerifiedCopy, collection, copy};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::scicat::{PTYCHOGRAPHY_7012, catalogue_moved};
use crate::hpc::ReconReport;
use crate::ingest::{Copy, Subject};
use crate::prune::schedule_prune;
use crate::run::RunContext;
use crate::span::step;

const STEP: &str = "preflight";
/// Where the beamline's jobs run.
const MACHINE: &str = "perlmutter";
/// The Prefect variable (or key under `variables` in config.yml) that holds the days until scans leave data7012. While it
/// is not set, they stay.
const VARIABLE: &str = "bl7012-settings";

/// The parameters of `process_newfile_7012_ptycho4`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveParameters {
    /// The scan, relative to data7012's root.
    pub file_path: String,
}

/// The parameters of `test_cosmicDTN_transfers`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestParameters {
    /// The file, relative to data7012's root; `datamovement_test/test.txt` by default.
    #[serde(default = "test_file")]
    pub file_path: String,
}

fn test_file() -> String {
    "datamovement_test/test.txt".to_owned()
}

struct Route {
    data7012: StorageEndpoint,
    nersc7012: StorageEndpoint,
    /// None while scans stay on data7012.
    days: Option<Days>,
}

/// Moves a scan: data7012 -> nersc7012, proved; catalogues it by the rules `bl7012` of config.yml, if there are; schedules the prune of data7012's copy where staff set its time.
pub async fn move_scan(run: &RunContext, parameters: &MoveParameters) -> ReconReport {
    let mut report = ReconReport::new(run.run_id(), &parameters.file_path);
    let done = moved_and_reconstructed(run, &parameters.file_path, &[], true, &mut report);
    let failures = Box::pin(done)
        .await
        .err()
        .map(|failure| failure.file(&parameters.file_path));
    report.close(run, failures.into_iter().collect())
}

/// Moves a file as [`move_scan`] does, and leaves both copies: whether the way is open.
pub async fn cosmic_transfers(run: &RunContext, parameters: &TestParameters) -> ReconReport {
    let mut report = ReconReport::new(run.run_id(), &parameters.file_path);
    let done = moved_and_reconstructed(run, &parameters.file_path, &[], false, &mut report);
    let failures = Box::pin(done)
        .await
        .err()
        .map(|failure| failure.file(&parameters.file_path));
    report.close(run, failures.into_iter().collect())
}

/// Moves a scan, then reconstructs it with what was chosen. Only when all of it succeeded its prune is scheduled.
pub async fn move_and_reconstruct(run: &RunContext, parameters: &PtychographyParameters) -> ReconReport {
    let file = parameters.file_path.as_str();
    let mut report = ReconReport::new(run.run_id(), file);
    let done = async {
        let name = file.rsplit('/').next().unwrap_or(file);
        let chosen = [
            parameters.do_cdtools.then(|| {
                (
                    ("cdtools", "PATH_CDTOOLS_NERSC"),
                    parameters.cdtools_arguments(name),
                )
            }),
            parameters.do_ptychocam.then(|| {
                (
                    ("ptychocam", "PATH_PTYCHOCAM_NERSC"),
                    parameters.ptychocam_arguments(name),
                )
            }),
        ];
        let chosen = chosen.into_iter().flatten();
        let jobs: Vec<Reconstruction> = chosen
            .map(|(script, arguments)| Reconstruction::new(run, script, arguments, parameters.n_gpu))
            .collect::<Result<_, _>>()?;
        moved_and_reconstructed(run, file, &jobs, true, &mut report).await
    };
    let failures = Box::pin(done).await.err().map(|failure| failure.file(file));
    report.close(run, failures.into_iter().collect())
}

async fn moved_and_reconstructed(
    run: &RunContext,
    file: &str,
    reconstructions: &[Reconstruction],
    prunes: bool,
    report: &mut ReconReport,
) -> Result<(), Failure> {
    let path = file.strip_prefix('/').unwrap_or(file);
    let ready = preflight(run, !reconstructions.is_empty(), prunes).instrument(step(STEP));
    let route = Box::pin(ready).await?;
    let item = Item {
        path,
        label: path.rsplit('/').next().unwrap_or(path),
        kind: Kind::File,
    };
    let hop = Hop {
        source: &route.data7012,
        destination: &route.nersc7012,
    };
    let proof = Box::pin(copy(run, item, hop, None))
        .instrument(step("copy"))
        .await?;
    report.add_copy(&proof);
    let known = if prunes {
        let known = catalogue(run, path, &route, &proof, report);
        Box::pin(known.instrument(step("ingest"))).await
    } else {
        Ok(())
    };
    for reconstruction in reconstructions {
        let superfacility = run.facility().superfacility()?;
        let (user, jobs) = (superfacility.user().await?, superfacility.jobs(MACHINE).await?);
        let done = reconstruction.run(run, &jobs, (user, path));
        let done = Box::pin(done).instrument(step(reconstruction.step)).await?;
        report.steps.push(done);
    }
    plan_prune(run, path, &route, &proof, report)
        .instrument(step("schedule_prune"))
        .await?;
    // A catalogue that fails keeps nothing from being reconstructed or scheduled.
    known
}

/// Catalogues the scan where config.yml has rules for it and a catalogue is set up. What fails is tried again by itself.
async fn catalogue(
    run: &RunContext,
    path: &str,
    route: &Route,
    proof: &VerifiedCopy,
    report: &mut ReconReport,
) -> Result<(), Failure> {
    let facility = run.facility();
    if facility.config().ingest().rules(PTYCHOGRAPHY_7012).is_none() || facility.catalogue().is_err() {
        return Ok(());
    }
    let subject = Subject {
        path: proof.subject().path(),
        relative: path,
        endpoints: vec![&route.data7012],
    };
    let sides = [
        (&route.data7012, proof.subject()),
        (&route.nersc7012, proof.witness()),
    ];
    let copies = sides.map(|(endpoint, extent)| Copy {
        endpoint,
        path: extent.path(),
        bytes: extent.size(),
    });
    let (again, known) = catalogue_moved(run, subject, PTYCHOGRAPHY_7012, &copies).await;
    report.again.extend(again);
    let (catalogued, issues) = known?;
    report.scicat.push(catalogued);
    report.issues.extend(issues);
    Ok(())
}

/// Everything that can be known to be wrong before the first effect.
async fn preflight(run: &RunContext, jobs: bool, prunes: bool) -> Result<Route, Failure> {
    let facility = run.facility();
    let endpoint = |key: &str| -> Result<StorageEndpoint, Failure> {
        let endpoint = facility.config().endpoint(key);
        let endpoint = endpoint.map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
        collection(endpoint, STEP)?;
        Ok(endpoint.clone())
    };
    let (data7012, nersc7012) = (endpoint("data7012")?, endpoint("nersc7012")?);
    facility.preflight_transfer().await?;
    if jobs {
        facility.superfacility()?.user().await?;
    }
    let days = if prunes {
        Days::read_if_set(facility.scheduler(), VARIABLE).await?
    } else {
        None
    };
    if days.is_some() {
        facility.scheduler().ready().await?;
    }
    Ok(Route {
        data7012,
        nersc7012,
        days,
    })
}

async fn plan_prune(
    run: &RunContext,
    path: &str,
    route: &Route,
    proof: &VerifiedCopy,
    report: &mut ReconReport,
) -> Result<(), Failure> {
    let Some(days) = &route.days else { return Ok(()) };
    let after = days.after("delete_data7012_files_after_days")?;
    let pair = (&route.data7012, &route.nersc7012);
    report
        .prunes
        .push(schedule_prune(run, path, pair, proof, after).await?);
    Ok(())
}
