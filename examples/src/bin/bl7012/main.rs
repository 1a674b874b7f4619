//! The main job of beamline 7.0.1.2, end to end.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use examples::place::{Place, Wanted};
use examples::scan;
use serde::Serialize;
use serde_json::json;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::flows;
use splash_flows::hpc::ReconReport;
use splash_flows::run::new_run_id;
use splash_flows_cli::{live, words};

const FLOW: &str = "transfer_auto_recon";

/// Move a ptychography scan of 7.0.1.2 to NERSC, reconstruct it there with CDTools and PtychoCam, and prove every byte.
///
/// Without options: starts a simulated facility on loopback over real directories, writes a scan onto data7012, and runs
/// the flow transfer_auto_recon on it: the copy to NERSC is proved, two real jobs read it there and write their results,
/// and the prune of data7012 is scheduled. Exit status: 0 if the copy has the source's sha256 and both results were made
/// of it, 1 if not, 2 for wrong usage.
#[derive(Debug, Parser)]
#[command(name = "bl7012", version, max_term_width = 100)]
struct Arguments {
    /// Print one JSON document on stdout and nothing else.
    #[arg(long)]
    json: bool,
    /// The scan, below data7012's root.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "2026/11/261122/NS_261122001_ccdframes_0_0.cxi"
    )]
    name: String,
    /// Keep the facility's directories and the record of runs here. Default: a folder that is removed.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// A fault of the simulated services; `--fault help` lists them. Repeatable.
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<String>,
    /// The seed of the scan's frames and of the faults.
    #[arg(long, default_value_t = 7012)]
    seed: u64,
    /// The run's id. Default: a new one.
    #[arg(long, value_name = "ID")]
    run_id: Option<String>,
    /// Use the real services with this configuration; needs --env-file. Nothing is written onto data7012; sha256 is
    /// null, and `verified` is the flow's own verdict.
    #[arg(long, value_name = "CONFIG", requires = "env_file", conflicts_with_all = ["root", "faults"])]
    config: Option<PathBuf>,
    /// The variables for --config.
    #[arg(long, value_name = "FILE", requires = "config")]
    env_file: Option<PathBuf>,
}

impl Arguments {
    fn wanted(&self) -> Wanted {
        let days = json!({ "bl7012-settings": { "delete_data7012_files_after_days": 30 } });
        Wanted {
            config: self.config.clone(),
            env_file: self.env_file.clone(),
            root: self.root.clone(),
            faults: self.faults.clone(),
            seed: self.seed,
            nersc: true,
            alcf: false,
            keys: serde_json::Map::from_iter([("variables".to_owned(), days)]),
            ..Wanted::default()
        }
    }
}

/// The whole outcome.
#[derive(Serialize)]
struct Document {
    ok: bool,
    /// The flow's own report.
    run: ReconReport,
    /// Of the source; null where this machine cannot read it.
    sha256: Option<String>,
    /// Of the copy at NERSC.
    copy_sha256: Option<String>,
    results: Vec<Made>,
    /// Requests of this process, by service, repeats included.
    requests: BTreeMap<String, u64>,
    elapsed_s: f64,
}

/// What a reconstruction wrote.
#[derive(Serialize)]
struct Made {
    /// Below nersc7012's root.
    path: String,
    bytes: u64,
    /// Whether it says that it was made of the source's bytes.
    of_the_source: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.faults.iter().any(|fault| fault == "help") {
        return print(service_sim::FaultSpec::help(), true);
    }
    let begun = Instant::now();
    let place = match Place::open(&arguments.wanted()).await {
        Ok(place) => place,
        Err(error) => return complain(&error, 2),
    };
    match run(&arguments, &place, begun).await {
        Ok(document) => {
            let text = if arguments.json {
                serde_json::to_string(&document).unwrap_or_default()
            } else {
                table(&document)
            };
            print(&text, document.ok)
        }
        Err(failure) => complain(&failure.to_string(), 1),
    }
}

async fn run(arguments: &Arguments, place: &Place, begun: Instant) -> Result<Document, Failure> {
    let (config, environment) = (place.config.clone(), place.environment.clone());
    let facility = Arc::new(Facility::connect(
        config,
        environment,
        place.state_dir.as_deref(),
    )?);
    let name = arguments.name.trim_start_matches('/');
    // A name that the flow will refuse must not be written either.
    let plain = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if let (true, Some(path)) = (plain, place.local("data7012", name)) {
        let written = scan::write(&path, "ptychography", arguments.seed);
        written.map_err(|error| Failure::new("write", "scan", error))?;
    }
    let progress = if arguments.json {
        live::silent()
    } else {
        live::progress()
    };
    let run_id = arguments.run_id.clone().unwrap_or_else(new_run_id);
    let parameters = json!({ "file_path": name, "do_cdtools": true, "do_ptychocam": true });
    let outcome = flows::run(&facility, FLOW, &parameters, &run_id, progress).await?;
    let report: ReconReport = serde_json::from_value(outcome.report)
        .map_err(|error| Failure::new("run", "report", error.to_string()))?;
    let sum = |endpoint: &str| {
        let path = place.local(endpoint, name)?;
        Some(scan::sha256(&path).unwrap_or_else(|error| format!("unreadable: {error}")))
    };
    let (source, copy) = (sum("data7012"), sum("nersc7012"));
    let results: Vec<Made> = report
        .steps
        .iter()
        .filter_map(|step| made(place, name, &step.step, source.as_deref()))
        .collect();
    let seen = source.is_none()
        || (copy == source && results.len() == 2 && results.iter().all(|one| one.of_the_source));
    Ok(Document {
        ok: report.ok && seen,
        run: report,
        sha256: source,
        copy_sha256: copy,
        results,
        requests: facility.requests(),
        elapsed_s: begun.elapsed().as_secs_f64(),
    })
}

/// The file that the simulated centre's stand-in for the site's script writes beside the scan.
fn made(place: &Place, name: &str, step: &str, source: Option<&str>) -> Option<Made> {
    let base = name.rsplit_once('.').map_or(name, |(base, _)| base);
    let path = format!("{base}.{step}.txt");
    let text = std::fs::read_to_string(place.local("nersc7012", &path)?).ok()?;
    let of_the_source = source.is_some_and(|sum| text.lines().any(|line| line == format!("sha256 {sum}")));
    Some(Made {
        bytes: text.len() as u64,
        path,
        of_the_source,
    })
}

/// The table for people.
fn table(document: &Document) -> String {
    let run = &document.run;
    let mut lines = vec![words::summary(&json!(run))];
    for step in &run.steps {
        lines.push(format!("  {} at {}: job {} done", step.step, step.site, step.id));
    }
    lines.extend(
        document
            .sha256
            .iter()
            .map(|sum| format!("  source  sha256 {sum}")),
    );
    lines.extend(
        document
            .copy_sha256
            .iter()
            .map(|sum| format!("  copy    sha256 {sum}")),
    );
    for made in &document.results {
        let verdict = if made.of_the_source {
            "made of these bytes"
        } else {
            "NOT MADE OF THESE BYTES"
        };
        lines.push(format!(
            "  result  {} ({} bytes), {verdict}",
            made.path, made.bytes
        ));
    }
    lines.extend(words::failures(&json!(run)));
    let requests = document
        .requests
        .iter()
        .map(|(service, count)| format!("{service} {count}"));
    let verdict = if document.ok { "ok" } else { "FAILED" };
    lines.push(format!(
        "{verdict} in {:.1} s; requests: {}",
        document.elapsed_s,
        requests.collect::<Vec<_>>().join(", ")
    ));
    lines.join("\n")
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
    let _ = writeln!(std::io::stderr(), "bl7012: {error}");
    ExitCode::from(status)
}
