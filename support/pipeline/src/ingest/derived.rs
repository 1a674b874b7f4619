//! Results of a reconstruction, as datasets that name what they were computed from.

use std::path::{Path, PathBuf};

use run_store::Effect;
use scan_ingest::{Bodies, Derivation, Source};
use scicat::{Client, Dataset, DatasetPid, NewDataset};
use serde_json::{Map, Value, json};

use super::{Ingested, SERVICE, STEP, Subject, failed, refused};
use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;

/// What a result was computed from, and by what.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    /// The datasets, at least one.
    pub inputs: &'a [DatasetPid],
    /// The programs with their versions, at least one.
    pub software: &'a [String],
    /// The parameters of the job.
    pub parameters: Map<String, Value>,
}

/// Catalogues a result, a folder of slices for instance: a derived dataset with its files, once for a run, and once for
/// the catalogue. Who owns and may read the first input owns and may read the result.
///
/// # Errors
/// The files cannot be read here, an input is not in the catalogue, or the catalogue refused or did not answer.
pub async fn derive(
    run: &RunContext,
    client: &Client,
    subjects: &[Subject<'_>],
    origin: Origin<'_>,
) -> Result<Ingested, Failure> {
    let store = |error: run_store::Error| Failure::store(STEP, &error);
    let key = subjects.first().map_or("", |subject| subject.relative);
    let slot = match run.effect(STEP, key).await? {
        Effect::Done(outcome) => {
            return serde_json::from_value(outcome)
                .map_err(|error| Failure::new(STEP, "run_store", error.to_string()));
        }
        Effect::Pending(slot, _) => (slot, true),
        Effect::New(slot) | Effect::Failed { slot, .. } => (slot, false),
    };
    let derivation = Derivation::new(&look(run, subjects).await?, origin.software.iter().cloned());
    let derivation = derivation.parameters(origin.parameters);
    let inputs = Box::pin(inputs(client, origin.inputs)).await?;
    let dataset = derivation.dataset(&inputs).map_err(|error| failed(&error))?;
    let bodies = Bodies {
        dataset: NewDataset::from(dataset.clone()).to_json(client.version()),
        origdatablock: json!(derivation.files()),
        attachment: None,
    };
    let slot = match slot {
        (slot, true) => slot,
        (slot, false) => {
            let document = bodies.dataset.to_string();
            let facts = json!({ "inputs": bodies.dataset["inputDatasets"] });
            slot.intend(document.as_bytes(), &facts).await.map_err(store)?
        }
    };
    let upserted = run
        .holding(STEP, Box::pin(derivation.send(client, dataset)))
        .await?;
    let upserted = upserted.map_err(|error| refused(&error))?;
    let ingested = Ingested {
        pid: upserted.pid.to_string(),
        issues: Vec::new(),
        bodies: Some(bodies),
    };
    slot.done(&json!(ingested)).await.map_err(store)?;
    run.say(&Event::Catalogued {
        pid: ingested.pid.clone(),
    });
    Ok(ingested)
}

async fn look(run: &RunContext, subjects: &[Subject<'_>]) -> Result<Source, Failure> {
    let (config, environment) = (run.facility().config(), run.facility().environment());
    let mut paths: Vec<(PathBuf, String)> = Vec::new();
    for subject in subjects {
        paths.push((
            subject.local(config, environment)?,
            subject.catalogued(environment),
        ));
    }
    let work = move || {
        Source::look_at_all(
            paths
                .iter()
                .map(|(local, path)| (Path::new(local), path.as_str())),
        )
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::new(STEP, "unreadable", error.to_string()))?
        .map_err(|error| failed(&error))
}

async fn inputs(client: &Client, pids: &[DatasetPid]) -> Result<Vec<Dataset>, Failure> {
    let mut inputs = Vec::new();
    for pid in pids {
        let input = client.dataset(pid.clone()).get().send().await;
        inputs.push(input.map_err(|error| {
            let failure = Failure::service(STEP, SERVICE, &error);
            failure.remedy(format!(
                "catalogue {pid} first: what is computed names what it was computed from"
            ))
        })?);
    }
    Ok(inputs)
}
