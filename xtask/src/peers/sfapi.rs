//! The unchanged sfapi_client against the simulator, and a real Slurm under the simulator, the client and ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::prefect::splash_flows;
use super::{Extent, FOLDER, environment, python};
use crate::sim::Simulator;
use crate::{Result, tools};

/// Debian's packages, of which Slurm is made.
const PACKAGES: &str = "slurm-wlm slurmdbd munge mariadb-server";
/// Programs that must be there.
const PROGRAMS: &[&str] = &["slurmctld", "slurmd", "slurmdbd", "sbatch", "munged", "mariadbd"];

/// Tests that fill the machine stand in modules of this name, and run alone.
const CROWD: &str = "crowd::";

/// Runs the driver on jobs that bash runs; with [`Extent::Full`] also with lost tokens and busy replies, and then all
/// again on Slurm, with our own tests beside it.
pub(super) fn run(extent: Extent) -> Result {
    let python = installed()?;
    println!("-- sfapi_client, jobs run by bash");
    drive(&python, &Simulator::start(&[])?, "regular")?;
    if extent == Extent::Quick {
        return Ok(());
    }
    println!("-- sfapi_client, replies that are busy now and then");
    let faults = [
        "--seed",
        "5",
        "--fault",
        "sfapi.task_get:status=503,rate=0.2",
        "--fault",
        "sfapi.jobs:status=502,rate=0.1",
    ];
    drive(&python, &Simulator::start(&faults)?, "regular")?;
    slurm(&python)
}

fn installed() -> Result<PathBuf> {
    let folder = environment("sfapi", |folder| {
        tools::run(tools::command(
            python(folder),
            &["-W", "ignore", "-c", "import sfapi_client"],
        ))
    })?;
    Ok(python(&folder))
}

fn drive(python: &Path, simulator: &Simulator, qos: &str) -> Result {
    let mut driver = tools::command(python, &[&format!("{FOLDER}/sfapi_client_peer.py")]);
    driver
        .arg(simulator.ready_json())
        .args(["--qos", qos])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Nothing of the user's may be read: the client looks for keys at home.
        .env("HOME", simulator.folder());
    tools::run(driver)
}

/// The driver and our own tests on a real Slurm.
fn slurm(python: &Path) -> Result {
    println!("-- a real Slurm");
    let command = splash_flows()?;
    let slurm = Slurm::start()?;
    let simulator = Simulator::start_in(&["--slurm"], &slurm.environment())?;
    drive(python, &simulator, "normal")?;
    drop(simulator);
    ours(&slurm, &command, &["--skip", CROWD])?;
    ours(&slurm, &command, &[CROWD])
}

/// Our own tests of these names.
fn ours(slurm: &Slurm, command: &Path, names: &[&str]) -> Result {
    let mut test = tools::cargo(&[
        "test",
        "--quiet",
        "--package",
        "peer-tests",
        "--features",
        "servers",
    ]);
    test.args(["--test", "slurm", "--", "--nocapture"]).args(names);
    test.envs(slurm.environment()).env("SPLASH_FLOWS", command);
    tools::run(test)
}

/// A running Slurm, ended when dropped.
struct Slurm {
    folder: PathBuf,
}

impl Slurm {
    fn start() -> Result<Self> {
        let missing: Vec<&str> = PROGRAMS
            .iter()
            .copied()
            .filter(|program| !is_there(program))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(format!(
                "not installed: {missing}; `apt-get install --no-install-recommends {PACKAGES}`"
            )
            .into());
        }
        let folder = std::env::temp_dir().join(format!("splash-flows-slurm-{}", std::process::id()));
        let slurm = Self { folder };
        // A port that was free a moment ago; the two after it are taken on trust.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port()
            .min(65_000);
        let mut up = slurm.command("up");
        up.arg(port.to_string());
        tools::run(up)?;
        Ok(slurm)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = tools::command("bash", &[&format!("{FOLDER}/slurm.sh"), verb]);
        command.arg(&self.folder);
        command
    }

    fn environment(&self) -> [(&'static str, PathBuf); 1] {
        [("SLURM_CONF", self.folder.join("etc/slurm.conf"))]
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        // Best effort: there is nobody to tell.
        let _ = tools::run(self.command("down"));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .any(|folder| folder.join(program).exists())
}
