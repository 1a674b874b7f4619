//! Results of a reconstruction, as datasets that name what they were computed from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use proved_transfer::copy::{Extent, Located, extent};
use run_store::Effect;
use scan_ingest::{Bodies, Derivation, Source};
use scicat::{Client, Dataset, DatasetPid, NewDataset, NewOrigDatablock};
use serde_json::json;

use super::{Ingested, SERVICE, STEP, Subject, failed, refused};
use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;

/// Above so many files those of a folder within the result are one entry of its list: a volume in many small pieces would
/// make a document that no catalogue takes.
const MOST_ENTRIES: usize = 20_000;

/// Catalogues a result, a folder of slices for instance: a derived dataset with its files, once for a run, and once for
/// the catalogue. `made` says what it is, by which programs, and what it was computed from; it is not asked for where the
/// run did it before. Who owns and may read the first input owns and may read the result.
///
/// # Errors
/// Those of `made`; there is no input or no program; the catalogue refused or did not answer.
pub async fn derive(
    run: &RunContext,
    client: &Client,
    key: &str,
    made: impl Future<Output = Result<(Derivation, Vec<Dataset>), Failure>>,
) -> Result<Ingested, Failure> {
    let store = |error: run_store::Error| Failure::store(STEP, &error);
    let (slot, intended) = match run.effect(STEP, key).await? {
        Effect::Done(outcome) => {
            return serde_json::from_value(outcome)
                .map_err(|error| Failure::new(STEP, "run_store", error.to_string()));
        }
        Effect::Pending(slot, _) => (slot, true),
        Effect::New(slot) | Effect::Failed { slot, .. } => (slot, false),
    };
    let (derivation, inputs) = Box::pin(made).await?;
    let dataset = derivation.dataset(&inputs).map_err(|error| failed(&error))?;
    let bodies = Bodies {
        dataset: NewDataset::from(dataset.clone()).to_json(client.version()),
        origdatablock: json!(derivation.files()),
        attachment: None,
    };
    let slot = if intended {
        slot
    } else {
        let document = bodies.dataset.to_string();
        let facts = json!({ "inputs": bodies.dataset["inputDatasets"] });
        run.claim((STEP, key), slot, document.as_bytes(), &facts).await?
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

/// A result that this machine sees.
///
/// # Errors
/// It cannot be read, or there is no file.
pub async fn seen_here(run: &RunContext, subjects: &[Subject<'_>]) -> Result<Derivation, Failure> {
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
    let source = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::new(STEP, "unreadable", error.to_string()))?
        .map_err(|error| failed(&error))?;
    Ok(Derivation::new(&source, Vec::<String>::new()))
}

/// A result as listings show it, under the path by which the catalogue is to know it.
pub fn seen_there(path: &str, extent: &Extent) -> Derivation {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let created = extent.newest().unwrap_or(DateTime::UNIX_EPOCH);
    match extent {
        Extent::File(file) => {
            let block = NewOrigDatablock::new().file(path, file.size(), file.modified());
            Derivation::of_files(name, parent, created, block)
        }
        Extent::Folder(folder) => {
            let files = folder.files().iter();
            let files = files.map(|file| (file.path(), file.size(), file.modified()));
            Derivation::of_files(name, path, created, entries(path, files, MOST_ENTRIES))
        }
    }
}

/// A result as the first of these endpoints (by their keys) shows it that has it; nothing if none has.
///
/// # Errors
/// An endpoint could not be asked.
pub async fn seen_on(run: &RunContext, path: &str, keys: &[String]) -> Result<Option<Derivation>, Failure> {
    let config = run.facility().config();
    for key in keys {
        let (Ok(endpoint), Some(relative)) = (config.endpoint(key), config.site().relative_on(key, path))
        else {
            continue;
        };
        let at = Located {
            endpoint,
            path: relative,
        };
        if let Some(extent) = extent(run.facility().workplace(), at, STEP).await? {
            return Ok(Some(seen_there(path, &extent)));
        }
    }
    Ok(None)
}

/// A list of files, or, if they are more than `most`, of what stands directly in the folder.
fn entries<'a>(
    folder: &str,
    files: impl ExactSizeIterator<Item = (&'a str, u64, DateTime<Utc>)>,
    most: usize,
) -> NewOrigDatablock {
    let whole = files.len() <= most;
    let mut entries: BTreeMap<&str, (u64, DateTime<Utc>)> = BTreeMap::new();
    for (path, size, time) in files {
        let path = path.trim_start_matches('/');
        let entry = if whole {
            path
        } else {
            path.split('/').next().unwrap_or(path)
        };
        let sum = entries.entry(entry).or_insert((0, time));
        *sum = (sum.0.saturating_add(size), sum.1.max(time));
    }
    let entries = entries.into_iter();
    entries.fold(NewOrigDatablock::new(), |block, (entry, (size, time))| {
        block.file(format!("{folder}/{entry}"), size, time)
    })
}

/// Datasets that something was computed from.
///
/// # Errors
/// One is not in the catalogue, or the catalogue cannot be asked.
pub async fn inputs(client: &Client, pids: &[DatasetPid]) -> Result<Vec<Dataset>, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_many_files_has_an_entry_for_each_folder_within() {
        let time = DateTime::UNIX_EPOCH;
        let files = [
            ("0/a", 1, time),
            ("0/b/c", 2, time),
            ("1/a", 4, time),
            (".zattrs", 8, time),
        ];
        let paths = |most| {
            let block = entries("/r/x.zarr", files.into_iter(), most);
            assert_eq!(block.size(), 15);
            let files = block.files().iter();
            files
                .map(|file| (file.path.clone(), file.size))
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(4).len(), 4);
        assert_eq!(paths(4)[1], ("/r/x.zarr/0/a".to_owned(), 1));
        let few = [("/r/x.zarr/.zattrs", 8), ("/r/x.zarr/0", 3), ("/r/x.zarr/1", 4)];
        assert_eq!(paths(3), few.map(|(path, size)| (path.to_owned(), size)));
    }
}
