//! 10,000 small files from one collection to two others under Globus's limits, the simulator in another process.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sim::Simulator;
use crate::soak::http::Control;
use crate::{Result, project, tools};

const FILES: usize = 10_000;
const BYTES: usize = 1024;
const SOURCE: &str = "spot832";
const DESTINATIONS: [&str; 2] = ["data832", "alcf832_raw"];

/// Plants the files, copies and proves them, compares what stands at the destinations, and prints what it took.
pub(super) fn run() -> Result {
    let parts = ["--package", "proved-transfer", "--example", "many"];
    tools::run(tools::cargo(
        &[&["build", "--release", "--quiet"], &parts[..]].concat(),
    ))?;
    let simulator = Simulator::start_release(&["--limits", "production"])?;
    let ready: Value = serde_json::from_slice(&fs::read(simulator.ready_json())?)?;
    let source = Place::of(&ready, SOURCE)?;
    fs::create_dir_all(source.folder())?;
    for n in 0..FILES {
        fs::write(source.file(n), content(n))?;
    }
    let binary = project::target_folder()?.join("release/examples/many");
    let mut command = tools::command(binary, &[]);
    command
        .arg(simulator.folder().join("state"))
        .arg(FILES.to_string());
    command.args([&source.uuid, &source.root]);
    let destinations = DESTINATIONS.map(|key| Place::of(&ready, key));
    for place in &destinations {
        let place = place.as_ref().map_err(ToString::to_string)?;
        command.args([&place.uuid, &place.root]);
    }
    let variables = ready["env"].as_object().into_iter().flatten();
    command.envs(variables.filter_map(|(name, value)| Some((name, value.as_str()?))));
    let line = tools::output(command)?;
    for place in destinations {
        let place = place?;
        for n in 0..FILES {
            if fs::read(place.file(n))? != content(n) {
                return Err(format!("{} is not the source's", place.file(n).display()).into());
            }
        }
    }
    let journal = journal(&ready)?;
    let count = |operation: &str| journal.lines().filter(|line| line.contains(operation)).count();
    println!(
        "{FILES} files of {BYTES} bytes to {} collections: {}; {} tasks, {} requests of the transfer service \
         ({} refused for their rate)",
        DESTINATIONS.len(),
        line.trim(),
        count("\"transfer.submit\""),
        count("\"globus_transfer\""),
        count("\"status\":429"),
    );
    Ok(())
}

/// A collection of the simulator.
struct Place {
    uuid: String,
    root: String,
    dir: PathBuf,
}

impl Place {
    fn of(ready: &Value, key: &str) -> Result<Self> {
        let collection = &ready["collections"][key];
        let text = |name: &str| collection[name].as_str().map(str::to_owned);
        let no_such = || format!("the simulator has no collection {key}");
        Ok(Self {
            uuid: text("uuid").ok_or_else(no_such)?,
            root: text("root_path").ok_or_else(no_such)?,
            dir: text("dir").map(PathBuf::from).ok_or_else(no_such)?,
        })
    }

    fn folder(&self) -> PathBuf {
        let root = Path::new(self.root.trim_start_matches('/'));
        self.dir.join(root).join("many")
    }

    fn file(&self, n: usize) -> PathBuf {
        self.folder().join(format!("{n:05}"))
    }
}

/// What differs from file to file.
fn content(n: usize) -> Vec<u8> {
    let mut text = format!("{n:05} ").repeat(BYTES / 6 + 1).into_bytes();
    text.truncate(BYTES);
    text
}

/// The simulator's record of all requests, one a line.
fn journal(ready: &Value) -> Result<String> {
    let url = ready["journal"]
        .as_str()
        .ok_or("the simulator keeps no journal")?;
    let path = "/sim/journal";
    Control::new(url.trim_end_matches(path))?.get(path)
}
