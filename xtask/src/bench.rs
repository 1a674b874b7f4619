//! What the main job costs, as whole processes: release binaries, the simulator in another process.
//! Figures are printed, never judged: a busy machine is no regression.

mod ingest;
mod many;
mod waits;
mod walk;
mod worker;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sim::Simulator;
use crate::{Result, project, tools};

/// How long a simulated transfer takes before it copies; two hops make the ideal time.
const DELAY_S: f64 = 2.0;

/// Measures one thing alone.
pub(crate) fn only(name: &str) -> Result {
    match name {
        "moves" => main_job(),
        "ingest" => ingest::run(),
        "many" => many::run(),
        "walk" => walk::run(),
        "waits" => waits::run(),
        "worker" => worker::run(),
        other => {
            let known = "moves, ingest, many, walk, waits, worker";
            Err(format!("nothing is measured as `{other}`; there are {known}").into())
        }
    }
}

/// Builds what is measured and prints a line for each figure.
pub(crate) fn run() -> Result {
    main_job()?;
    ingest::run()?;
    many::run()?;
    walk::run()?;
    waits::run()?;
    worker::run()
}

fn main_job() -> Result {
    tools::run(tools::cargo(&[
        "build",
        "--release",
        "--quiet",
        "--package",
        "splash-flows-cli",
        "--package",
        "examples",
    ]))?;
    let release = project::target_folder()?.join("release");
    version(&release.join("splash-flows"))?;
    let simulator = Simulator::start(&["--transfer-delay", "2s"])?;
    for count in [1, 20, 100] {
        moves(&release.join("bl832"), &simulator, (count, false))?;
    }
    moves(&release.join("bl832"), &simulator, (20, true))
}

/// Start to end of a command that does nothing.
fn version(binary: &Path) -> Result {
    let mut times = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        tools::output(tools::command(binary, &["--version"]))?;
        times.push(begun.elapsed());
    }
    times.sort();
    println!(
        "splash-flows --version: median {:.1} ms of 20",
        milliseconds(times[10])
    );
    Ok(())
}

/// So many moves at once by one process, which may share tasks.
fn moves(binary: &Path, simulator: &Simulator, (count, shared): (u32, bool)) -> Result {
    let state = simulator.folder().join(format!("state-{count}-{shared}"));
    let mut command = Command::new(binary);
    command
        .args(["--json", "--count", &count.to_string(), "--connect"])
        .arg(simulator.folder().join("env"))
        .arg("--state-dir")
        .arg(state)
        .args(shared.then_some("--batch-across-runs"))
        .stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let output = child.stdout.take().ok_or("the output is not ours")?;
    let peak = std::thread::spawn({
        let id = child.id();
        move || peak_memory(id)
    });
    let document: Value = serde_json::from_reader(output)?;
    let status = child.wait()?;
    let peak = peak.join().unwrap_or_default();
    if !status.success() {
        return Err(format!("bl832 --count {count} failed: {document}").into());
    }
    let elapsed = document["elapsed_s"].as_f64().unwrap_or_default();
    let requests = ["globus_transfer", "globus_auth"]
        .iter()
        .filter_map(|service| document["requests"][service].as_f64())
        .sum::<f64>();
    let tasks = if shared { ", which share tasks" } else { "" };
    println!(
        "{count} moves at once{tasks}: {elapsed:.2} s ({:.2} x the ideal {:.0} s), overhead {:.2} s a hop, \
         {:.1} Globus requests a run ({requests:.0} in all), peak {peak:.0} MB",
        elapsed / (2.0 * DELAY_S),
        2.0 * DELAY_S,
        (elapsed - 2.0 * DELAY_S) / 2.0,
        requests / f64::from(count),
    );
    Ok(())
}

/// The highest resident size of a process in MB, looked at until it ends; 0 where the system does not tell.
fn peak_memory(id: u32) -> f64 {
    let mut peak = 0.0;
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) {
        let Some(line) = status.lines().find(|line| line.starts_with("VmHWM:")) else {
            break;
        };
        let kilobytes = line
            .split_whitespace()
            .nth(1)
            .and_then(|number| number.parse::<f64>().ok());
        peak = kilobytes.unwrap_or(peak) / 1024.0;
        std::thread::sleep(Duration::from_millis(20));
    }
    peak
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
