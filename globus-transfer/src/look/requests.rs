//! The requests that answer looks at many paths.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::AT_ONCE;
use crate::api::LsFilter;
use crate::error::absent_path;
use crate::{Client, EndpointId, Entry, Error, Result};

/// Names of one request are kept below this many bytes: URLs have no room for more.
const NAMES_PER_REQUEST: usize = 3_000;
/// A folder of which so many requests' worth of names is wanted is listed whole.
const MOST_REQUESTS: usize = 3;

/// What stands at each of the paths.
pub(crate) async fn stat_all(
    client: &Client,
    endpoint: &EndpointId,
    paths: &[&str],
) -> Result<Vec<Option<Entry>>> {
    let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, path) in paths.iter().enumerate() {
        folders.entry(split(path).0).or_default().push(n);
    }
    let requests: Vec<_> = folders
        .into_iter()
        .flat_map(|(folder, wanted)| requests(folder, wanted, paths))
        .map(|request| request.send(client, endpoint, paths))
        .collect();
    let answers: Vec<Vec<(usize, Option<Entry>)>> = stream::iter(requests)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut found: Vec<Option<Entry>> = paths.iter().map(|_| None).collect();
    for (n, entry) in answers.into_iter().flatten() {
        if let Some(place) = found.get_mut(n) {
            *place = entry;
        }
    }
    Ok(found)
}

/// The folder and the name; a path that has no name is looked up as it is.
pub(super) fn split(path: &str) -> (&str, &str) {
    let end = path.trim_end_matches('/').len();
    match path[..end].rfind('/') {
        Some(slash) => path[..end].split_at(slash + 1),
        None => ("", &path[..end]),
    }
}

/// One request: the paths that it answers, by their place in the list.
enum Request<'a> {
    Stat(usize),
    Names(&'a str, Vec<usize>),
    Folder(&'a str, Vec<usize>),
}

/// What is asked to see `wanted` in `folder`.
fn requests<'a>(folder: &'a str, wanted: Vec<usize>, paths: &[&'a str]) -> Vec<Request<'a>> {
    let name = |n: &usize| split(paths[*n]).1;
    // The service has no way to quote these in a list of names.
    let plain = |n: &usize| {
        !matches!(name(n), "" | "." | "..") && !name(n).contains(',') && paths[*n].ends_with(name(n))
    };
    let (listed, mut single): (Vec<usize>, Vec<usize>) = if folder.is_empty() {
        (Vec::new(), wanted)
    } else {
        wanted.into_iter().partition(|n| plain(n))
    };
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for n in listed {
        // As long as it may become when it is quoted.
        let takes = 3 * name(&n).len() + 6;
        if bytes + takes > NAMES_PER_REQUEST || chunks.is_empty() {
            chunks.push(Vec::new());
            bytes = 0;
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(n);
        }
        bytes += takes;
    }
    if chunks.len() > MOST_REQUESTS {
        return vec![Request::Folder(folder, chunks.concat())]
            .into_iter()
            .chain(single.into_iter().map(Request::Stat))
            .collect();
    }
    let mut requests = Vec::new();
    for chunk in chunks {
        match chunk[..] {
            [one] => single.push(one),
            _ => requests.push(Request::Names(folder, chunk)),
        }
    }
    requests.extend(single.into_iter().map(Request::Stat));
    requests
}

impl Request<'_> {
    async fn send(
        self,
        client: &Client,
        endpoint: &EndpointId,
        paths: &[&str],
    ) -> Result<Vec<(usize, Option<Entry>)>> {
        match self {
            Self::Stat(n) => Ok(vec![(n, stat(client, endpoint, paths[n]).await?)]),
            Self::Names(folder, wanted) => {
                let filter = wanted
                    .iter()
                    .fold(LsFilter::new(), |filter, n| filter.name(split(paths[*n]).1));
                match list(client, endpoint, folder, Some(filter)).await {
                    Ok(found) => sure(client, endpoint, pick(found, wanted, paths), paths).await,
                    Err(error) => unlisted(error, client, endpoint, wanted, paths).await,
                }
            }
            Self::Folder(folder, wanted) => match list(client, endpoint, folder, None).await {
                Ok(found) => Ok(pick(found, wanted, paths)),
                Err(error) => unlisted(error, client, endpoint, wanted, paths).await,
            },
        }
    }
}

/// Of a folder's entries those that are wanted; the rest goes at once.
fn pick(entries: Vec<Entry>, wanted: Vec<usize>, paths: &[&str]) -> Vec<(usize, Option<Entry>)> {
    let names: HashSet<&str> = wanted.iter().map(|n| split(paths[*n]).1).collect();
    let kept = entries
        .into_iter()
        .filter_map(|entry| Some((*names.get(entry.name.as_str())?, entry)));
    let found: HashMap<&str, Entry> = kept.collect();
    let each = wanted.into_iter();
    each.map(|n| (n, found.get(split(paths[n]).1).cloned())).collect()
}

/// A folder that does not let itself be listed may still let its files be looked at.
async fn unlisted(
    error: Error,
    client: &Client,
    endpoint: &EndpointId,
    wanted: Vec<usize>,
    paths: &[&str],
) -> Result<Vec<(usize, Option<Entry>)>> {
    if error.is_transient() || error.status().is_none() {
        return Err(error);
    }
    each(client, endpoint, wanted, paths).await
}

/// What a list of names leaves out is looked up by itself before it is believed not to be there.
async fn sure(
    client: &Client,
    endpoint: &EndpointId,
    picked: Vec<(usize, Option<Entry>)>,
    paths: &[&str],
) -> Result<Vec<(usize, Option<Entry>)>> {
    let (mut there, absent): (Vec<_>, Vec<_>) = picked.into_iter().partition(|(_, entry)| entry.is_some());
    let absent = absent.into_iter().map(|(n, _)| n).collect();
    there.extend(each(client, endpoint, absent, paths).await?);
    Ok(there)
}

async fn stat(client: &Client, endpoint: &EndpointId, path: &str) -> Result<Option<Entry>> {
    client.endpoint(endpoint.clone()).stat(path).send_opt().await
}

async fn each(
    client: &Client,
    endpoint: &EndpointId,
    wanted: Vec<usize>,
    paths: &[&str],
) -> Result<Vec<(usize, Option<Entry>)>> {
    stream::iter(wanted)
        .map(|n| async move { Ok((n, stat(client, endpoint, paths[n]).await?)) })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// The entries of a folder, to its end; none if there is no such folder.
async fn list(
    client: &Client,
    endpoint: &EndpointId,
    folder: &str,
    filter: Option<LsFilter>,
) -> Result<Vec<Entry>> {
    let mut request = client.endpoint(endpoint.clone()).ls(folder).order_by("name ASC");
    if let Some(filter) = filter {
        request = request.filter_by(filter);
    }
    let listing = absent_path(request.whole().await)?;
    Ok(listing.map(|listing| listing.entries).unwrap_or_default())
}
