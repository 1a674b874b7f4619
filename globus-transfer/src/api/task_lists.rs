//! What a task keeps record of, page by page.

use futures_util::FutureExt;
use http::Method;
use rest_core::{Page, PageToken, Pager, RequestParts};

use super::tasks::offset_page;
use crate::model::{MarkedList, OffsetList, SkippedError, SuccessfulTransfer, TaskEvent};
use crate::{Client, Result, TaskId};

/// The largest page the service gives.
const PAGE: u64 = 1000;

/// Lists a task's events. Made by [`TaskHandle::events`](super::TaskHandle::events).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct ListEvents {
    client: Client,
    id: TaskId,
    limit: u64,
    offset: u64,
}

impl ListEvents {
    pub(crate) fn new(client: Client, id: TaskId) -> Self {
        Self {
            client,
            id,
            limit: PAGE,
            offset: 0,
        }
    }

    /// How many events a request asks for (1 to 1000).
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit.clamp(1, PAGE);
        self
    }

    /// How many of the newest events to leave out.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// `GET /v0.10/task/{task_id}/event_list`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new(
            "globus_transfer.task_events",
            Method::GET,
            "/v0.10/task/{task_id}/event_list",
        )
        .path_param("task_id", self.id.as_ref())
        .query("limit", self.limit.to_string())
        .query("offset", self.offset.to_string()))
    }

    /// One page. Retried.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<Page<TaskEvent>> {
        let list: OffsetList<TaskEvent> = self.client.request(self.into_parts()?).await?;
        Ok(offset_page(list, self.offset))
    }

    /// All pages, as a stream, a list, or from where another pager stopped.
    pub fn pager(&self) -> Pager<TaskEvent> {
        let first = self.clone();
        Pager::new("globus_transfer.task_events", move |token| {
            let mut list = first.clone();
            if let Some(PageToken::Offset(offset)) = token {
                list.offset = offset;
            }
            async move { list.send().await }.boxed()
        })
    }
}

rest_core::paged!(ListEvents, TaskEvent);

/// The two lists paged by marker differ in name and item only.
macro_rules! marked_list {
    ($(#[$doc:meta])* $name:ident, $item:ty, $operation:literal, $path:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            client: Client,
            id: TaskId,
            marker: Option<String>,
        }

        impl $name {
            pub(crate) fn new(client: Client, id: TaskId) -> Self {
                Self { client, id, marker: None }
            }

            /// Begins at the `next_marker` of an earlier page.
            pub fn marker(mut self, marker: impl Into<String>) -> Self {
                self.marker = Some(marker.into());
                self
            }

            #[doc = concat!("`GET ", $path, "`, without sending it.")]
            ///
            /// # Errors
            /// None today.
            pub fn into_parts(&self) -> Result<RequestParts> {
                Ok(RequestParts::new($operation, Method::GET, $path)
                    .path_param("task_id", self.id.as_ref())
                    .query_opt("marker", self.marker.as_deref()))
            }

            /// One page. Retried.
            ///
            /// # Errors
            /// Those of any request.
            pub async fn send(&self) -> Result<Page<$item>> {
                let list: MarkedList<$item> = self.client.request(self.into_parts()?).await?;
                Ok(Page { items: list.data, next: list.next_marker.map(PageToken::Marker), total: None })
            }

            /// All pages, as a stream, a list, or from where another pager stopped.
            pub fn pager(&self) -> Pager<$item> {
                let first = self.clone();
                Pager::new($operation, move |token| {
                    let mut list = first.clone();
                    if let Some(PageToken::Marker(marker)) = token {
                        list.marker = Some(marker);
                    }
                    async move { list.send().await }.boxed()
                })
            }
        }

        rest_core::paged!($name, $item);
    };
}

marked_list! {
    /// Lists the files a task copied. Made by
    /// [`TaskHandle::successful_transfers`](super::TaskHandle::successful_transfers).
    ListSuccessfulTransfers, SuccessfulTransfer,
    "globus_transfer.successful_transfers", "/v0.10/task/{task_id}/successful_transfers"
}

marked_list! {
    /// Lists the files a task passed over. Made by
    /// [`TaskHandle::skipped_errors`](super::TaskHandle::skipped_errors).
    ListSkippedErrors, SkippedError,
    "globus_transfer.skipped_errors", "/v0.10/task/{task_id}/skipped_errors"
}
