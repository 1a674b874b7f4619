//! `nersc_recon_flow`: a scan that is at NERSC, reconstructed there; the results on CFS and on the data server.

use proved_transfer::copy::{Seen, Verify, observe};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use super::settings::ReconSettings;
use super::site::Nersc;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::bl832::recon::{Goes, Made, ReconScan, bring, catalogue, plan_prunes, tell_of_raw};
use crate::flows::bl832::settings::ResultRetention;
use crate::hpc::{ReconReport, TomographyHpc};
use crate::run::RunContext;
use crate::span::step;

const STEP: &str = "preflight";

/// The parameters of `nersc_recon_flow`, as the incumbent's callers send them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconParameters {
    /// The scan, such as `/global/raw/folder/scan.h5`.
    pub file_path: String,
    /// Ignored; the incumbent's callers may send it.
    #[serde(default)]
    pub config: Value,
}

/// Where scan and results stand.
struct Places {
    raw: StorageEndpoint,
    pscratch_raw: StorageEndpoint,
    pscratch: StorageEndpoint,
    cfs: StorageEndpoint,
    data832: StorageEndpoint,
    retention: ResultRetention,
}

/// Reconstructs, builds the multi-resolution volume, copies both to CFS and on to data832, each copy proved, and
/// schedules the prunes of what is proved elsewhere.
///
/// A reconstruction that fails ends the run, and leaves everything where it is as evidence. The slices are brought home
/// whatever becomes of the volume. Results that are home are catalogued as computed from the scan; a catalogue that fails
/// keeps no prune from being scheduled, and is tried again by itself.
pub async fn nersc_recon(run: &RunContext, parameters: &ReconParameters) -> ReconReport {
    let mut report = ReconReport::new(run.run_id(), &parameters.file_path);
    let failures = match Box::pin(steps(run, parameters, &mut report)).await {
        Ok(failures) => failures,
        Err(failure) => vec![failure.file(&parameters.file_path)],
    };
    report.close(run, failures)
}

async fn steps(
    run: &RunContext,
    parameters: &ReconParameters,
    report: &mut ReconReport,
) -> Result<Vec<Failure>, Failure> {
    let settings = &crate::site::settings(run.facility().config())?.nersc_recon;
    let ready = preflight(run, parameters, settings).instrument(step(STEP));
    let (scan, places, nersc) = Box::pin(ready).await?;
    let reconstructed = nersc.reconstruct(run, &scan).instrument(step("reconstruct"));
    let reconstructed = Box::pin(reconstructed).await?;
    report.steps.push(reconstructed.clone());
    let (slices, volume) = (scan.slices(), scan.volume());
    let chain = [&places.pscratch, &places.cfs, &places.data832];
    let built = async {
        let built = nersc.build_multi_resolution(run, &scan);
        let built = built.instrument(step("multiresolution")).await?;
        let copied = bring(run, &volume, &chain).instrument(step("copy")).await;
        Ok::<_, Failure>((built, copied))
    };
    let (slices_copied, built) = tokio::join!(
        Box::pin(bring(run, &slices, &chain).instrument(step("copy"))),
        Box::pin(built)
    );
    let mut failures = Vec::new();
    let mut proved = Vec::new();
    let mut results = vec![(slices, reconstructed, slices_copied)];
    match built {
        Ok((built, copied)) => {
            report.steps.push(built.clone());
            proved.push((scan.raw(), places.raw_goes().to_vec()));
            let kept = tell_of_raw(run, &scan, places.pscratch_raw.key().as_str(), report);
            Box::pin(kept.instrument(step("ingest"))).await;
            results.push((volume, built, copied));
        }
        Err(failure) => failures.push(failure.file(&volume)),
    }
    for (path, made_by, copied) in results {
        let proofs = match copied {
            Ok(proofs) => proofs,
            Err(failure) => {
                failures.push(failure.file(&path));
                continue;
            }
        };
        for proof in &proofs {
            report.add_copy(proof);
        }
        let made = Made {
            centre: &nersc,
            scan: &scan,
            step: &made_by,
            path: &path,
        };
        let known = catalogue(run, made, &proofs, report).instrument(step("ingest"));
        failures.extend(Box::pin(known).await.err().map(|failure| failure.file(&path)));
        proved.push((path, places.results_go().to_vec()));
    }
    for (path, plans) in &proved {
        let planned = plan_prunes(run, path, plans, report).instrument(step("schedule_prune"));
        failures.extend(Box::pin(planned).await);
    }
    Ok(failures)
}

/// Everything that can be known to be wrong before the first job.
async fn preflight(
    run: &RunContext,
    parameters: &ReconParameters,
    settings: &ReconSettings,
) -> Result<(ReconScan, Places, Nersc), Failure> {
    let facility = run.facility();
    let endpoint = |key: &str| {
        let endpoint = facility.config().endpoint(key);
        endpoint
            .cloned()
            .map_err(|error| Failure::new(STEP, "config", error.to_string()))
    };
    let scheduler = facility.scheduler();
    let raw = endpoint("nersc832_alsdev_raw")?;
    let root = raw
        .root()
        .map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
    let scan = ReconScan::parse(&parameters.file_path, &[&root], settings.nested_folders)?;
    facility.preflight_transfer().await?;
    scheduler.ready().await?;
    let places = Places {
        pscratch_raw: endpoint("nersc832_alsdev_pscratch_raw")?,
        pscratch: endpoint("nersc832_alsdev_pscratch_scratch")?,
        cfs: endpoint("nersc832_alsdev_scratch")?,
        data832: endpoint("data832_scratch")?,
        retention: ResultRetention::read(scheduler).await?,
        raw,
    };
    may_be_there(run, &scan, &places.raw).await?;
    let nersc = Nersc::connect(run, settings).await?;
    Ok((scan, places, nersc))
}

/// Refuses a scan that may not be at NERSC, and one that is not.
async fn may_be_there(run: &RunContext, scan: &ReconScan, raw: &StorageEndpoint) -> Result<(), Failure> {
    let (place, path) = (run.facility().workplace(), scan.raw());
    if let Some(record) = place.controlled(raw, &path, Some(run.run_id())).await? {
        let text = format!("export control keeps {} on site ({})", record.path, record.reason);
        return Err(Failure::new(STEP, "export_control", text));
    }
    if matches!(
        observe(place, raw, &path, STEP).await?,
        Seen::File(_) | Seen::Link(_)
    ) {
        return Ok(());
    }
    let text = format!("there is no file {path:?} on {}", raw.key());
    Err(Failure::new(STEP, "FILE_NOT_FOUND", text)
        .remedy("move the scan to NERSC first: splash-flows run new_832_file_flow"))
}

impl Places {
    /// Results: the copy on scratch, and the one on the data server, once CFS has them.
    fn results_go(&self) -> [Goes<'_>; 2] {
        let (by, check) = (Verify::Delivery, &self.cfs);
        [
            Goes {
                source: &self.pscratch,
                check,
                after: self.retention.nersc,
                by,
            },
            Goes {
                source: &self.data832,
                check,
                after: self.retention.data832,
                by,
            },
        ]
    }

    /// The scan's copy on scratch. The job made it, not a delivery of ours: names and sizes are what proves it.
    fn raw_goes(&self) -> [Goes<'_>; 1] {
        [Goes {
            source: &self.pscratch_raw,
            check: &self.raw,
            after: self.retention.nersc,
            by: Verify::Size,
        }]
    }
}
