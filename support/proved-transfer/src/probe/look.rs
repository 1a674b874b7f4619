//! Looking at an endpoint: whose it is, what is in it. Nothing is changed.

use futures_util::StreamExt;
use globus_transfer::model::EntityType;
use globus_transfer::{EntryKind, ErrorExt};

use super::{SERVICE, STEP};
use crate::copy::collection;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::session::Workplace;

/// The largest file that is copied to try something out, in bytes.
const SMALL: u64 = 1 << 20;
/// How many entries are looked at for a small file.
const LOOKED_AT: usize = 2_000;

/// What the service tells of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// Its name, as the web app shows it.
    pub display_name: Option<String>,
    /// Its owner: in words, else the identity's id.
    pub owner: Option<String>,
    /// What kind it is, as the service writes it.
    pub kind: Option<EntityType>,
    /// Whether tokens must ask for access to its data besides (a mapped collection).
    pub needs_data_access: bool,
}

/// Asks the service about the endpoint's collection. One request; retried.
///
/// # Errors
/// The endpoint's uuid is none, the collection does not exist or may not be seen, the service does not answer.
pub async fn look(place: &Workplace, endpoint: &StorageEndpoint) -> Result<Look, Failure> {
    let id = collection(endpoint, STEP)?;
    let found = place.service.transfer.endpoint(id).get().send().await;
    let found = found.map_err(|error| Failure::service(STEP, SERVICE, &error).hop(endpoint.key()))?;
    Ok(Look {
        needs_data_access: found.needs_data_access(),
        display_name: found.display_name,
        owner: found.owner_string.or(found.owner_id),
        kind: found.entity_type,
    })
}

/// How many entries the endpoint's root has. One request; retried.
///
/// # Errors
/// The root does not exist or may not be listed, or the service does not answer.
pub async fn count(place: &Workplace, endpoint: &StorageEndpoint) -> Result<u64, Failure> {
    let id = collection(endpoint, STEP)?;
    let root = root(endpoint)?;
    let listing = place.service.transfer.endpoint(id).ls(&root).send().await;
    let listing = listing.map_err(|error| {
        let failure = Failure::service(STEP, SERVICE, &error)
            .hop(endpoint.key())
            .file(&root);
        if error.is_not_found() && !error.has_code("EndpointNotFound") {
            return failure.remedy("check the endpoint's root_path in config.yml: there is no such folder");
        }
        failure
    })?;
    Ok(listing.entries.len() as u64)
}

/// A file that can be copied to try something out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmallFile {
    /// Its path below the endpoint's root.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Looks for a file of 1 byte to 1 MiB below the endpoint's root, among the first 2,000 entries.
///
/// # Errors
/// The service does not answer.
pub async fn small_file(place: &Workplace, endpoint: &StorageEndpoint) -> Result<Option<SmallFile>, Failure> {
    let id = collection(endpoint, STEP)?;
    let root = root(endpoint)?;
    let below = place.service.transfer.endpoint(id).ls_recursive(&root);
    let mut entries = below.skip_unreadable(true).entries().take(LOOKED_AT);
    while let Some(found) = entries.next().await {
        let found = found.map_err(|error| Failure::service(STEP, SERVICE, &error).hop(endpoint.key()))?;
        let is_file = found.entry.kind == EntryKind::File && found.entry.link_target.is_none();
        let size = found.entry.size.filter(|size| (1..=SMALL).contains(size));
        let path = found.path.strip_prefix(root.trim_end_matches('/'));
        if let (true, Some(size), Some(path)) = (is_file, size, path) {
            let path = path.to_owned();
            return Ok(Some(SmallFile { path, size }));
        }
    }
    Ok(None)
}

/// The endpoint's root with a slash at its end.
fn root(endpoint: &StorageEndpoint) -> Result<String, Failure> {
    let root = endpoint.root();
    root.map(|root| root + "/")
        .map_err(|error| Failure::new(STEP, "config", error.to_string()))
}
