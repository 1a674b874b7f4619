//! Lists that come in pages.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{Stream, StreamExt, TryStreamExt, unfold};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// So many empty pages in a row mean that the service goes round in circles.
const MAX_EMPTY_PAGES: u32 = 1000;

/// Where the next page begins. It can be stored and given to [`Pager::resume`] later.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PageToken {
    /// The service's own mark.
    Marker(String),
    /// The number of items before the page.
    Offset(u64),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items; may be empty in the middle of a list.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<PageToken>,
    /// How many items the whole list has, if the service says.
    pub total: Option<u64>,
}

type Fetch<T> = Arc<dyn Fn(Option<PageToken>) -> BoxFuture<'static, Result<Page<T>>> + Send + Sync>;

/// A list read page by page, as it is asked for.
#[must_use = "a pager does nothing until it is sent or read"]
pub struct Pager<T> {
    operation: &'static str,
    fetch: Fetch<T>,
    start: Option<PageToken>,
    max_items: Option<usize>,
}

impl<T> Clone for Pager<T> {
    fn clone(&self) -> Self {
        Self {
            operation: self.operation,
            fetch: Arc::clone(&self.fetch),
            start: self.start.clone(),
            max_items: self.max_items,
        }
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("operation", &self.operation)
            .field("start", &self.start)
            .field("max_items", &self.max_items)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Pager<T> {
    /// A pager that gets each page with `fetch`: the first with `None`, every other with the token before it.
    pub fn new(
        operation: &'static str,
        fetch: impl Fn(Option<PageToken>) -> BoxFuture<'static, Result<Page<T>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            operation,
            fetch: Arc::new(fetch),
            start: None,
            max_items: None,
        }
    }

    /// Begins at `token`, which an earlier page gave.
    pub fn resume(mut self, token: PageToken) -> Self {
        self.start = Some(token);
        self
    }

    /// Ends after `n` items; without it the list is read to its end.
    pub fn max_items(mut self, n: usize) -> Self {
        self.max_items = Some(n);
        self
    }

    /// The first page only.
    ///
    /// # Errors
    /// As the request for a page.
    pub async fn send(&self) -> Result<Page<T>> {
        let mut page = (self.fetch)(self.start.clone()).await?;
        page.items.truncate(self.max_items.unwrap_or(usize::MAX));
        Ok(page)
    }

    /// All pages. The stream ends after the last page, or with the first error.
    ///
    /// # Errors
    /// As the request for a page, and `Decode` if a page's token repeats an earlier one.
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>>> + Send + Unpin + 'static {
        let walk = Walk {
            seen: self.start.iter().cloned().collect(),
            next: self.start.clone(),
            ended: false,
            left: self.max_items.unwrap_or(usize::MAX),
            empty_pages: 0,
            pager: self,
        };
        unfold(walk, |mut walk| async move {
            walk.step().await.map(|page| (page, walk))
        })
        // Boxed so that `next` works on it without pinning.
        .boxed()
    }

    /// All items. The stream ends after the last item, or with the first error.
    ///
    /// # Errors
    /// As [`Pager::pages`].
    pub fn items(self) -> impl Stream<Item = Result<T>> + Send + Unpin + 'static {
        self.pages().flat_map(|page| {
            let items: VecDeque<Result<T>> = match page {
                Ok(page) => page.items.into_iter().map(Ok).collect(),
                Err(error) => VecDeque::from([Err(error)]),
            };
            futures_util::stream::iter(items)
        })
    }

    /// All items at once.
    ///
    /// # Errors
    /// As [`Pager::pages`]; the items read before it are lost.
    pub async fn collect(self) -> Result<Vec<T>> {
        let mut pages = self.pages();
        let mut all = Vec::new();
        while let Some(page) = pages.try_next().await? {
            all.extend(page.items);
        }
        Ok(all)
    }
}

/// The state of a walk through the pages.
struct Walk<T> {
    pager: Pager<T>,
    next: Option<PageToken>,
    ended: bool,
    seen: HashSet<PageToken>,
    left: usize,
    empty_pages: u32,
}

impl<T> Walk<T> {
    async fn step(&mut self) -> Option<Result<Page<T>>> {
        if self.ended || self.left == 0 {
            return None;
        }
        // Every error ends the walk; `note` reopens it.
        self.ended = true;
        let page = match (self.pager.fetch)(self.next.take()).await {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        Some(self.note(page))
    }

    fn note(&mut self, mut page: Page<T>) -> Result<Page<T>> {
        self.empty_pages = if page.items.is_empty() {
            self.empty_pages + 1
        } else {
            0
        };
        if let Some(token) = &page.next {
            if !self.seen.insert(token.clone()) {
                return Err(Error::decode(
                    self.pager.operation,
                    "the service gives the same page again",
                ));
            }
            if self.empty_pages >= MAX_EMPTY_PAGES {
                let problem = format!("{MAX_EMPTY_PAGES} empty pages in a row");
                return Err(Error::decode(self.pager.operation, problem));
            }
        }
        page.items.truncate(self.left);
        self.left -= page.items.len();
        self.next.clone_from(&page.next);
        self.ended = self.next.is_none();
        Ok(page)
    }
}
