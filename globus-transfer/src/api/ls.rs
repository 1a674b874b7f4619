//! Listing a folder.

use http::Method;
use rest_core::RequestParts;

use super::check_path;
use super::ls_filter::LsFilter;
use crate::model::Listing;
use crate::{Client, EndpointId, Result};

/// A folder of 100,000 entries, the service's own limit, takes some 40 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Clone, Debug)]
enum Filter {
    Text(String),
    Built(LsFilter),
}

/// Lists a folder. Made by [`EndpointHandle::ls`](super::EndpointHandle::ls).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Ls {
    client: Client,
    id: EndpointId,
    path: String,
    show_hidden: Option<bool>,
    order_by: Option<String>,
    filters: Vec<Filter>,
    limit: Option<u64>,
    offset: Option<u64>,
    local_user: Option<String>,
}

impl Ls {
    pub(crate) fn new(client: Client, id: EndpointId, path: String) -> Self {
        Self {
            client,
            id,
            path,
            show_hidden: None,
            order_by: None,
            filters: Vec::new(),
            limit: None,
            offset: None,
            local_user: None,
        }
    }

    /// Whether names with a leading dot are listed; by default they are.
    pub fn show_hidden(mut self, show: bool) -> Self {
        self.show_hidden = Some(show);
        self
    }

    /// The order, for instance `name ASC` or `size DESC,name`.
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }

    /// Adds a filter in the service's syntax, for instance `name:~*.h5/type:file`. It has no way to quote
    /// `,` and `/`: filter such names after listing.
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filters.push(Filter::Text(filter.into()));
        self
    }

    /// Adds a filter. An entry must fit every one that was added.
    pub fn filter_by(mut self, filter: LsFilter) -> Self {
        self.filters.push(Filter::Built(filter));
        self
    }

    /// How many entries to give. The service lists the whole folder for every such request.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many entries to leave out.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn most(&self) -> Option<u64> {
        self.limit
    }

    pub(super) fn skipped(&self) -> u64 {
        self.offset.unwrap_or(0)
    }

    /// The local account to list as, where an identity maps to several.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.local_user = Some(user.into());
        self
    }

    /// `GET /v0.10/operation/endpoint/{endpoint_id}/ls`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the path is empty or contains NUL, or a
    /// filter has a text that cannot be quoted.
    pub fn into_parts(&self) -> Result<RequestParts> {
        check_path("the folder to list", &self.path)?;
        let parts = RequestParts::new(
            "globus_transfer.ls",
            Method::GET,
            "/v0.10/operation/endpoint/{endpoint_id}/ls",
        )
        .path_param("endpoint_id", self.id.as_ref())
        .query("path", &self.path)
        .query_opt(
            "show_hidden",
            self.show_hidden.map(|show| if show { "1" } else { "0" }),
        )
        .query_opt("orderby", self.order_by.as_deref())
        .query_opt("limit", self.limit.map(|limit| limit.to_string()))
        .query_opt("offset", self.offset.map(|offset| offset.to_string()))
        .query_opt("local_user", self.local_user.as_deref())
        .max_response_bytes(MAX_BYTES);
        self.filters.iter().try_fold(parts, |parts, filter| {
            let text = match filter {
                Filter::Text(text) => text.clone(),
                Filter::Built(filter) => filter.to_text()?,
            };
            Ok(if text.is_empty() {
                parts
            } else {
                parts.query("filter", text)
            })
        })
    }

    /// The folder's content. Retried, unless the storage behind the collection failed.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request; storage that cannot be reached is an
    /// error of the service (`ExternalError…`).
    pub async fn send(&self) -> Result<Listing> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such path. A collection that the service does not
    /// know is an error.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for a missing path.
    pub async fn send_opt(&self) -> Result<Option<Listing>> {
        crate::error::absent_path(self.send().await)
    }
}
