//! A tree of 100,000 files in 1,000 folders, listed by `ls_recursive` and by a serial walk with the Globus SDK.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::sim::Simulator;
use crate::{Result, peers, project, tools};

const FOLDERS: usize = 1_000;
const FILES_EACH: usize = 100;
const COLLECTION: &str = "data832";
const PATH: &str = "/data/walk/";

/// Makes the tree, walks through it in three ways, and prints what each took.
pub(super) fn run() -> Result {
    let parts = ["--package", "globus-transfer", "--example", "walk"];
    tools::run(tools::cargo(
        &[&["build", "--release", "--quiet"], &parts[..]].concat(),
    ))?;
    let simulator = Simulator::start_release(&[])?;
    let ready: Value = serde_json::from_slice(&fs::read(simulator.ready_json())?)?;
    let collection = &ready["collections"][COLLECTION];
    let dir = collection["dir"].as_str().ok_or("no folder of the collection")?;
    plant(&Path::new(dir).join(PATH.trim_start_matches('/')))?;
    let python = peers::globus_python()?;
    let mut serial = tools::command(python, &["support/peer-tests/globus_walk.py"]);
    serial
        .arg(simulator.ready_json())
        .args([COLLECTION, PATH])
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let serial = tools::output(serial)?;
    let uuid = collection["uuid"].as_str().unwrap_or_default();
    let walk = |rate: &[&str]| -> Result<String> {
        let binary = project::target_folder()?.join("release/examples/walk");
        let mut command = tools::command(binary, &[&[uuid, PATH], rate].concat());
        let variables = ready["env"].as_object().into_iter().flatten();
        command.envs(variables.filter_map(|(name, value)| Some((name, value.as_str()?))));
        tools::output(command)
    };
    let unlimited = walk(&["0"])?;
    let limited = walk(&[])?;
    let times = (seconds(&serial), seconds(&unlimited));
    println!("serial walk with the Globus SDK: {}", serial.trim());
    println!(
        "ls_recursive, no limits: {} ({:.1} x as fast)",
        unlimited.trim(),
        times.0 / times.1
    );
    println!("ls_recursive, 20 requests a second: {}", limited.trim());
    Ok(())
}

fn plant(root: &Path) -> Result {
    for folder in 0..FOLDERS {
        let folder = root.join(format!("{folder:04}"));
        fs::create_dir_all(&folder)?;
        for file in 0..FILES_EACH {
            fs::File::create(folder.join(format!("{file:03}.h5")))?;
        }
    }
    Ok(())
}

/// The number before the last word of `… entries in 1.23 s`.
fn seconds(line: &str) -> f64 {
    let number = line.split_whitespace().rev().nth(1);
    number.and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}
