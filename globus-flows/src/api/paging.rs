//! The service cuts its lists into pages by a marker.

use rest_core::{Call, Page, PageToken};
use serde::Deserialize;

use crate::{Error, Result};

/// One page; its items stand under a name of their own.
#[derive(Debug, Deserialize)]
pub(super) struct Marked<T> {
    #[serde(
        alias = "flows",
        alias = "runs",
        alias = "entries",
        alias = "registered_apis",
        alias = "web_input_summaries"
    )]
    items: Vec<T>,
    /// Absent where a missing marker ends the list.
    #[serde(default)]
    has_next_page: Option<bool>,
    #[serde(default)]
    marker: Option<String>,
}

impl<T> Marked<T> {
    pub(super) fn page(self, asked: &Call) -> Result<Page<T>> {
        let next = match (self.has_next_page, self.marker) {
            (Some(false), _) | (None, None) => None,
            (_, Some(marker)) => Some(PageToken::Marker(marker)),
            (Some(true), None) => {
                return Err(Error::decode(
                    asked.operation(),
                    "the service says that there is more, but not where",
                ));
            }
        };
        Ok(Page {
            items: self.items,
            next,
            total: None,
        })
    }
}

/// Makes `call` ask for the page at `token`.
pub(super) fn at(call: &mut Call, token: PageToken) {
    match token {
        PageToken::Marker(marker) => call.ask("marker", marker),
        token => call.refuse(format!("{token:?} does not belong to this list")),
    }
}

/// Declares the builder of a list: `into_parts`, `send` for a page, and the ways to read it to its end.
macro_rules! list {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $path:literal -> $item:ty;
    ) => {
        rest_core::builder! {
            $(#[$doc])*
            pub $name: $operation, GET $path;
        }

        impl $name {
            /// One page. Retried.
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request;
            /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the service says that there is more, but not
            /// where.
            pub async fn send(&self) -> $crate::Result<rest_core::Page<$item>> {
                let page: $crate::api::paging::Marked<$item> = self.call.send().await?;
                page.page(&self.call)
            }

            /// All pages, as a stream, a list, or from where another pager stopped.
            pub fn pager(&self) -> rest_core::Pager<$item> {
                let first = self.clone();
                rest_core::Pager::new($operation, move |token| {
                    let mut list = first.clone();
                    if let Some(token) = token {
                        $crate::api::paging::at(&mut list.call, token);
                    }
                    Box::pin(async move { list.send().await })
                })
            }
        }

        rest_core::paged!($name, $item);
    };
}
pub(super) use list;
