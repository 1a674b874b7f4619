//! What a listing shows of one file, now.

use chrono::{DateTime, Utc};
use globus_transfer::{EndpointId, Entry, EntryKind};
use serde::{Deserialize, Serialize};

use super::name::Name;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::session::Workplace;

/// One file as the service's listing shows it: where, how long, how old.
///
/// Two observations of the same file differ if anything wrote to it between them, as far as a size and
/// a modification time (whole seconds) can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub(crate) endpoint: Name,
    pub(crate) collection: Name,
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) modified: DateTime<Utc>,
}

impl Observation {
    /// The key of the endpoint.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The path on the endpoint's collection.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When the file was last written, by that endpoint's clock.
    pub fn modified(&self) -> DateTime<Utc> {
        self.modified
    }
}

/// What stands at a path.
#[derive(Debug, Clone)]
pub enum Seen {
    /// A folder.
    Folder,
    /// A regular file.
    File(Observation),
    /// A symbolic link to a regular file, as which it is shown here.
    Link(Observation),
    /// Nothing.
    Missing,
    /// Something that is neither a regular file nor a folder; its kind.
    Other(String),
}

/// The collection of an endpoint; a uuid is checked when it is used, not when the config is read.
pub fn collection(endpoint: &StorageEndpoint, step: &str) -> Result<EndpointId, Failure> {
    endpoint
        .uuid()
        .map_err(|error| Failure::new(step, "config", error.to_string()))
        .and_then(|uuid| {
            EndpointId::parse(uuid).map_err(|error| Failure::new(step, "config", error.to_string()))
        })
}

/// The path of a file on an endpoint's collection; it cannot leave the endpoint's root.
pub fn path_on(endpoint: &StorageEndpoint, relative: &str, step: &str) -> Result<String, Failure> {
    endpoint
        .join(relative)
        .map_err(|error| Failure::new(step, "path", error.to_string()))
}

/// Looks at one path of an endpoint. One request, shared with others who look into the same folder at this moment;
/// retried.
pub async fn observe(
    place: &Workplace,
    endpoint: &StorageEndpoint,
    relative: &str,
    step: &str,
) -> Result<Seen, Failure> {
    let id = collection(endpoint, step)?;
    let path = path_on(endpoint, relative, step)?;
    let entry = place.service.lookout.stat(&id, &path).await;
    let entry =
        entry.map_err(|error| Failure::service(step, "globus_transfer", &error).hop(endpoint.key()))?;
    seen(&Side::new(endpoint, &id), path, entry, step)
}

/// Looks at paths of an endpoint, each for itself. Few requests: one for each folder they lie in, or a few; retried.
///
/// # Errors
/// A path cannot be one, or a listing could not be had.
pub(super) async fn observe_all(
    place: &Workplace,
    endpoint: &StorageEndpoint,
    relative: &[&str],
    step: &str,
) -> Result<Vec<Result<Seen, Failure>>, Failure> {
    let id = collection(endpoint, step)?;
    let paths = relative.iter().map(|path| path_on(endpoint, path, step));
    let paths: Vec<String> = paths.collect::<Result<_, _>>()?;
    let asked: Vec<&str> = paths.iter().map(String::as_str).collect();
    let entries = place.service.lookout.stat_all(&id, &asked).await;
    let entries =
        entries.map_err(|error| Failure::service(step, "globus_transfer", &error).hop(endpoint.key()))?;
    let side = Side::new(endpoint, &id);
    let each = paths.into_iter().zip(entries);
    Ok(each.map(|(path, entry)| seen(&side, path, entry, step)).collect())
}

/// The key and the collection of an endpoint, which all observations of one look share.
struct Side {
    endpoint: Name,
    collection: Name,
}

impl Side {
    fn new(endpoint: &StorageEndpoint, id: &EndpointId) -> Self {
        Self {
            endpoint: endpoint.key().as_str().into(),
            collection: id.as_ref().into(),
        }
    }
}

/// What an entry is.
fn seen(on: &Side, path: String, entry: Option<Entry>, step: &str) -> Result<Seen, Failure> {
    let Some(entry) = entry else {
        return Ok(Seen::Missing);
    };
    if entry.kind == EntryKind::Dir && entry.link_target.is_none() {
        return Ok(Seen::Folder);
    }
    if entry.kind != EntryKind::File {
        return Ok(Seen::Other(entry.kind.to_string()));
    }
    match (entry.size, entry.last_modified) {
        (Some(size), Some(modified)) => {
            let file = Observation {
                endpoint: on.endpoint.clone(),
                collection: on.collection.clone(),
                path,
                size,
                modified,
            };
            Ok(match entry.link_target {
                None => Seen::File(file),
                Some(_) => Seen::Link(file),
            })
        }
        _ => Err(Failure::new(
            step,
            "listing",
            format!(
                "the listing of {path:?} on {} lacks a size or a time",
                on.endpoint
            ),
        )),
    }
}
