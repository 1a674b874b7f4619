//! What a reconstruction does wherever it runs, once the scan is there.

use pipeline::results::{Brought, Goes, Way, bring, plan_prunes};
use proved_transfer::copy::{Seen, observe};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use super::{Made, ReconScan, catalogue, tell_of_raw};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::hpc::{ReconReport, StepReport, TomographyHpc};
use crate::run::RunContext;
use crate::span::step;

/// The step of what is checked before any effect.
pub(in super::super) const PREFLIGHT: &str = "preflight";

/// The parameters of `nersc_recon_flow` and `alcf_recon_flow`, as the incumbent's callers send them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconParameters {
    /// The scan, such as `/global/raw/folder/scan.h5`.
    pub file_path: String,
    /// Ignored; the incumbent's callers may send it.
    #[serde(default)]
    pub config: Value,
}

/// A scan that stands at a centre, and the ways of what is made of it.
pub(in super::super) struct Reconstruction<'a> {
    pub(in super::super) centre: &'a dyn TomographyHpc,
    pub(in super::super) scan: &'a ReconScan,
    /// The way of results, from where they are made.
    pub(in super::super) way: Way<'a>,
    /// The scan's copy for the centre's work, which goes once the volume is built.
    pub(in super::super) raw: Goes<'a>,
    /// The copies of a result that go once it is home.
    pub(in super::super) results: &'a [Goes<'a>],
}

/// A result: its path, what made it, and its copies.
type Outcome = (String, StepReport, Result<Brought, Failure>);

impl Reconstruction<'_> {
    /// Reconstructs, builds the multi-resolution volume, brings both home, each copy proved, catalogues them, and
    /// schedules the prunes of what is proved elsewhere. Answers what failed after the reconstruction.
    ///
    /// # Errors
    /// The reconstruction failed: nothing else was done.
    pub(in super::super) async fn carry_out(
        &self,
        run: &RunContext,
        report: &mut ReconReport,
    ) -> Result<Vec<Failure>, Failure> {
        let (scan, centre) = (self.scan, self.centre);
        let reconstructed = Box::pin(centre.reconstruct(run, scan).instrument(step("reconstruct"))).await?;
        report.steps.push(reconstructed.clone());
        let (slices, volume) = (scan.slices(), scan.volume());
        let built = async {
            let built = centre.build_multi_resolution(run, scan);
            let built = built.instrument(step("multiresolution")).await?;
            let copied = bring(run, &volume, self.way).instrument(step("copy")).await;
            Ok::<_, Failure>((built, copied))
        };
        let (slices_copied, built) = tokio::join!(
            Box::pin(bring(run, &slices, self.way).instrument(step("copy"))),
            Box::pin(built)
        );
        let (mut failures, mut gone) = (Vec::new(), Vec::new());
        let mut results: Vec<Outcome> = vec![(slices, reconstructed, slices_copied)];
        match built {
            Ok((built, copied)) => {
                report.steps.push(built.clone());
                gone.push((scan.raw(), vec![self.raw]));
                let told = tell_of_raw(run, scan, self.raw.source.key().as_str(), report);
                Box::pin(told.instrument(step("ingest"))).await;
                results.push((volume, built, copied));
            }
            Err(failure) => failures.push(failure.file(&volume)),
        }
        for (path, made_by, copied) in results {
            match Box::pin(self.catalogue(run, (&path, &made_by), copied, report)).await {
                Ok(failure) => {
                    failures.extend(failure);
                    gone.push((path, self.results.to_vec()));
                }
                Err(failure) => failures.push(failure.file(&path)),
            }
        }
        for (path, plans) in &gone {
            let planned = plan_prunes(run, path, plans).instrument(step("schedule_prune"));
            let (prunes, failed) = Box::pin(planned).await;
            report.prunes.extend(prunes);
            failures.extend(failed);
        }
        Ok(failures)
    }

    /// Catalogues a result that is home; answers why it is not, which keeps no prune from being scheduled.
    async fn catalogue(
        &self,
        run: &RunContext,
        (path, made_by): (&str, &StepReport),
        copied: Result<Brought, Failure>,
        report: &mut ReconReport,
    ) -> Result<Option<Failure>, Failure> {
        let Brought { proofs, replaced } = copied?;
        report.replaced.extend(replaced);
        for proof in &proofs {
            report.add_copy(proof);
        }
        let made = Made {
            centre: self.centre,
            scan: self.scan,
            step: made_by,
            path,
        };
        let known = catalogue(run, made, &proofs, report).instrument(step("ingest"));
        Ok(known.await.err().map(|failure| failure.file(path)))
    }
}

/// An endpoint of config.yml.
pub(in super::super) fn endpoint(run: &RunContext, key: &str) -> Result<StorageEndpoint, Failure> {
    let endpoint = run.facility().config().endpoint(key).cloned();
    endpoint.map_err(|error| Failure::new(PREFLIGHT, "config", error.to_string()))
}

/// Where an endpoint's paths begin.
pub(in super::super) fn root(endpoint: &StorageEndpoint) -> Result<String, Failure> {
    let root = endpoint.root().map(|root| root.trim_end_matches('/').to_owned());
    root.map_err(|error| Failure::new(PREFLIGHT, "config", error.to_string()))
}

/// Refuses a scan that may not leave the site, and one that is not on `raw`.
pub(in super::super) async fn is_there(
    run: &RunContext,
    scan: &ReconScan,
    raw: &StorageEndpoint,
) -> Result<(), Failure> {
    let (place, path) = (run.facility().workplace(), scan.raw());
    if let Some(record) = place.controlled(raw, &path, Some(run.run_id())).await? {
        let text = format!("export control keeps {} on site ({})", record.path, record.reason);
        return Err(Failure::new(PREFLIGHT, "export_control", text));
    }
    let seen = observe(place, raw, &path, PREFLIGHT).await?;
    if matches!(seen, Seen::File(_) | Seen::Link(_)) {
        return Ok(());
    }
    let text = format!("there is no file {path:?} on {}", raw.key());
    Err(Failure::new(PREFLIGHT, "FILE_NOT_FOUND", text)
        .remedy("move the scan there first: splash-flows run new_832_file_flow"))
}
