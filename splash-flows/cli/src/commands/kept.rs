//! The ids that `globus-flow init` keeps: as variables of the Prefect server, or where there is none in the state folder.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;

/// In the state folder.
const FILE: &str = "globus-flows.json";

/// The file, where there is no server.
pub(super) fn file(facility: &Facility) -> Option<PathBuf> {
    let local = facility.scheduler().is_local();
    local.then(|| facility.workplace().state_dir.join(FILE))
}

/// What is kept under a name.
pub(super) async fn kept(facility: &Facility, name: &str, key: &str) -> Result<Option<String>, Failure> {
    let mut value = facility.scheduler().variable(name).await?;
    if let (None, Some(file)) = (&value, file(facility)) {
        value = read(&file)?.remove(name);
    }
    // Prefect 2 keeps a variable's JSON as text.
    let parsed = value
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let id = parsed
        .as_ref()
        .or(value.as_ref())
        .and_then(|value| value[key].as_str());
    Ok(id.map(str::to_owned))
}

/// Keeps an id, unless it is kept.
pub(super) async fn keep(facility: &Facility, name: &str, key: &str, id: &str) -> Result<(), Failure> {
    if kept(facility, name, key).await?.as_deref() == Some(id) {
        return Ok(());
    }
    let value = json!({ key: id });
    let Some(file) = file(facility) else {
        return facility.scheduler().publish(name, &value).await;
    };
    let mut all = read(&file)?;
    all.insert(name.to_owned(), value);
    write(&file, &all).map_err(|error| unusable(&file, &error.to_string()))
}

fn read(file: &PathBuf) -> Result<Map<String, Value>, Failure> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unusable(file, &error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(unusable(file, &error.to_string())),
    }
}

/// As a whole or not at all.
fn write(file: &PathBuf, all: &Map<String, Value>) -> std::io::Result<()> {
    let part = file.with_extension("part");
    let mut new = std::fs::File::create(&part)?;
    new.write_all(json!(all).to_string().as_bytes())?;
    new.sync_all()?;
    std::fs::rename(part, file)
}

fn unusable(file: &std::path::Path, why: &str) -> Failure {
    let text = format!("{}: {why}", file.display());
    Failure::new("globus-flow", "state_folder", text).remedy("mend or move the file away, then run it again")
}
