//! What `cargo xtask soak` needs besides the command: a process that runs one flow after the other for as long
//! as it is asked to, and a scan to begin with.
//!
//! `soak_worker scan FILE` writes a small scan. `soak_worker work CONFIG ENV_FILE STATE_DIR` reads one JSON
//! document a line, `{"run_id", "flow", "parameters"}`, and answers each with one line, the flow's report.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::flows;
use splash_flows::progress::Progress;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["scan", file] => write_scan(file.as_ref(), &ScanSpec::new(2, 16, 16)).map_err(Into::into),
        ["work", config, env_file, state_dir] => work(config.as_ref(), env_file.as_ref(), state_dir.as_ref()),
        _ => Err("usage: soak_worker scan FILE | work CONFIG ENV_FILE STATE_DIR".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where stderr is closed, the exit status still tells.
            let _ = writeln!(std::io::stderr(), "soak_worker: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what stands on stdin, with one facility for all, as a worker does.
fn work(config: &Path, env_file: &Path, state_dir: &Path) -> Result {
    let environment = Environment::from_vars([]).with_dotenv(&std::fs::read_to_string(env_file)?)?;
    let config = Config::load(config, &environment, &splash_flows::SITE_RULES)?;
    let facility = Arc::new(Facility::connect(config, environment, Some(state_dir))?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    for line in std::io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let report = runtime.block_on(run(&facility, &asked));
        writeln!(std::io::stdout().lock(), "{report}")?;
    }
    Ok(())
}

async fn run(facility: &Arc<Facility>, asked: &Value) -> Value {
    let text = |key: &str| asked[key].as_str().unwrap_or_default();
    let (flow, run_id) = (text("flow"), text("run_id"));
    let outcome = flows::run(facility, flow, &asked["parameters"], run_id, Progress::default()).await;
    match outcome {
        Ok(outcome) => outcome.report,
        Err(failure) => json!({ "run_id": run_id, "ok": false, "error": failure }),
    }
}
