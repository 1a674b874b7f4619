//! `alcf_recon_flow`: a scan of the data server, reconstructed at ALCF; the results on the data server.

use pipeline::results::{Goes, Way};
use proved_transfer::copy::{Hop, Item, Kind, Verify, copy};
use tracing::Instrument;

use super::settings::AlcfSettings;
use super::site::Alcf;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::flows::bl832::recon::{
    PREFLIGHT, ReconParameters, ReconScan, Reconstruction, endpoint, is_there, root,
};
use crate::flows::bl832::settings::alcf_retention;
use crate::hpc::ReconReport;
use crate::run::RunContext;
use crate::span::step;

/// Where scan and results stand, and how long those at ALCF stay.
struct Places {
    raw: StorageEndpoint,
    alcf_raw: StorageEndpoint,
    alcf: StorageEndpoint,
    data832: StorageEndpoint,
    /// From where results of NERSC come to data832 too, at the same paths.
    nersc: Option<StorageEndpoint>,
    retention: chrono::TimeDelta,
}

/// Copies the scan to ALCF, reconstructs it there, builds the multi-resolution volume, copies both to data832, each copy
/// proved, and schedules the prunes of what stands at ALCF.
///
/// A reconstruction that fails ends the run, and leaves everything where it is as evidence. The slices are brought home
/// whatever becomes of the volume. No prune is scheduled of what stands on data832: the scan's copy there is the move's,
/// and of the results it may be the last one.
pub async fn alcf_recon(run: &RunContext, parameters: &ReconParameters) -> ReconReport {
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
    let settings = &crate::site::settings(run.facility().config())?.alcf_recon;
    let ready = preflight(run, parameters, settings).instrument(step(PREFLIGHT));
    let (scan, places, alcf) = Box::pin(ready).await?;
    let there = scan.raw();
    let item = Item {
        path: &there,
        label: scan.stem(),
        kind: Kind::File,
    };
    let hop = Hop {
        source: &places.raw,
        destination: &places.alcf_raw,
    };
    let proof = Box::pin(copy(run, item, hop, None).instrument(step("copy"))).await?;
    report.add_copy(&proof);
    let goes = |source, check| Goes {
        source,
        check,
        after: places.retention,
        by: Verify::Delivery,
    };
    let all = Reconstruction {
        centre: &alcf,
        scan: &scan,
        way: Way {
            chain: &[&places.alcf, &places.data832],
            others: &places.nersc.iter().collect::<Vec<_>>(),
        },
        raw: goes(&places.alcf_raw, &places.raw),
        results: &[goes(&places.alcf, &places.data832)],
    };
    all.carry_out(run, report).await
}

/// Everything that can be known to be wrong before the first effect.
async fn preflight(
    run: &RunContext,
    parameters: &ReconParameters,
    settings: &AlcfSettings,
) -> Result<(ReconScan, Places, Alcf), Failure> {
    let facility = run.facility();
    let scheduler = facility.scheduler();
    let raw = endpoint(run, "data832_raw")?;
    let scan = ReconScan::parse(&parameters.file_path, &[&root(&raw)?], settings.nested_folders)?;
    facility.compute()?;
    facility.preflight_transfer().await?;
    scheduler.ready().await?;
    let places = Places {
        alcf_raw: endpoint(run, "alcf832_raw")?,
        alcf: endpoint(run, "alcf832_scratch")?,
        data832: endpoint(run, "data832_scratch")?,
        nersc: endpoint(run, "nersc832_alsdev_scratch").ok(),
        retention: alcf_retention(scheduler).await?,
        raw,
    };
    is_there(run, &scan, &places.raw).await?;
    let alcf = Alcf::connect(run, settings).await?;
    Ok((scan, places, alcf))
}
