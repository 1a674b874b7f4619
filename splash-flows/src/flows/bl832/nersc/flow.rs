//! `nersc_recon_flow`: a scan that is at NERSC, reconstructed there; the results on CFS and on the data server.

use pipeline::results::{Goes, Way};
use proved_transfer::copy::Verify;
use tracing::Instrument;

use super::settings::ReconSettings;
use super::site::Nersc;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::bl832::recon::{
    PREFLIGHT, ReconParameters, ReconScan, Reconstruction, endpoint, is_there, root,
};
use crate::flows::bl832::settings::ResultRetention;
use crate::hpc::ReconReport;
use crate::run::RunContext;
use crate::span::step;

/// Where scan and results stand.
struct Places {
    raw: StorageEndpoint,
    pscratch_raw: StorageEndpoint,
    pscratch: StorageEndpoint,
    cfs: StorageEndpoint,
    data832: StorageEndpoint,
    /// From where results of ALCF come to data832 too, at the same paths.
    alcf: Option<StorageEndpoint>,
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
    let ready = preflight(run, parameters, settings).instrument(step(PREFLIGHT));
    let (scan, places, nersc) = Box::pin(ready).await?;
    let goes = |source, after| Goes {
        source,
        check: &places.cfs,
        after,
        by: Verify::Delivery,
    };
    let all = Reconstruction {
        centre: &nersc,
        scan: &scan,
        way: Way {
            chain: &[&places.pscratch, &places.cfs, &places.data832],
            others: &places.alcf.iter().collect::<Vec<_>>(),
        },
        // The job made this copy, not a delivery of ours: names and sizes are what proves it.
        raw: Goes {
            source: &places.pscratch_raw,
            check: &places.raw,
            after: places.retention.nersc,
            by: Verify::Size,
        },
        results: &[
            goes(&places.pscratch, places.retention.nersc),
            goes(&places.data832, places.retention.data832),
        ],
    };
    all.carry_out(run, report).await
}

/// Everything that can be known to be wrong before the first job.
async fn preflight(
    run: &RunContext,
    parameters: &ReconParameters,
    settings: &ReconSettings,
) -> Result<(ReconScan, Places, Nersc), Failure> {
    let facility = run.facility();
    let scheduler = facility.scheduler();
    let raw = endpoint(run, "nersc832_alsdev_raw")?;
    let scan = ReconScan::parse(&parameters.file_path, &[&root(&raw)?], settings.nested_folders)?;
    facility.preflight_transfer().await?;
    scheduler.ready().await?;
    let places = Places {
        pscratch_raw: endpoint(run, "nersc832_alsdev_pscratch_raw")?,
        pscratch: endpoint(run, "nersc832_alsdev_pscratch_scratch")?,
        cfs: endpoint(run, "nersc832_alsdev_scratch")?,
        data832: endpoint(run, "data832_scratch")?,
        alcf: endpoint(run, "alcf832_scratch").ok(),
        retention: ResultRetention::read(scheduler).await?,
        raw,
    };
    is_there(run, &scan, &places.raw).await?;
    let nersc = Nersc::connect(run, settings).await?;
    Ok((scan, places, nersc))
}
