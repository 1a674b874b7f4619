//! Searching collections.

use super::paging::{MoreList, list};
use crate::model::{Endpoint, EntityType, SearchScope};
use crate::{Client, EndpointId};

/// The largest page the service gives.
const PAGE: u64 = 100;

impl Client {
    /// Searches the collections that the caller may see. The service wants a text or a scope.
    ///
    /// The list goes on as long as the service says that there is more. It is known to give no more than the
    /// first 1000 of any search: narrow down a search that finds so many.
    pub fn search_endpoints(&self) -> SearchEndpoints {
        let mut search = SearchEndpoints::new(self, &[]);
        search.call.ask("limit", PAGE.to_string());
        search.call.ask("offset", "0");
        search
    }
}

list! {
    /// Searches collections; filters add up. Made by [`Client::search_endpoints`].
    SearchEndpoints: "globus_transfer.endpoint_search", "/v0.10/endpoint_search" -> MoreList<Endpoint>;
}

impl SearchEndpoints {
    /// Only those whose texts have these words.
    pub fn text(mut self, words: impl Into<String>) -> Self {
        self.call.ask("filter_fulltext", words);
        self
    }

    /// Only among these.
    pub fn scope(mut self, scope: &SearchScope) -> Self {
        self.call.ask("filter_scope", scope.as_str());
        self
    }

    /// Only those of this identity.
    pub fn owner(mut self, identity: impl Into<String>) -> Self {
        self.call.ask("filter_owner_id", identity);
        self
    }

    /// Only those on this host.
    pub fn host_endpoint(mut self, host: &EndpointId) -> Self {
        self.call.ask("filter_host_endpoint", host.as_str());
        self
    }

    /// Only those that hold no files themselves, or only those that do; by default the latter.
    pub fn non_functional(mut self, non_functional: bool) -> Self {
        let flag = if non_functional { "1" } else { "0" };
        self.call.ask("filter_non_functional", flag);
        self
    }

    /// Only those of this kind.
    pub fn entity_type(mut self, kind: &EntityType) -> Self {
        self.call.ask("filter_entity_type", kind.as_str());
        self
    }

    /// How many collections a request asks for (1 to 100).
    pub fn limit(mut self, limit: u64) -> Self {
        self.call.ask("limit", limit.clamp(1, PAGE).to_string());
        self
    }

    /// How many of the first to leave out.
    pub fn offset(mut self, offset: u64) -> Self {
        self.call.ask("offset", offset.to_string());
        self
    }
}
