//! What must be true at every moment of a soak, and at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::scan::{Kind, Scan};
use super::site::{DISKS, Site};
use crate::{Result, tools};

/// Reads the effects that runs recorded: the store is SQLite, which this program does not speak.
const EFFECTS: &str = "
import json, sqlite3, sys
rows = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute(
    'SELECT run_id, step, key, attempt, state, document FROM effects ORDER BY run_id, step, key, attempt')
json.dump([dict(run=r, step=s, key=k, attempt=a, state=t, document=d.decode()) for r, s, k, a, t, d in rows], sys.stdout)
";

/// A broken promise: the scan that it concerns, if it is one, and what is wrong.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) scan: Option<usize>,
    pub(super) what: String,
}

fn broken(scan: usize, what: impl Into<String>) -> Kept {
    Err(Broken {
        scan: Some(scan),
        what: what.into(),
    })
}

impl<E: std::fmt::Display> From<E> for Broken {
    fn from(error: E) -> Self {
        Self {
            scan: None,
            what: error.to_string(),
        }
    }
}

/// Whether the promises were kept.
pub(super) type Kept = std::result::Result<(), Broken>;

/// While processes come and go: every scan stands whole somewhere, and nowhere that it may not.
pub(super) fn throughout(site: &Site, scans: &[Scan]) -> Kept {
    let mut gone = Vec::new();
    for (n, scan) in scans.iter().enumerate() {
        // In the order in which copies are made and deleted: what goes meanwhile is found further on.
        let [spot, data, nersc] = DISKS.map(|disk| fs::read(site.path(disk, &scan.name)).ok());
        let whole = |copy: &Option<Vec<u8>>| copy.as_ref() == Some(&scan.bytes);
        if ![&spot, &data, &nersc].into_iter().any(whole) {
            return broken(n, "no disk holds the scan's bytes");
        }
        if scan.kind == Kind::Controlled && nersc.is_some() {
            return broken(n, "an export controlled scan is at NERSC");
        }
        if spot.is_none() {
            gone.push((n, "spot832"));
        }
        if data.is_none() && scan.moved {
            gone.push((n, "data832"));
        }
    }
    // Read last: the evidence is written before the deletion.
    let audited = audited(site)?;
    for (n, disk) in gone {
        let path = below_root(site, disk, &Scan::name(n))?;
        if !audited.contains(&(site.uuid(disk).to_owned(), path)) {
            return broken(
                n,
                format!("the copy on {disk} is gone and the audit log does not say why"),
            );
        }
    }
    Ok(())
}

/// A path as the collection knows it.
fn below_root(site: &Site, disk: &str, name: &str) -> Result<String> {
    let host = site.root().canonicalize()?;
    let path = site.path(disk, name);
    let below = path.strip_prefix(&host)?;
    let in_collection: PathBuf = below.components().skip(1).collect();
    Ok(format!("/{}", in_collection.display()))
}

/// The collection and path of every deletion that the audit log has evidence for.
fn audited(site: &Site) -> Result<BTreeSet<(String, String)>> {
    let text = fs::read_to_string(site.folder.join("state/audit.jsonl")).unwrap_or_default();
    let mut audited = BTreeSet::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        let subject = &line["evidence"]["subject"];
        let text = |key: &str| subject[key].as_str().unwrap_or_default().to_owned();
        audited.insert((text("collection"), text("path")));
    }
    Ok(audited)
}

/// Once nothing runs any more.
pub(super) fn at_the_end(site: &Site, scans: &[Scan]) -> Kept {
    throughout(site, scans)?;
    let state = site.state()?;
    let effects = effects(site)?;
    each_task_has_its_intent(&state, &effects)?;
    attempts_follow_failures(&effects)?;
    catalogued_once(&state, scans)?;
    scheduled_once(&state)?;
    nothing_left_aside(site)?;
    no_secret(site)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn effects(site: &Site) -> Result<Value> {
    let mut python = tools::command("python3", &["-c", EFFECTS]);
    python.arg(site.folder.join("state/runs.sqlite3"));
    Ok(serde_json::from_str(&tools::output(python)?)?)
}

/// No task without a recorded attempt, no attempt with two tasks.
fn each_task_has_its_intent(state: &Value, effects: &Value) -> Kept {
    let mut intents: BTreeMap<String, usize> = BTreeMap::new();
    for effect in list(effects) {
        let document: Value =
            serde_json::from_str(effect["document"].as_str().unwrap_or("null")).unwrap_or_default();
        if let Some(id) = document["submission_id"].as_str() {
            *intents.entry(id.to_owned()).or_default() += 1;
        }
    }
    let mut seen = BTreeSet::new();
    for task in list(&state["tasks"]) {
        let id = task["submission_id"].as_str().unwrap_or_default();
        if !seen.insert(id) {
            return Err(format!("two tasks for one submission id: {task}").into());
        }
        if intents.get(id) != Some(&1) {
            return Err(format!("{:?} recorded attempts for the task {task}", intents.get(id)).into());
        }
    }
    Ok(())
}

/// A second attempt is made only where the first is known to have failed.
fn attempts_follow_failures(effects: &Value) -> Kept {
    for pair in list(effects).windows(2) {
        let same = ["run", "step", "key"]
            .iter()
            .all(|key| pair[0][key] == pair[1][key]);
        if same && pair[0]["state"] != "failed" {
            return Err(format!("an attempt after one that did not fail: {} {}", pair[0], pair[1]).into());
        }
    }
    Ok(())
}

/// One dataset for each scan that went to NERSC, none for the others.
fn catalogued_once(state: &Value, scans: &[Scan]) -> Kept {
    let mut datasets: BTreeMap<String, usize> = BTreeMap::new();
    for dataset in list(&state["datasets"]) {
        let folder = dataset["sourceFolder"].as_str().unwrap_or_default();
        *datasets.entry(folder.to_owned()).or_default() += 1;
    }
    for (n, scan) in scans.iter().enumerate() {
        let folder = format!("/global/{}", scan.name.trim_end_matches("/scan.h5"));
        let made = datasets.get(&folder).copied().unwrap_or(0);
        let wanted = usize::from(scan.moved && scan.kind != Kind::Controlled);
        if made != wanted && (scan.moved || made > 1) {
            return broken(n, format!("{made} datasets, {wanted} expected"));
        }
    }
    Ok(())
}

fn scheduled_once(state: &Value) -> Kept {
    let mut keys = BTreeSet::new();
    for run in list(&state["flow_runs"]) {
        let key = run["idempotency_key"].as_str().unwrap_or_default();
        if !keys.insert(key) {
            return Err(format!("{key} is scheduled twice").into());
        }
    }
    Ok(())
}

/// What a prune renamed aside is gone or back.
fn nothing_left_aside(site: &Site) -> Kept {
    let aside = files_below(&site.root())?
        .into_iter()
        .find(|path| path.to_string_lossy().contains("/.prune-"));
    match aside {
        None => Ok(()),
        Some(path) => Err(format!("{} was left aside", path.display()).into()),
    }
}

/// Nothing that lets anybody in is in the journal, in a log or in the record of runs.
fn no_secret(site: &Site) -> Kept {
    let env = fs::read_to_string(site.folder.join("env"))?;
    let secrets: Vec<&str> = env
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.ends_with("SECRET") || name.ends_with("PASSWORD"))
        .map(|(_, value)| value.trim_matches('\''))
        .chain(["Bearer Ag", "Bearer ey"])
        .collect();
    let mut places = files_below(&site.folder.join("state"))?;
    places.extend(files_below(&site.folder.join("logs"))?);
    for path in places {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        if secrets.iter().any(|secret| text.contains(secret)) {
            return Err(format!("a secret is in {}", path.display()).into());
        }
    }
    let journal = site.control.get("/sim/journal")?;
    if secrets.iter().any(|secret| journal.contains(secret)) {
        return Err("a secret is in the simulator's journal".into());
    }
    Ok(())
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
