//! `new_832_file_flow`: new scans, from the beamline to the data server, to NERSC, into the catalogue.

mod after;
mod before;
mod parameters;

use std::time::Instant;

use tracing::Instrument;

use super::settings::Retention;
use crate::copy::{Extent, Hop, Item, Kind, VerifiedCopy, copy, copy_all};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::report::MoveReport;
use crate::run::RunContext;
use crate::scan_path::ScanPath;
use crate::span::step;

use self::after::conclude;
use self::before::{complete, preflight};

pub(super) use self::before::export_control;
pub use self::parameters::{FilePaths, MoveParameters};

const STEP: &str = "preflight";
const FLOW: &str = "new_832_file_flow";
const DEPLOYMENT: &str = "new_file_832";

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
