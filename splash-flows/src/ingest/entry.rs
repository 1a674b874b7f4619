//! One dataset and one datablock for one scan, however often it is asked for.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use run_store::{Effect, Slot};
use scan_h5::Scan;
use scicat::{Client, ContactEmail, DatasetPid, NewOrigDatablock, NewRawDataset, RequiredFields};
use serde_json::json;

use super::catalogue_832::{Catalogue, search_terms};
use super::metadata::local_file;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::report::Catalogued;
use crate::run::RunContext;
use crate::scan_path::ScanPath;

const STEP: &str = "ingest";
const SERVICE: &str = "scicat";

/// Catalogues a scan: a raw dataset and its datablock, read from the file that this machine sees below
/// one of `endpoints`. Answers the dataset and the remarks on the scan's metadata.
///
/// A dataset that is there already (same folder, same name) is used, and completed if its datablock is
/// missing: a rerun, or a reply that was lost, makes no second one.
///
/// # Errors
/// The file cannot be read, or the catalogue refused or did not answer.
pub async fn ingest(
    run: &RunContext,
    scan: &ScanPath,
    endpoints: &[&StorageEndpoint],
) -> Result<(Catalogued, Vec<String>), Failure> {
    let slot = match run.effect(STEP, scan.relative()).await? {
        Effect::Done(outcome) => {
            return serde_json::from_value(outcome["catalogued"].clone())
                .map(|catalogued| (catalogued, Vec::new()))
                .map_err(|error| Failure::new(STEP, "run_store", error.to_string()));
        }
        Effect::Pending(slot, _) => (slot, true),
        Effect::New(slot) | Effect::Failed { slot, .. } => (slot, false),
    };
    let (slot, intended) = slot;
    let path = local_file(run.facility(), scan, endpoints, STEP)?;
    let read = ScanFile::read(path).await?;
    let entry = entry(scan, &read)?;
    let slot = if intended {
        slot
    } else {
        intend(slot, &entry).await?
    };
    let pid = run
        .holding(STEP, Box::pin(write(run.facility().catalogue()?, scan, entry)))
        .await??;
    let catalogued = Catalogued { pid: pid.to_string() };
    slot.done(&json!({ "catalogued": catalogued }))
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    run.say(&Event::Catalogued {
        pid: catalogued.pid.clone(),
    });
    Ok((catalogued, read.catalogue.issues))
}

/// What this machine's file says.
struct ScanFile {
    catalogue: Catalogue,
    size: u64,
    modified: DateTime<Utc>,
}

impl ScanFile {
    async fn read(path: PathBuf) -> Result<Self, Failure> {
        tokio::task::spawn_blocking(move || Self::read_blocking(&path))
            .await
            .map_err(|error| Failure::new(STEP, "unreadable", error.to_string()))?
    }

    fn read_blocking(path: &Path) -> Result<Self, Failure> {
        let io =
            |error: std::io::Error| Failure::new(STEP, "unreadable", format!("{}: {error}", path.display()));
        let facts = std::fs::metadata(path).map_err(io)?;
        let modified = facts.modified().map_err(io)?.into();
        let scan = Scan::open(path).map_err(|error| Failure::new(STEP, "not_a_scan", error.to_string()))?;
        Ok(Self {
            catalogue: Catalogue::read(&scan),
            size: facts.len(),
            modified,
        })
    }
}

/// The two bodies.
struct Entry {
    dataset: NewRawDataset,
    folder: String,
    name: String,
    modified: DateTime<Utc>,
    datablock: NewOrigDatablock,
}

fn entry(scan: &ScanPath, read: &ScanFile) -> Result<Entry, Failure> {
    let refused = |error: rest_core::Error| Failure::service(STEP, SERVICE, &error);
    let catalogue = &read.catalogue;
    let folder = scan
        .original()
        .rsplit_once('/')
        .map_or_else(String::new, |(folder, _)| folder.to_owned());
    let name = catalogue.name.clone().unwrap_or_else(|| scan.stem().to_owned());
    let terms = search_terms(&name);
    let mut dataset = NewRawDataset::new(RequiredFields {
        owner: catalogue.principal_investigator.clone(),
        owner_group: catalogue.owner_group().to_owned(),
        contact_email: ContactEmail::new(&catalogue.contact_email).map_err(refused)?,
        source_folder: folder.clone(),
        dataset_name: name.clone(),
        creation_time: read.modified,
        principal_investigator: catalogue.principal_investigator.clone(),
        creation_location: catalogue.instrument.clone(),
    })
    .instrument_id(&catalogue.instrument)
    .data_format("DX")
    .description(terms.join(" "))
    .sample_id(terms.join(" "))
    .keywords(terms)
    .access_groups(catalogue.access_groups());
    if let Some(proposal) = &catalogue.proposal {
        dataset = dataset.proposal_id(proposal);
    }
    let datablock = NewOrigDatablock::new().file(scan.original(), read.size, read.modified);
    Ok(Entry {
        dataset,
        folder,
        name,
        modified: read.modified,
        datablock,
    })
}

async fn intend(slot: Slot, entry: &Entry) -> Result<Slot, Failure> {
    let document = serde_json::to_vec(&entry.dataset)
        .map_err(|error| Failure::new(STEP, "ingest", error.to_string()))?;
    slot.intend(&document, &json!({ "origdatablock": entry.datablock }))
        .await
        .map_err(|error| Failure::store(STEP, &error))
}

/// Finds or creates the dataset, then its datablock.
async fn write(client: &Client, scan: &ScanPath, entry: Entry) -> Result<DatasetPid, Failure> {
    let failed = |error: rest_core::Error| {
        Failure::service(STEP, SERVICE, &error)
            .remedy("the copies stand; run again with the same --run-id once the catalogue answers")
    };
    let found = match find_or_create(client, scan, &entry).await {
        // The login may have ended before the search, which then showed what a stranger sees.
        Err(error) if error.is_unauthenticated() || error.is_permission_denied() => {
            find_or_create(client, scan, &entry).await
        }
        outcome => outcome,
    }
    .map_err(failed)?;
    if !found.complete {
        let blocks = client.origdatablocks(found.pid.clone());
        blocks.create(entry.datablock).send().await.map_err(failed)?;
    }
    Ok(found.pid)
}

async fn find_or_create(client: &Client, scan: &ScanPath, entry: &Entry) -> rest_core::Result<Found> {
    match find(client, scan, entry).await? {
        Some(found) => Ok(found),
        None => create(client, scan, entry).await,
    }
}

/// This scan's dataset.
struct Found {
    pid: DatasetPid,
    /// Whether its datablock is there.
    complete: bool,
}

/// Looks for this scan's dataset among those of its folder and name. Two scans may well have both in common:
/// the one that lists this file is ours, or the one without a datablock that was made for a file of this time.
async fn find(client: &Client, scan: &ScanPath, entry: &Entry) -> rest_core::Result<Option<Found>> {
    let search = client.datasets().find();
    let named = search
        .source_folder(&entry.folder)
        .dataset_name(&entry.name)
        .collect()
        .await?;
    let mut begun = None;
    for dataset in named {
        let blocks = client.origdatablocks(dataset.pid.clone()).list().send().await?;
        if blocks.is_empty() {
            let same_time = dataset
                .creation_time
                .is_some_and(|time| same_millisecond(time, entry.modified));
            begun = begun.or(same_time.then_some(dataset.pid));
            continue;
        }
        let mut files = blocks.iter().flat_map(|block| &block.data_file_list);
        if files.any(|file| file.path == scan.original()) {
            return Ok(Some(Found {
                pid: dataset.pid,
                complete: true,
            }));
        }
    }
    Ok(begun.map(|pid| Found { pid, complete: false }))
}

/// The catalogue keeps milliseconds.
fn same_millisecond(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    one.timestamp_millis() == other.timestamp_millis()
}

/// Creates the dataset. After a reply that was lost, looks whether it is there before calling it a failure.
async fn create(client: &Client, scan: &ScanPath, entry: &Entry) -> rest_core::Result<Found> {
    match client.datasets().create(entry.dataset.clone()).send().await {
        Ok(dataset) => Ok(Found {
            pid: dataset.pid,
            complete: false,
        }),
        Err(error) if error.was_sent() == rest_core::Sent::Maybe => {
            find(client, scan, entry).await?.ok_or(error)
        }
        Err(error) => Err(error),
    }
}
