//! Lists of tasks.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use http::Method;
use rest_core::{Page, PageToken, Pager, RequestParts};

use super::ls_filter::between;
use crate::model::{OffsetList, Task, TaskKind, TaskStatus};
use crate::{Client, Error, Result, TaskId};

/// The largest page the service gives.
const PAGE: u64 = 1000;

/// Lists the caller's tasks. Made by [`Client::tasks`].
///
/// Filters add up: a task must fit each of them, and within one of them any of its values.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct ListTasks {
    client: Client,
    ids: Vec<TaskId>,
    statuses: Vec<TaskStatus>,
    kinds: Vec<TaskKind>,
    label: Option<String>,
    requested: Option<String>,
    completed: Option<String>,
    filters: Vec<String>,
    order_by: Option<String>,
    limit: u64,
    offset: u64,
    retry: bool,
}

impl ListTasks {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            ids: Vec::new(),
            statuses: Vec::new(),
            kinds: Vec::new(),
            label: None,
            requested: None,
            completed: None,
            filters: Vec::new(),
            order_by: None,
            limit: PAGE,
            offset: 0,
            retry: true,
        }
    }

    /// Only these tasks. About a hundred fit into one request's URL.
    pub fn ids(mut self, ids: impl IntoIterator<Item = TaskId>) -> Self {
        self.ids.extend(ids);
        self
    }

    /// Only tasks in this state; may be given several times.
    pub fn status(mut self, status: TaskStatus) -> Self {
        self.statuses.push(status);
        self
    }

    /// Only transfers or only deletions.
    pub fn kind(mut self, kind: TaskKind) -> Self {
        self.kinds.push(kind);
        self
    }

    /// Only tasks whose label fits: literally, or as the service's patterns `~`, `!`, `!~` before the text
    /// say (`~scan*`).
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Only tasks submitted within these times, either of which may be open.
    pub fn requested_between(mut self, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        self.requested = Some(between(from, to));
        self
    }

    /// Only tasks that ended within these times, either of which may be open.
    pub fn completed_between(mut self, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        self.completed = Some(between(from, to));
        self
    }

    /// Adds a filter in the service's syntax, for instance `label:!~test*`; it is sent as it is.
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filters.push(filter.into());
        self
    }

    /// The order, for instance `request_time DESC`.
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }

    /// How many tasks a request asks for (1 to 1000).
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit.clamp(1, PAGE);
        self
    }

    /// How many of the first tasks to leave out.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Sends each request once, for callers that ask again anyway.
    pub fn no_retry(mut self) -> Self {
        self.retry = false;
        self
    }

    /// `GET /v0.10/task_list`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value contains `,` or `/`: the service's
    /// filters have no way to quote them.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("globus_transfer.task_list", Method::GET, "/v0.10/task_list")
            .query_opt("filter", self.filter_text()?)
            .query_opt("orderby", self.order_by.as_deref())
            .query("limit", self.limit.to_string())
            .query("offset", self.offset.to_string());
        Ok(if self.retry { parts } else { parts.no_retry() })
    }

    fn filter_text(&self) -> Result<Option<String>> {
        let mut clauses = Vec::new();
        clauses.extend(clause("task_id", &self.ids)?);
        clauses.extend(clause("status", &self.statuses)?);
        clauses.extend(clause("type", &self.kinds)?);
        clauses.extend(clause("label", self.label.as_slice())?);
        clauses.extend(
            self.requested
                .as_ref()
                .map(|range| format!("request_time:{range}")),
        );
        let completed = self.completed.as_ref();
        clauses.extend(completed.map(|range| format!("completion_time:{range}")));
        clauses.extend(self.filters.iter().cloned());
        Ok((!clauses.is_empty()).then(|| clauses.join("/")))
    }

    /// One page. Retried, unless [`no_retry`](Self::no_retry) was set.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Page<Task>> {
        let list: OffsetList<Task> = self.client.request(self.into_parts()?).await?;
        Ok(offset_page(list, self.offset))
    }

    /// All pages, as a stream, a list, or from where another pager stopped; not cut at 1000.
    pub fn pager(&self) -> Pager<Task> {
        let first = self.clone();
        Pager::new("globus_transfer.task_list", move |token| {
            let mut list = first.clone();
            if let Some(PageToken::Offset(offset)) = token {
                list.offset = offset;
            }
            async move { list.send().await }.boxed()
        })
    }
}

rest_core::paged!(ListTasks, Task);

/// `key:a,b`, nothing for no values.
fn clause<T: Display>(key: &str, values: &[T]) -> Result<Option<String>> {
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    if let Some(value) = values
        .iter()
        .find(|value| value.is_empty() || value.contains([',', '/']))
    {
        return Err(Error::config(format!(
            "{value:?} cannot be used as a filter for {key}"
        )));
    }
    Ok((!values.is_empty()).then(|| format!("{key}:{}", values.join(","))))
}

/// The page that begins at `offset`. The next one begins where it ends, until `total` is reached or nothing
/// comes any more.
pub(super) fn offset_page<T>(list: OffsetList<T>, offset: u64) -> Page<T> {
    let end = offset + list.data.len() as u64;
    let more = !list.data.is_empty() && list.total.is_some_and(|total| end < total);
    Page {
        items: list.data,
        next: more.then_some(PageToken::Offset(end)),
        total: list.total,
    }
}
