//! The main job of beamline 8.3.2, end to end.

mod arguments;
mod document;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use serde_json::json;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::flows;
use splash_flows::hpc::ReconReport;
use splash_flows::progress::Progress;
use splash_flows::report::MoveReport;
use splash_flows::scan_path::ScanPath;
use splash_flows_cli::live;

use arguments::Arguments;
use document::{Copy, Document, RunResult, table};
use examples::place::Place;
use examples::scan;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.faults.iter().any(|fault| fault == "help") {
        return print(service_sim::FaultSpec::help(), true);
    }
    let begun = Instant::now();
    let place = match Place::open(&arguments.wanted()).await {
        Ok(place) => Arc::new(place),
        Err(error) => return complain(&error, 2),
    };
    let facility = Facility::connect(
        place.config.clone(),
        place.environment.clone(),
        place.state_dir.as_deref(),
    );
    let facility = match facility {
        Ok(facility) => Arc::new(facility),
        Err(failure) => return complain(&failure.to_string(), 1),
    };
    let progress = if arguments.json {
        live::silent()
    } else {
        live::progress()
    };
    let runs = all(&arguments, &place, &facility, &progress).await;
    let document = Document {
        ok: runs.iter().all(|run| run.ok),
        runs,
        requests: facility.requests(),
        elapsed_s: begun.elapsed().as_secs_f64(),
    };
    let text = if arguments.json {
        serde_json::to_string(&document).unwrap_or_default()
    } else {
        table(&document)
    };
    print(&text, document.ok)
}

/// Every run at once; they share clients, token and polling.
async fn all(
    arguments: &Arguments,
    place: &Arc<Place>,
    facility: &Arc<Facility>,
    progress: &Progress,
) -> Vec<RunResult> {
    let mut running = Vec::new();
    for (run_id, file) in planned(arguments) {
        let (place, facility, progress) = (Arc::clone(place), Arc::clone(facility), progress.clone());
        let (seed, export_control, centres) = (arguments.seed, arguments.export_control, arguments.centres());
        let (id, path) = (run_id.clone(), file.clone());
        let task = tokio::spawn(async move {
            let spoken = progress.clone();
            let mut run = one(&place, &facility, progress, (&id, &path), seed, export_control).await;
            for centre in centres {
                if run.ok {
                    run = reconstructed(&facility, spoken.clone(), run, centre).await;
                }
            }
            run
        });
        running.push((run_id, file, task));
    }
    let mut runs = Vec::new();
    for (run_id, file, task) in running {
        let run = task.await.unwrap_or_else(|error| {
            RunResult::refused(&run_id, &file, Failure::new("run", "crashed", error.to_string()))
        });
        runs.push(run);
    }
    runs
}

/// Run ids and files, in order.
fn planned(arguments: &Arguments) -> Vec<(String, String)> {
    let base = arguments
        .run_id
        .clone()
        .unwrap_or_else(splash_flows::run::new_run_id);
    let names = match arguments.count {
        None if arguments.names.is_empty() => vec![format!("raw/demo/{base}.h5")],
        None => arguments.names.clone(),
        Some(count) => (1..=count).map(|n| format!("raw/demo/{base}-{n}.h5")).collect(),
    };
    let several = names.len() > 1 || arguments.count.is_some();
    let id = |n: usize| {
        if several {
            format!("{base}-{}", n + 1)
        } else {
            base.clone()
        }
    };
    let files = names.iter().map(|name| format!("/global/{name}"));
    files.enumerate().map(|(n, file)| (id(n), file)).collect()
}

/// One run: the scan is written where the facility is simulated, moved, and its copies are summed.
async fn one(
    place: &Place,
    facility: &Arc<Facility>,
    progress: Progress,
    (run_id, file): (&str, &str),
    seed: u64,
    export_control: bool,
) -> RunResult {
    // A name that the flow will refuse must not be written either.
    if let Ok(scan) = ScanPath::parse(file)
        && let Some(path) = place.local("spot832", scan.relative())
        && let Err(error) = scan::write(&path, scan.stem(), seed)
    {
        return RunResult::refused(run_id, file, Failure::new("write", "scan", error));
    }
    let parameters = json!({ "file_path": file, "is_export_control": export_control });
    let outcome = flows::run(facility, "new_832_file_flow", &parameters, run_id, progress).await;
    let report = outcome.and_then(|outcome| {
        serde_json::from_value::<MoveReport>(outcome.report)
            .map_err(|error| Failure::new("run", "report", error.to_string()))
    });
    match report {
        Ok(report) => summed(place, report),
        Err(failure) => RunResult::refused(run_id, file, failure),
    }
}

/// Reconstructs a scan that was moved, as a run of its own.
async fn reconstructed(
    facility: &Arc<Facility>,
    progress: Progress,
    mut run: RunResult,
    centre: &str,
) -> RunResult {
    let (flow, run_id) = (format!("{centre}_recon_flow"), format!("{}-{centre}", run.run_id));
    let parameters = json!({ "file_path": run.file });
    let outcome = flows::run(facility, &flow, &parameters, &run_id, progress).await;
    let report = outcome.and_then(|outcome| {
        serde_json::from_value::<ReconReport>(outcome.report)
            .map_err(|error| Failure::new("run", "report", error.to_string()))
    });
    match report {
        Ok(report) => {
            run.ok &= report.ok;
            run.error.clone_from(&report.error);
            run.further_errors.clone_from(&report.further_errors);
            run.reconstructions.push(report);
        }
        Err(failure) => {
            run.ok = false;
            run.error = Some(failure);
        }
    }
    run
}

/// Adds the sums; a copy that is not byte for byte the source fails the run.
fn summed(place: &Place, report: MoveReport) -> RunResult {
    let relative = ScanPath::parse(&report.file)
        .map(|scan| scan.relative().to_owned())
        .unwrap_or_default();
    let sum = |endpoint: &str| {
        place
            .local(endpoint, &relative)
            .map(|path| scan::sha256(&path).unwrap_or_else(|error| format!("unreadable: {error}")))
    };
    let source = sum("spot832");
    let copies: Vec<Copy> = report
        .copies
        .into_iter()
        .map(|copy| {
            let sha256 = sum(&copy.endpoint);
            Copy {
                verified: copy.verified && sha256 == source,
                endpoint: copy.endpoint,
                path: copy.path,
                bytes: copy.bytes,
                sha256,
            }
        })
        .collect();
    RunResult {
        run_id: report.run_id,
        ok: report.ok && copies.iter().all(|copy| copy.verified),
        file: report.file,
        bytes: report.bytes,
        sha256: source,
        copies,
        scicat: report.scicat,
        prunes: report.prunes,
        reconstructions: Vec::new(),
        error: report.error,
        further_errors: report.further_errors,
    }
}

fn print(text: &str, ok: bool) -> ExitCode {
    let written = writeln!(std::io::stdout().lock(), "{text}");
    if ok && written.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn complain(error: &str, status: u8) -> ExitCode {
    // Where stderr is closed, the exit status still tells.
    let _ = writeln!(std::io::stderr(), "bl832: {error}");
    ExitCode::from(status)
}
