//! Looking at many paths with few requests.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::api::LsFilter;
use crate::error::absent_path;
use crate::{Client, EndpointId, Entry, Error, Result};

/// How long looks at one folder are collected. Nobody notices, and those who were woken by one answer all come in time.
const MOMENT: Duration = Duration::from_millis(20);
/// Names of one request are kept below this many bytes: URLs have no room for more.
const NAMES_PER_REQUEST: usize = 3_000;
/// A folder of which so many requests' worth of names is wanted is listed whole.
const MOST_REQUESTS: usize = 3;
/// Looks under way at once.
const AT_ONCE: usize = 4;

/// Looks at files and folders; all who look into one folder at the same moment share a request.
///
/// One path is looked up by `stat`; several of one folder by one listing of these names, or of the whole folder if they
/// are very many. An answer is never older than its question: it comes from a request that was sent after it.
///
/// Nothing runs in the background: whoever awaits an answer drives the request. Clones share.
#[derive(Clone)]
pub struct Lookout {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    /// What was last collected, by collection and folder.
    open: Mutex<HashMap<(EndpointId, String), Gathering>>,
}

/// Looks that one request answers.
struct Gathering {
    paths: Arc<Paths>,
    answer: WeakShared<BoxFuture<'static, Answer>>,
}

/// The paths asked for, until the request is sent: then there are none to join.
#[derive(Default)]
struct Paths(Mutex<Option<Vec<String>>>);

impl Paths {
    /// Nothing below panics while the lock is held.
    fn open(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it could be joined.
    fn join(&self, wanted: &[&str]) -> bool {
        let mut open = self.open();
        let wanted = wanted.iter().map(|path| (*path).to_owned());
        open.as_mut().map(|paths| paths.extend(wanted)).is_some()
    }
}

/// What stands at each path.
type Answer = Result<Arc<HashMap<String, Entry>>>;

impl fmt::Debug for Lookout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookout").finish_non_exhaustive()
    }
}

impl Lookout {
    /// Looks through `client`.
    pub fn new(client: Client) -> Self {
        let open = Mutex::default();
        Self {
            inner: Arc::new(Inner { client, open }),
        }
    }

    /// What stands at `path`; nothing if there is no such path. Retried.
    ///
    /// # Errors
    /// As for [`Stat::send_opt`](crate::api::Stat::send_opt): a collection that the service does not know is one.
    pub async fn stat(&self, endpoint: &EndpointId, path: &str) -> Result<Option<Entry>> {
        let folder = split(path).0;
        let found = self.gather(endpoint, folder, &[path]).await?;
        Ok(found.get(path).cloned())
    }

    /// What stands at each of the paths, in their order: one request for each folder they lie in, or a few, shared with
    /// others who look into that folder at this moment. Retried.
    ///
    /// # Errors
    /// As for [`stat`](Self::stat).
    pub async fn stat_all(&self, endpoint: &EndpointId, paths: &[&str]) -> Result<Vec<Option<Entry>>> {
        let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in paths {
            folders.entry(split(path).0).or_default().push(path);
        }
        let looks: Vec<_> = folders
            .into_iter()
            .map(|(folder, wanted)| async move {
                let found = self.gather(endpoint, folder, &wanted).await?;
                Ok((folder, found))
            })
            .collect();
        let answers = stream::iter(looks).buffer_unordered(AT_ONCE);
        let answers: HashMap<&str, Arc<HashMap<String, Entry>>> = answers.try_collect().await?;
        let find = |path: &&str| answers.get(split(path).0)?.get(*path).cloned();
        Ok(paths.iter().map(find).collect())
    }

    /// Joins those who are about to look into this folder, or begins.
    fn gather(
        &self,
        endpoint: &EndpointId,
        folder: &str,
        wanted: &[&str],
    ) -> Shared<BoxFuture<'static, Answer>> {
        let key = (endpoint.clone(), folder.to_owned());
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gathering) = open.get(&key)
            && let Some(answer) = gathering.answer.upgrade()
            && gathering.paths.join(wanted)
        {
            return answer;
        }
        let wanted = wanted.iter().map(|path| (*path).to_owned()).collect();
        let paths = Arc::new(Paths(Mutex::new(Some(wanted))));
        let asked = (self.inner.client.clone(), endpoint.clone(), Arc::clone(&paths));
        let answer = look(asked).boxed().shared();
        // What nobody waits for any more is forgotten.
        open.retain(|_, gathering| gathering.answer.upgrade().is_some());
        if let Some(weak) = answer.downgrade() {
            open.insert(key, Gathering { paths, answer: weak });
        }
        answer
    }
}

async fn look((client, endpoint, asked): (Client, EndpointId, Arc<Paths>)) -> Answer {
    client.rest().clock().sleep(MOMENT).await;
    let mut paths = asked.open().take().unwrap_or_default();
    paths.sort();
    paths.dedup();
    let wanted: Vec<&str> = paths.iter().map(String::as_str).collect();
    let found = stat_all(&client, &endpoint, &wanted).await?;
    let there = paths.into_iter().zip(found);
    Ok(Arc::new(
        there.filter_map(|(path, entry)| Some((path, entry?))).collect(),
    ))
}

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
fn split(path: &str) -> (&str, &str) {
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
                    Ok(found) => sure(client, endpoint, pick(&found, wanted, paths), paths).await,
                    Err(error) => unlisted(error, client, endpoint, wanted, paths).await,
                }
            }
            Self::Folder(folder, wanted) => match list(client, endpoint, folder, None).await {
                Ok(found) => Ok(pick(&found, wanted, paths)),
                Err(error) => unlisted(error, client, endpoint, wanted, paths).await,
            },
        }
    }
}

fn pick(found: &HashMap<String, Entry>, wanted: Vec<usize>, paths: &[&str]) -> Vec<(usize, Option<Entry>)> {
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

/// The entries of a folder by name, to its end; none if there is no such folder.
async fn list(
    client: &Client,
    endpoint: &EndpointId,
    folder: &str,
    filter: Option<LsFilter>,
) -> Result<HashMap<String, Entry>> {
    let mut request = client.endpoint(endpoint.clone()).ls(folder).order_by("name ASC");
    if let Some(filter) = filter {
        request = request.filter_by(filter);
    }
    let listing = absent_path(request.whole().await)?;
    let entries = listing.into_iter().flat_map(|listing| listing.entries);
    Ok(entries.map(|entry| (entry.name.clone(), entry)).collect())
}
