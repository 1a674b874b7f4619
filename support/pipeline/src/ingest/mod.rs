//! Scans into the catalogue: by the rules of their kind, once for a run, and again until they stand there.

mod again;
mod derived;
mod find;
mod locations;
mod parameters;
mod place;
mod validate;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use run_store::Effect;
use scan_ingest::{Record, Rules, Source};
use scicat::{Client, UpsertError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use again::{Again, Later, OpenFlow, due_flows, open_flow, open_flows, settle};
pub use derived::{derive, inputs, seen_here, seen_on, seen_there};
pub use find::{dataset_of, datasets_of};
pub(crate) use locations::forget_copy;
pub use locations::{Copy, Told, look_for_copies, tell, tell_later};
pub use parameters::{FLOW, IngestParameters, Paths};
pub use place::Subject;
pub use scan_ingest::{Bodies, Derivation, Issue};
pub use validate::complete;

use crate::config::Config;
use crate::dotenv::Environment;
use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;

const STEP: &str = "ingest";
const SERVICE: &str = "scicat";

/// A dataset that stands in the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ingested {
    /// Its persistent identifier.
    pub pid: String,
    /// What the scan lacks, each once.
    pub issues: Vec<Issue>,
    /// What was sent, if it was sent by this session; not kept in the record of runs.
    #[serde(skip)]
    pub bodies: Option<Bodies>,
}

/// Reads a scan, which may be several files, by the rules of `spec`. Sends nothing.
///
/// # Errors
/// There are no such rules, the files cannot be read here, or they are no complete scan.
pub async fn read(
    config: &Config,
    environment: &Environment,
    subjects: &[Subject<'_>],
    spec: &str,
) -> Result<Record, Failure> {
    let rules = rules_of(config, spec)?;
    let side = config.ingest().thumbnail_side();
    let mut paths: Vec<(PathBuf, String)> = Vec::new();
    for subject in subjects {
        let local = subject.local(config, environment)?;
        paths.push((local, subject.catalogued(environment)));
    }
    let folder = common_folder(subjects, environment);
    let work = move || {
        let paths = paths
            .iter()
            .map(|(local, path)| (Path::new(local), path.as_str()));
        let source = Source::look_at_all(paths)?;
        let source = match folder {
            Some(folder) => source.in_folder(folder),
            None => source,
        };
        Record::read(&rules, source, side)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::new(STEP, "unreadable", error.to_string()))?
        .map_err(|error| failed(&error))
}

/// The folder of a single file whose path is another one in the catalogue's list of files stays that of the path given.
fn common_folder(subjects: &[Subject<'_>], environment: &Environment) -> Option<String> {
    let [one] = subjects else { return None };
    let (folder, _) = one.path.rsplit_once('/')?;
    (one.catalogued(environment) != one.path).then(|| folder.to_owned())
}

fn rules_of(config: &Config, spec: &str) -> Result<Arc<Rules>, Failure> {
    config.ingest().rules(spec).cloned().ok_or_else(|| {
        let names: Vec<&str> = config.ingest().names().collect();
        let text = format!(
            "there are no rules {spec:?} for the catalogue; there are {}",
            names.join(", ")
        );
        Failure::new(STEP, "no_rules", text).remedy(format!("add ingest.rules.{spec} to {}", config.file()))
    })
}

fn failed(error: &scan_ingest::Error) -> Failure {
    use scan_ingest::Error;
    let code = match error {
        Error::Io { .. } => "unreadable",
        Error::NoFrames { .. } | Error::Changed { .. } => "incomplete",
        Error::Scan(_) => "not_a_scan",
        Error::Nothing { .. } => "no_files",
        _ => "ingest",
    };
    Failure::new(STEP, code, error.to_string())
}

/// Catalogues a scan: a dataset with its files and its picture, once for a run, and once for the catalogue.
///
/// A dataset that is there already is used, and completed where it lacks its files or its picture: a rerun, or a reply
/// that was lost, makes no second one. Nothing is sent for a scan that is not complete.
///
/// # Errors
/// As for [`read`]; or the catalogue refused, or did not answer.
pub async fn ingest(
    run: &RunContext,
    client: &Client,
    subjects: &[Subject<'_>],
    spec: &str,
) -> Result<Ingested, Failure> {
    let store = |error: run_store::Error| Failure::store(STEP, &error);
    let key = subjects.first().map_or("", |subject| subject.relative);
    let (slot, intended) = match run.effect(STEP, key).await? {
        Effect::Done(outcome) => {
            return serde_json::from_value(outcome)
                .map_err(|error| Failure::new(STEP, "run_store", error.to_string()));
        }
        Effect::Pending(slot, _) => (slot, true),
        Effect::New(slot) | Effect::Failed { slot, .. } => (slot, false),
    };
    let facility = run.facility();
    let record = read(facility.config(), facility.environment(), subjects, spec).await?;
    let bodies = record.bodies(client.version());
    let slot = if intended {
        slot
    } else {
        let document = bodies.dataset.to_string();
        let facts = json!({ "origdatablock": bodies.origdatablock });
        // Of two runs for one scan one writes at a time, so that the other finds what it wrote.
        run.claim((STEP, key), slot, document.as_bytes(), &facts).await?
    };
    let upserted = run.holding(STEP, Box::pin(record.send(client))).await?;
    let upserted = upserted.map_err(|error| refused(&error))?;
    if let Some((catalogue, files)) = upserted.other_size {
        let text = format!(
            "SciCat counts {catalogue} bytes for {}, its files have {files}",
            upserted.pid
        );
        run.say(&Event::Notice { text });
    }
    let ingested = Ingested {
        pid: upserted.pid.to_string(),
        issues: record.issues,
        bodies: Some(bodies),
    };
    slot.done(&json!(ingested)).await.map_err(store)?;
    run.say(&Event::Catalogued {
        pid: ingested.pid.clone(),
    });
    Ok(ingested)
}

fn refused(error: &UpsertError) -> Failure {
    let mut failure = Failure::service(STEP, SERVICE, error.error());
    let pid = error.pid().map(|pid| format!(" {pid}")).unwrap_or_default();
    failure.message = format!("{}{pid}: {}", error.step(), failure.message);
    failure.remedy(error.remedy())
}

/// The document of a record as `--json` prints it.
pub fn document(bodies: &Bodies, issues: &[Issue]) -> Value {
    json!({
        "dataset": bodies.dataset,
        "origdatablock": bodies.origdatablock,
        "attachment": bodies.attachment,
        "issues": issues,
    })
}
