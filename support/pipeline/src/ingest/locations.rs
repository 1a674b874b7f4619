//! Where copies of what is catalogued are: written down after a move, taken out after a prune, and looked for again
//! where the catalogue could not be told.

use chrono::{DateTime, Utc};
use proved_transfer::copy::{Seen, observe, path_on};
use scicat::{Client, DatasetPid, Location, NewOrigDatablock};
use serde_json::json;

use super::find::near_or_below;
use super::{Again, FLOW, IngestParameters, Issue, Later, SERVICE, STEP, settle};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;

/// A copy that stands: its endpoint, its path on that endpoint's collection, its bytes. That of a folder is one copy.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    /// The endpoint that holds it.
    pub endpoint: &'a StorageEndpoint,
    /// Its path there.
    pub path: &'a str,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What became of telling the catalogue where copies are.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Told {
    /// What the catalogue does not know yet: the copies stand all the same.
    pub issues: Vec<Issue>,
    /// When it is told again.
    pub again: Option<Again>,
}

/// Writes down where copies are of what the catalogue knows as `path`; doing it twice is doing it once. What cannot be
/// written is no failure of the run, and is tried again by itself: those copies that stand then are written down.
pub async fn tell(run: &RunContext, client: &Client, pid: &str, path: &str, copies: &[Copy<'_>]) -> Told {
    let mut told = Told::default();
    let mut untold = Vec::new();
    for copy in copies {
        if let Err(error) = add(client, pid, copy, run.facility().now()).await {
            let key = copy.endpoint.key();
            let text = format!("the catalogue was not told of the copy on {key}: {error}");
            told.issues.push(Issue::warning(text));
            untold.push((key.to_string(), error));
        }
    }
    let keys = untold.iter().map(|(key, _)| key.clone()).collect();
    if let Some((_, error)) = untold.into_iter().next() {
        told.again = tell_later(run, path, keys, &Failure::service(STEP, SERVICE, &error)).await;
    }
    told
}

async fn add(client: &Client, pid: &str, copy: &Copy<'_>, modified: DateTime<Utc>) -> scicat::Result<()> {
    let location = location(copy.endpoint, copy.path)?;
    let files = NewOrigDatablock::new().file(copy.path, copy.bytes, modified);
    let locations = client.dataset(DatasetPid::new(pid)).locations();
    locations.add(&location, &files).await.map(drop)
}

fn location(endpoint: &StorageEndpoint, path: &str) -> scicat::Result<Location> {
    let host = match endpoint.uri() {
        "" => endpoint.key().as_str(),
        uri => uri,
    };
    Location::new(host, path)
}

/// Has another run ask the endpoints where copies are and tell the catalogue.
pub async fn tell_later(run: &RunContext, path: &str, keys: Vec<String>, failure: &Failure) -> Option<Again> {
    let facility = run.facility();
    let parameters =
        IngestParameters::of_copies(path, keys).with_spec(facility.config().site(), facility.environment());
    let parameters = json!(parameters);
    let later = Later {
        flow: FLOW,
        deployment: FLOW,
        parameters: &parameters,
        same_run: false,
    };
    settle(run, later, Some(failure)).await
}

/// Takes a copy that was pruned, a file or a folder with all in it, out of the catalogue, of every dataset that has it.
/// What fails is a remark, as the copy is gone either way, and is tried again by itself. Does nothing where the
/// facility's paths are in no catalogue, or no catalogue is set up.
pub(crate) async fn forget_copy(run: &RunContext, endpoint: &StorageEndpoint, relative: &str, path: &str) {
    let facility = run.facility();
    let key = endpoint.key().as_str();
    let catalogued = facility.config().site().catalogued(key, relative);
    let (Some(catalogued), Ok(client)) = (catalogued, facility.catalogue()) else {
        return;
    };
    if let Err(error) = forget(client, &catalogued, endpoint, path).await {
        let failure = Failure::service(STEP, SERVICE, &error);
        let again = tell_later(run, &catalogued, vec![key.to_owned()], &failure).await;
        let again = again.map_or(String::new(), |again| format!("; it is told at {}", again.at));
        let text = format!("the catalogue still tells of the copy on {key}: {error}{again}");
        run.say(&Event::Notice { text });
    }
}

async fn forget(
    client: &Client,
    catalogued: &str,
    endpoint: &StorageEndpoint,
    path: &str,
) -> scicat::Result<()> {
    let gone = location(endpoint, path)?;
    for dataset in near_or_below(client, catalogued).await? {
        let locations = client.dataset(dataset.pid.clone()).locations();
        let known = match &dataset.datablocks {
            Some(blocks) => Location::of_blocks(blocks),
            None => locations.list().await?,
        };
        for place in known.iter().filter(|place| place.is_within(&gone)) {
            locations.remove(place).await?;
        }
    }
    Ok(())
}

/// Looks on endpoints, by their keys, for copies of what the catalogue knows as `path`, and has it tell of those that
/// stand, and of no other. Without a dataset it only takes out.
///
/// # Errors
/// A key is unknown or holds no such copies, an endpoint could not be asked, or the catalogue did not take it.
pub async fn look_for_copies(
    run: &RunContext,
    client: &Client,
    pid: Option<&DatasetPid>,
    path: &str,
    keys: &[String],
) -> Result<(), Failure> {
    let config = run.facility().config();
    let service = |error: scicat::Error| Failure::service(STEP, SERVICE, &error);
    for key in keys {
        let unknown = |text: String| Failure::new(STEP, "config", text);
        let endpoint = config.endpoint(key).map_err(|error| unknown(error.to_string()))?;
        let relative = config.site().relative_on(key, path);
        let relative = relative.ok_or_else(|| unknown(format!("{key} holds no copies of {path}")))?;
        let place = path_on(endpoint, relative, STEP)?;
        let bytes = match (
            observe(run.facility().workplace(), endpoint, relative, STEP).await?,
            pid,
        ) {
            (Seen::File(file) | Seen::Link(file), Some(_)) => file.size(),
            (Seen::Folder, Some(pid)) => {
                let dataset = client.dataset(pid.clone()).get().send().await;
                dataset.map_err(service)?.size.unwrap_or(0)
            }
            (Seen::Missing, _) => {
                forget(client, path, endpoint, &place).await.map_err(service)?;
                continue;
            }
            _ => continue,
        };
        let copy = Copy {
            endpoint,
            path: &place,
            bytes,
        };
        if let Some(pid) = pid {
            let added = add(client, pid.as_str(), &copy, run.facility().now()).await;
            added.map_err(service)?;
        }
    }
    Ok(())
}
