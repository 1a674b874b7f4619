//! Real peers, unchanged: the Globus SDK and pyscicat against the simulator, a Prefect server under our clients and its
//! worker. What they accept may be relied on.
//! A peer that cannot be installed or started is a failure, not a skip.

mod compute;
mod prefect;
mod sfapi;

pub(crate) use prefect::postgresql;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use crate::sim::Simulator;
use crate::{Result, project, tools};

const FOLDER: &str = "support/peer-tests";

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What the gate runs: every call once.
    Quick,
    /// The same again with the services misbehaving.
    Full,
}

/// A simulator to start and what the driver is told about it.
struct Round {
    name: &'static str,
    simulator: &'static [&'static str],
    in_quick: bool,
}

/// The faults are ones that the SDK's own retries must get over.
const ROUNDS: &[Round] = &[
    Round {
        name: "calm",
        simulator: &[],
        in_quick: true,
    },
    Round {
        name: "every fifth request answered 503",
        simulator: &["--seed", "5", "--fault", "transfer.*:status=503,rate=0.2"],
        in_quick: false,
    },
    Round {
        name: "lost reply to the first submission, token refused once",
        simulator: &[
            "--fault",
            "transfer.submit:reset-after,nth=1",
            "--fault",
            "transfer.task_get:401,nth=2",
        ],
        in_quick: false,
    },
];

/// Runs every peer.
pub(crate) fn run(extent: Extent) -> Result {
    globus(extent)?;
    scicat()?;
    sfapi::run(extent)?;
    compute::run(extent)?;
    prefect::run(extent)
}

/// Runs one of the peers, with all it has.
pub(crate) fn only(name: &str) -> Result {
    match name {
        "globus" => globus(Extent::Full),
        "compute" => compute::run(Extent::Full),
        "scicat" => scicat(),
        "sfapi" => sfapi::run(Extent::Full),
        "prefect" => prefect::run(Extent::Full),
        other => Err(format!("no peer `{other}`; peers: globus, compute, scicat, sfapi, prefect").into()),
    }
}

/// The Python that has the Globus SDK.
pub(crate) fn globus_python() -> Result<PathBuf> {
    let folder = environment("globus", |folder| {
        tools::run(tools::command(python(folder), &["-c", "import globus_sdk"]))
    })?;
    Ok(python(&folder))
}

/// The Python that has h5py and Pillow.
pub(crate) fn thumbnail_python() -> Result<PathBuf> {
    let folder = environment("thumbnail", |folder| {
        tools::run(tools::command(python(folder), &["-c", "import h5py, PIL"]))
    })?;
    Ok(python(&folder))
}

/// The Python that has a version of Prefect.
pub(crate) fn prefect_python(version: &str) -> Result<PathBuf> {
    prefect::environment_of(version).map(|folder| python(&folder))
}

/// Runs the Globus SDK's driver once per round.
fn globus(extent: Extent) -> Result {
    let python = globus_python()?;
    for round in ROUNDS
        .iter()
        .filter(|round| round.in_quick || extent == Extent::Full)
    {
        println!("-- globus-sdk, {}", round.name);
        // The driver looks at a mapped collection too.
        let simulator = Simulator::start(&[round.simulator, &["--mapped", "alcf_home832"]].concat())?;
        let mut driver = tools::command(&python, &[&format!("{FOLDER}/globus_sdk_peer.py")]);
        driver
            .arg(simulator.ready_json())
            .env("PYTHONDONTWRITEBYTECODE", "1");
        // The SDK keeps no files, but nothing of the user's may be read either.
        driver.env("HOME", simulator.folder());
        tools::run(driver)?;
        let mut compute = tools::command(&python, &[&format!("{FOLDER}/globus_sdk_compute_peer.py")]);
        compute
            .arg(simulator.ready_json())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("HOME", simulator.folder());
        tools::run(compute)?;
    }
    wire(&python)
}

/// Has our clients and the SDK make the same calls, and compares what they send.
fn wire(python: &Path) -> Result {
    println!("-- globus-sdk and our clients, call by call");
    let example = "globus_calls";
    let build = [
        "build",
        "--quiet",
        "--package",
        "peer-tests",
        "--example",
        example,
    ];
    tools::run(tools::cargo(&build))?;
    let mut driver = tools::command(python, &[&format!("{FOLDER}/globus_wire_peer.py")]);
    driver
        .arg(project::target_folder()?.join("debug/examples").join(example))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    tools::run(driver)
}

/// Runs pyscicat's driver: every method that makes a request. It has no retries, so the services behave.
fn scicat() -> Result {
    let folder = environment("scicat", |folder| {
        tools::run(tools::command(python(folder), &["-c", "import pyscicat.client"]))
    })?;
    println!("-- pyscicat");
    let simulator = Simulator::start(&[])?;
    let mut driver = tools::command(python(&folder), &[&format!("{FOLDER}/pyscicat_peer.py")]);
    driver
        .arg(simulator.ready_json())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HOME", simulator.folder());
    tools::run(driver)
}

/// A virtual environment with just the pinned packages of `requirements-<name>.txt`, made and proved on first use.
fn environment(name: &str, prove: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let pins = tools::root()
        .join(FOLDER)
        .join(format!("requirements-{name}.txt"));
    let key = key(
        &fs::read(&pins)?,
        &tools::output(tools::command("python3", &["--version"]))?,
    );
    tools::installed(&format!("peers/{name}-{key}"), |folder| {
        install(folder, &pins)?;
        prove(folder)
    })
}

fn install(folder: &Path, pins: &Path) -> Result {
    println!(
        "installing the peer of {} (once)",
        pins.file_name().unwrap_or_default().display()
    );
    let mut make = tools::command("python3", &["-m", "venv"]);
    make.arg(folder);
    tools::run(make)?;
    let mut fill = tools::command(
        python(folder),
        &["-m", "pip", "install", "--quiet", "--no-deps", "--requirement"],
    );
    fill.arg(pins);
    tools::run(fill)
}

fn python(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

/// A name for these pins under this Python.
fn key(pins: &[u8], version: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(pins);
    hasher.write(version.trim().as_bytes());
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_pins_or_another_python_get_another_environment() {
        let first = key(b"globus-sdk==4.9.1\n", "Python 3.11.7");
        assert_eq!(first, key(b"globus-sdk==4.9.1\n", "Python 3.11.7\n"));
        assert_ne!(first, key(b"globus-sdk==4.9.2\n", "Python 3.11.7"));
        assert_ne!(first, key(b"globus-sdk==4.9.1\n", "Python 3.13.0"));
    }

    #[test]
    fn the_gate_runs_a_round() {
        assert!(ROUNDS.iter().any(|round| round.in_quick));
    }
}
