//! Lists by filter, and searches by `fullquery`: which rows, in which order, in pages.

use std::fmt;
use std::marker::PhantomData;

use futures_util::FutureExt;
use http::Method;
use rest_core::{Page, PageToken, Pager, Stream};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::matching::{Conditions, Matching, Query};
use crate::{ApiVersion, Client, Error, Filter, RequestParts, Result};

/// A resource's list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) operation: &'static str,
    pub(crate) path: &'static str,
    /// The field of the query: proposals say `filters`, all else `filter`.
    pub(crate) key: &'static str,
    /// The version in whose words it is asked for.
    pub(crate) version: ApiVersion,
}

impl Place {
    pub(crate) const fn v3(operation: &'static str, path: &'static str) -> Self {
        Self {
            operation,
            path,
            key: "filter",
            version: ApiVersion::V3,
        }
    }
}

/// From where to where, in which order.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    skip: u64,
    limit: u64,
    order: Vec<(String, &'static str)>,
    is_ordered: bool,
}

impl Limits {
    /// The order that v3 writes as `field:direction` and v4 as `{field: direction}`.
    pub(crate) fn to_json(&self, version: ApiVersion) -> Value {
        let mut limits = json!({ "skip": self.skip, "limit": self.limit });
        if version == ApiVersion::V4 {
            let order = self.order.iter();
            let order: Map<String, Value> = order.map(|(f, d)| (f.clone(), json!(d))).collect();
            limits["sort"] = Value::Object(order);
            return limits;
        }
        let order: Vec<String> = self.order.iter().map(|(f, d)| format!("{f}:{d}")).collect();
        limits["order"] = match order.as_slice() {
            [one] => json!(one),
            several => json!(several),
        };
        limits
    }
}

/// Rows of a list, the oldest first unless ordered otherwise: one page, or all of them as a stream.
///
/// An account sees only what its groups may read, so an empty answer is not proof that there is none.
#[must_use = "a request does nothing until it is sent"]
pub struct List<T, M> {
    client: Client,
    place: Place,
    pub(crate) matching: M,
    limits: Limits,
    row: PhantomData<fn() -> T>,
}

/// A list of the rows that a [`Filter`] lets through.
pub type Find<T> = List<T, Conditions>;

/// A search by the backend's `fullquery`.
pub type FullQuery<T> = List<T, Query>;

impl<T, M: Clone> Clone for List<T, M> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            place: self.place,
            matching: self.matching.clone(),
            limits: self.limits.clone(),
            row: PhantomData,
        }
    }
}

impl<T, M: fmt::Debug> fmt::Debug for List<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("place", &self.place)
            .field("matching", &self.matching)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned + Send + 'static, M: Matching> List<T, M> {
    /// Rows a page, unless [`limit`](Self::limit) says otherwise. Never left to the backend, whose own number differs
    /// from list to list.
    pub const DEFAULT_LIMIT: u64 = 100;

    /// A list that is ordered by `by`: a fixed order keeps the pages apart.
    pub(crate) fn new(client: &Client, place: Place, by: &str) -> Self {
        Self {
            client: client.clone(),
            place,
            matching: M::default(),
            limits: Limits {
                skip: 0,
                limit: Self::DEFAULT_LIMIT,
                order: vec![(by.to_owned(), "asc")],
                is_ordered: false,
            },
            row: PhantomData,
        }
    }

    /// Sets how many rows a page holds, at least 1.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limits.limit = limit.max(1);
        self
    }

    /// Leaves out the first `count` rows.
    pub fn skip(mut self, count: u64) -> Self {
        self.limits.skip = count;
        self
    }

    /// Orders the rows by this field, the smallest first. Called again, by this field where those before are equal.
    pub fn order_by(self, field: impl Into<String>) -> Self {
        self.ordered(field.into(), "asc")
    }

    /// As [`order_by`](Self::order_by), the largest first.
    pub fn order_by_desc(self, field: impl Into<String>) -> Self {
        self.ordered(field.into(), "desc")
    }

    fn ordered(mut self, field: String, direction: &'static str) -> Self {
        if !std::mem::replace(&mut self.limits.is_ordered, true) {
            self.limits.order.clear();
        }
        self.limits.order.push((field, direction));
        self
    }

    /// The request for one page, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a condition cannot be sent.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new(self.place.operation, Method::GET, self.place.path);
        self.matching
            .ask(parts, &self.place, &self.limits)
            .map_err(|problem| Error::config(problem).with_operation(self.place.operation))
    }

    /// Reads one page. Retried.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Page<T>> {
        let items: Vec<T> = self.client.request(self.into_parts()?).await?;
        let count = items.len() as u64;
        // A full page may be followed by another; the backend does not say.
        let more = count >= self.limits.limit;
        let next = more.then(|| PageToken::Offset(self.limits.skip.saturating_add(count)));
        Ok(Page {
            items,
            next,
            total: None,
        })
    }

    /// The pages one after the other, from here or from a [`PageToken`] kept from an earlier page.
    pub fn pager(&self) -> Pager<T> {
        let first = self.clone();
        Pager::new(self.place.operation, move |token| {
            let mut page = first.clone();
            if let Some(PageToken::Offset(skip)) = token {
                page.limits.skip = skip;
            }
            async move { page.send().await }.boxed()
        })
    }

    /// All pages, as they are asked for. Each is retried.
    pub fn pages(&self) -> impl Stream<Item = Result<Page<T>>> + Send + 'static {
        self.pager().pages()
    }

    /// All rows, as they are asked for. Each page is retried.
    pub fn items(&self) -> impl Stream<Item = Result<T>> + Send + 'static {
        self.pager().items()
    }

    /// All rows. Each page is retried.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn collect(&self) -> Result<Vec<T>> {
        self.pager().collect().await
    }
}

impl<T> Find<T> {
    /// Only rows that this filter lets through, besides the conditions so far.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.matching.filter = self.matching.filter.and(filter);
        self
    }

    /// Only rows whose field has this value; of a list, one of its items. Called again for the same field, any of
    /// the values.
    pub fn is(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.matching.filter = self.matching.filter.is(field, value);
        self
    }

    /// Reads only these fields, and the identifier, which always comes.
    pub fn fields<F: Into<String>>(mut self, fields: impl IntoIterator<Item = F>) -> Self {
        self.matching.fields.extend(fields.into_iter().map(Into::into));
        self
    }

    /// Reads what belongs to each row along with it: `attachments`, `origdatablocks`, `datablocks`.
    pub fn include(mut self, relation: impl Into<String>) -> Self {
        self.matching.include.push(relation.into());
        self
    }
}
