//! A simulated facility in its own process, with the configuration and the scans that the soak gives it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::http::Control;
use super::random::Random;
use crate::sim::Simulator;
use crate::{Result, project, tools};

/// What goes wrong, all of it at once. Each line is a fault of service-sim, whose seed is the soak's.
///
/// SciCat has no idempotency key: a creation that the network delivers twice makes two datasets whatever the client
/// does, so nothing of SciCat's is delivered twice here. A task that reports SUCCEEDED over wrong bytes of the right
/// length (`corrupt`) is beyond any client that does not read the files, and is left out too.
pub(super) const FAULTS: &[&str] = &[
    "*:reset-before,rate=0.03",
    "*:reset-after,rate=0.03",
    "*:truncate,rate=0.03",
    "*:status=503,rate=0.05",
    "*:html,rate=0.02",
    "*:latency=150,rate=0.08",
    "transfer.*:status=429,retry-after=1,rate=0.01",
    "transfer.*:401,rate=0.01,times=1000000",
    "scicat.*:401,rate=0.01,times=1000000",
    "transfer.*:duplicate,rate=0.03",
    "prefect.*:duplicate,rate=0.03",
    "transfer.*:stale,rate=0.05",
    "transfer.stat:skew=7200,rate=0.01",
    "transfer.ls:skew=-7200,rate=0.01",
    "transfer.task_list:skew=-10800,rate=0.02",
    "task:fail,rate=0.02",
    "task:file-not-found,rate=0.01",
    "task:permission-denied,rate=0.01",
    "task:disk-full,rate=0.01",
    "task:expire,rate=0.01",
    "task:inactive,rate=0.01",
    "task:stall,rate=0.01",
    "task:skipped,rate=0.01",
    "task:truncate,rate=0.01",
    "task:skew=3600,rate=0.02",
];

/// The three disks of a scan's way.
pub(super) const DISKS: [&str; 3] = ["spot832", "data832", "nersc832"];

/// The facility, the binaries and a folder for what they leave behind.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) control: Control,
    simulator: Simulator,
    /// Configuration, record of runs and logs; kept where the soak fails.
    pub(super) folder: PathBuf,
    roots: BTreeMap<&'static str, PathBuf>,
    uuids: BTreeMap<&'static str, String>,
    binaries: PathBuf,
    template: Vec<u8>,
}

impl Site {
    /// Builds what is run and starts the simulator with every fault.
    pub(super) fn open(seed: u64) -> Result<Self> {
        let flows = [
            "build",
            "--quiet",
            "--package",
            "splash-flows-cli",
            "--bin",
            "splash-flows",
        ];
        let mut build = tools::cargo(&flows);
        build.args(["--example", "soak_worker"]);
        tools::run(build)?;
        let seed_text = seed.to_string();
        let mut arguments = vec!["--seed", &seed_text, "--transfer-delay", "50ms"];
        arguments.extend(FAULTS.iter().flat_map(|fault| ["--fault", *fault]));
        let simulator = Simulator::start(&arguments)?;
        let ready: Value = serde_json::from_str(&fs::read_to_string(simulator.ready_json())?)?;
        let folder = std::env::temp_dir().join(format!("splash-flows-soak-{}-{seed}", std::process::id()));
        fs::create_dir_all(folder.join("logs"))?;
        fs::write(folder.join("config.json"), config(&ready["collections"])?)?;
        fs::copy(simulator.folder().join("env"), folder.join("env"))?;
        let url = ready["env"]["SERVICE_SIM_URL"]
            .as_str()
            .ok_or("no control port")?;
        let mut site = Self {
            control: Control::new(url)?,
            simulator,
            roots: roots(&ready["collections"])?,
            uuids: uuids(&ready["collections"])?,
            binaries: project::target_folder()?.join("debug"),
            template: Vec::new(),
            folder,
        };
        site.template = site.first_scan()?;
        Ok(site)
    }

    fn first_scan(&self) -> Result<Vec<u8>> {
        let file = self.folder.join("template.h5");
        let mut write = Command::new(self.binaries.join("examples/soak_worker"));
        write.arg("scan").arg(&file);
        tools::run(write)?;
        Ok(fs::read(file)?)
    }

    /// Where this machine sees a scan on a disk.
    pub(super) fn path(&self, disk: &str, name: &str) -> PathBuf {
        self.roots.get(disk).cloned().unwrap_or_default().join(name)
    }

    /// The collection's uuid.
    pub(super) fn uuid(&self, disk: &str) -> &str {
        self.uuids.get(disk).map_or("", String::as_str)
    }

    /// Writes a scan onto spot832; no two have the same bytes. What follows the end of an HDF5 file is not read.
    pub(super) fn write_scan(&self, name: &str, random: &mut Random) -> Result<Vec<u8>> {
        let mut bytes = self.template.clone();
        let tail = 16 + random.below(20_000);
        bytes.extend(random.bytes(tail));
        let path = self.path("spot832", name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, &bytes)?;
        Ok(bytes)
    }

    /// The command, with the soak's configuration and no variable of this process.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(self.binaries.join("splash-flows"));
        command
            .env_clear()
            .current_dir(&self.folder)
            .args([
                "--config",
                "config.json",
                "--env-file",
                "env",
                "--state-dir",
                "state",
            ])
            .stdin(Stdio::null());
        command
    }

    /// The process that runs one flow after the other.
    pub(super) fn worker(&self) -> Command {
        let mut command = Command::new(self.binaries.join("examples/soak_worker"));
        command
            .env_clear()
            .current_dir(&self.folder)
            .args(["work", "config.json", "env", "state"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// What the simulator knows: tasks, datasets, flow runs, its time.
    pub(super) fn state(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.control.get("/sim/state")?)?)
    }

    /// Every file below the simulator's hosts.
    pub(super) fn root(&self) -> PathBuf {
        self.simulator.folder().join("root")
    }
}

fn disks(collections: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    DISKS.into_iter().map(|disk| (disk, &collections[disk]))
}

fn roots(collections: &Value) -> Result<BTreeMap<&'static str, PathBuf>> {
    let root = |one: &Value| {
        let dir = Path::new(one["dir"].as_str()?);
        Some(dir.join(one["root_path"].as_str()?.trim_matches('/')))
    };
    disks(collections)
        .map(|(disk, one)| Ok((disk, root(one).ok_or("a collection without a folder")?)))
        .collect()
}

fn uuids(collections: &Value) -> Result<BTreeMap<&'static str, String>> {
    disks(collections)
        .map(|(disk, one)| {
            Ok((
                disk,
                one["uuid"]
                    .as_str()
                    .ok_or("a collection without a uuid")?
                    .to_owned(),
            ))
        })
        .collect()
}

/// A configuration of every collection. Deletions are on, and a task without progress is given up soon.
fn config(collections: &Value) -> Result<String> {
    let mut endpoints = serde_json::Map::new();
    for (key, one) in collections.as_object().ok_or("no collections")? {
        let root = one["root_path"].as_str().unwrap_or("/");
        let folder = Path::new(one["dir"].as_str().unwrap_or_default()).join(root.trim_matches('/'));
        endpoints.insert(
            key.clone(),
            json!({
                "uuid": one["uuid"], "uri": one["host"], "name": key, "root_path": root, "local_path": folder,
            }),
        );
    }
    Ok(json!({ "deletion": "on", "stall": "4s", "globus": { "globus_endpoints": endpoints } }).to_string())
}
