//! Looking at many paths with few requests.

mod requests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Client, EndpointId, Entry, Result};
use requests::split;

pub(crate) use requests::stat_all;

/// How long looks at one folder are collected. Nobody notices, and those who were woken by one answer all come in time.
const MOMENT: Duration = Duration::from_millis(20);
/// Looks under way at once.
const AT_ONCE: usize = 4;
/// Looks for so many paths, which may each list a large folder, take turns: those who wait meanwhile share the next.
const MANY: usize = 200;
/// So long, for what nobody polls must not hold up the others for ever.
const TURN: Duration = Duration::from_secs(20);

/// Looks at files and folders; all who look into one folder at the same moment share a request.
///
/// One path is looked up by `stat`; several of one folder by one listing of these names, or of the whole folder if they
/// are very many. An answer is never older than its question: it comes from a request that was sent after it.
///
/// Looks for very many take turns, so that one large listing at a time stands in memory.
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
    /// Whose turn it is to look for many.
    turn: Arc<Semaphore>,
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
        let inner = Inner {
            client,
            open: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        };
        Self {
            inner: Arc::new(inner),
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
        let asked = Asked {
            client: self.inner.client.clone(),
            endpoint: endpoint.clone(),
            paths: Arc::clone(&paths),
            turn: Arc::clone(&self.inner.turn),
        };
        let answer = asked.look().boxed().shared();
        // What nobody waits for any more is forgotten.
        open.retain(|_, gathering| gathering.answer.upgrade().is_some());
        if let Some(weak) = answer.downgrade() {
            open.insert(key, Gathering { paths, answer: weak });
        }
        answer
    }
}

/// One look, until it is made.
struct Asked {
    client: Client,
    endpoint: EndpointId,
    paths: Arc<Paths>,
    turn: Arc<Semaphore>,
}

impl Asked {
    async fn look(self) -> Answer {
        self.client.rest().clock().sleep(MOMENT).await;
        let turn = self.turn().await;
        let mut paths = self.paths.open().take().unwrap_or_default();
        paths.sort();
        paths.dedup();
        let wanted: Vec<&str> = paths.iter().map(String::as_str).collect();
        let found = stat_all(&self.client, &self.endpoint, &wanted).await?;
        drop(turn);
        let there = paths.into_iter().zip(found);
        Ok(Arc::new(
            there.filter_map(|(path, entry)| Some((path, entry?))).collect(),
        ))
    }

    /// Waits for its turn, if it looks for many. Turns keep memory low and nothing else: without one it goes on as well.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        if self.paths.open().as_ref().is_none_or(|paths| paths.len() < MANY) {
            return None;
        }
        tokio::select! {
            biased;
            turn = self.turn.acquire() => turn.ok(),
            () = self.client.rest().clock().sleep(TURN) => None,
        }
    }
}
