//! Where copies of a catalogued file are: written down after a move, taken out after a prune.

use chrono::{DateTime, Utc};
use scicat::{Client, DatasetPid, Location, NewOrigDatablock};

use crate::endpoint::StorageEndpoint;
use crate::progress::Event;
use crate::run::RunContext;

/// A copy that stands: its endpoint, its path on that endpoint's collection, its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    /// The endpoint that holds it.
    pub endpoint: &'a StorageEndpoint,
    /// Its path there.
    pub path: &'a str,
    /// Its size in bytes.
    pub bytes: u64,
}

fn location(endpoint: &StorageEndpoint, path: &str) -> scicat::Result<Location> {
    let host = match endpoint.uri() {
        "" => endpoint.key().as_str(),
        uri => uri,
    };
    Location::new(host, path)
}

/// Writes down where copies of a dataset's file are; doing it twice is doing it once. Answers what could not be written:
/// the copies stand, and the catalogue only does not tell of them.
pub async fn add_locations(
    client: &Client,
    pid: &str,
    copies: &[Copy<'_>],
    modified: DateTime<Utc>,
) -> Vec<String> {
    let locations = client.dataset(DatasetPid::new(pid)).locations();
    let mut failures = Vec::new();
    for copy in copies {
        let files = NewOrigDatablock::new().file(copy.path, copy.bytes, modified);
        let added = match location(copy.endpoint, copy.path) {
            Ok(location) => locations.add(&location, &files).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = added {
            let key = copy.endpoint.key();
            failures.push(format!(
                "the catalogue was not told of the copy on {key}: {error}"
            ));
        }
    }
    failures
}

/// Takes a copy that was pruned out of the catalogue, of every dataset that has it. What fails is a remark: the copy is
/// gone either way. Does nothing where the facility's paths are in no catalogue, or no catalogue is set up.
pub(crate) async fn forget_copy(run: &RunContext, endpoint: &StorageEndpoint, relative: &str, path: &str) {
    let facility = run.facility();
    let catalogued = (facility.config().site().catalogued)(endpoint.key().as_str(), relative);
    let (Some(catalogued), Ok(client)) = (catalogued, facility.catalogue()) else {
        return;
    };
    if let Err(error) = forget(client, &catalogued, endpoint, path).await {
        run.say(&Event::Notice {
            text: format!(
                "the catalogue still tells of the copy on {}: {error}",
                endpoint.key()
            ),
        });
    }
}

async fn forget(
    client: &Client,
    catalogued: &str,
    endpoint: &StorageEndpoint,
    path: &str,
) -> scicat::Result<()> {
    let gone = location(endpoint, path)?;
    let (folder, _) = catalogued.rsplit_once('/').unwrap_or(("", catalogued));
    let datasets = client.datasets().find();
    // Of a file the folder above it, of a folder itself.
    let near = datasets
        .source_folder(folder)
        .source_folder(catalogued)
        .collect()
        .await?;
    for dataset in near {
        client.dataset(dataset.pid).locations().remove(&gone).await?;
    }
    Ok(())
}
