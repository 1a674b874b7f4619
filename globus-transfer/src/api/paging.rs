//! The ways in which the service cuts its lists into pages.

use rest_core::{Page, PageToken};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use crate::model::{MarkedList, OffsetList};
use crate::{Error, Result, lenient};

/// One page as the service writes it.
pub(crate) trait Paged: DeserializeOwned {
    /// What the list holds.
    type Item;

    /// The page, and where the next begins.
    fn page(self, asked: &Call) -> Result<Page<Self::Item>>;

    /// Makes `call` ask for the page at `token`.
    fn at(call: &mut Call, token: PageToken);
}

fn last<T>(items: Vec<T>) -> Page<T> {
    Page {
        items,
        next: None,
        total: None,
    }
}

fn marked<T>(items: Vec<T>, next: Option<String>) -> Page<T> {
    Page {
        items,
        next: next.map(PageToken::Marker),
        total: None,
    }
}

fn ask_marker(call: &mut Call, key: &'static str, token: PageToken) {
    match token {
        PageToken::Marker(marker) => call.ask(key, marker),
        token => call.refuse(format!("{token:?} does not belong to this list")),
    }
}

fn ask_offset(call: &mut Call, token: &PageToken) {
    match token {
        PageToken::Offset(offset) => call.ask("offset", offset.to_string()),
        token => call.refuse(format!("{token:?} does not belong to this list")),
    }
}

fn offset_of(call: &Call) -> u64 {
    call.asked("offset")
        .and_then(|offset| offset.parse().ok())
        .unwrap_or(0)
}

/// The service says that there is more but not where: going on would be a circle, stopping would lose items.
fn stuck(call: &Call) -> Error {
    Error::decode(
        call.operation(),
        "the service says that there is more, but not where",
    )
}

/// A list in one piece.
#[derive(Debug, Deserialize)]
pub(crate) struct Whole<T> {
    #[serde(rename = "DATA", deserialize_with = "lenient::list")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    data: Vec<T>,
}

impl<T: DeserializeOwned> Paged for Whole<T> {
    type Item = T;

    fn page(self, _: &Call) -> Result<Page<T>> {
        Ok(last(self.data))
    }

    fn at(call: &mut Call, token: PageToken) {
        call.refuse(format!("{token:?}: the list has one page only"));
    }
}

/// By `next_marker`, which is asked for as `marker`; its absence ends the list.
impl<T: DeserializeOwned> Paged for MarkedList<T> {
    type Item = T;

    fn page(self, _: &Call) -> Result<Page<T>> {
        Ok(marked(self.data, self.next_marker))
    }

    fn at(call: &mut Call, token: PageToken) {
        ask_marker(call, "marker", token);
    }
}

/// By offset, up to a total.
impl<T: DeserializeOwned> Paged for OffsetList<T> {
    type Item = T;

    fn page(self, asked: &Call) -> Result<Page<T>> {
        Ok(super::tasks::offset_page(self, offset_of(asked)))
    }

    fn at(call: &mut Call, token: PageToken) {
        ask_offset(call, &token);
    }
}

/// By offset, as long as the service says that there is more.
#[derive(Debug, Deserialize)]
pub(crate) struct MoreList<T> {
    #[serde(rename = "DATA", deserialize_with = "lenient::list")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    data: Vec<T>,
    #[serde(default)]
    has_next_page: Option<bool>,
}

impl<T: DeserializeOwned> Paged for MoreList<T> {
    type Item = T;

    fn page(self, asked: &Call) -> Result<Page<T>> {
        if self.has_next_page != Some(true) {
            return Ok(last(self.data));
        }
        if self.data.is_empty() {
            return Err(stuck(asked));
        }
        let end = offset_of(asked) + self.data.len() as u64;
        Ok(Page {
            items: self.data,
            next: Some(PageToken::Offset(end)),
            total: None,
        })
    }

    fn at(call: &mut Call, token: PageToken) {
        ask_offset(call, &token);
    }
}

/// By the last item's key, as long as the service says that there is more.
#[derive(Debug, Deserialize)]
pub(crate) struct KeyedList<T> {
    #[serde(rename = "DATA", deserialize_with = "lenient::list")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    data: Vec<T>,
    #[serde(default)]
    has_next_page: Option<bool>,
    #[serde(default, deserialize_with = "lenient::text")]
    last_key: Option<String>,
}

impl<T: DeserializeOwned> Paged for KeyedList<T> {
    type Item = T;

    fn page(self, asked: &Call) -> Result<Page<T>> {
        match (self.has_next_page, self.last_key) {
            (Some(true), Some(key)) if asked.asked("last_key") != Some(&key) => {
                Ok(marked(self.data, Some(key)))
            }
            (Some(true), _) => Err(stuck(asked)),
            _ => Ok(last(self.data)),
        }
    }

    fn at(call: &mut Call, token: PageToken) {
        ask_marker(call, "last_key", token);
    }
}

/// By `next_token`, which ends when it is null. The items have a name of their own.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenList<T> {
    #[serde(deserialize_with = "lenient::list")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    shared_endpoints: Vec<T>,
    #[serde(default, deserialize_with = "lenient::text")]
    next_token: Option<String>,
}

impl<T: DeserializeOwned> Paged for TokenList<T> {
    type Item = T;

    fn page(self, _: &Call) -> Result<Page<T>> {
        Ok(marked(self.shared_endpoints, self.next_token))
    }

    fn at(call: &mut Call, token: PageToken) {
        ask_marker(call, "next_token", token);
    }
}

/// By a link to the next page (JSON:API), whose query is asked for again; its absence ends the list.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkedList<T> {
    #[serde(deserialize_with = "lenient::list")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    data: Vec<T>,
    #[serde(default)]
    links: Option<Links>,
}

#[derive(Debug, Deserialize)]
struct Links {
    #[serde(default)]
    next: Option<Link>,
}

/// JSON:API has links as text, and as objects that hold it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Link {
    Text(String),
    Object { href: Option<String> },
}

impl<T: DeserializeOwned> Paged for LinkedList<T> {
    type Item = T;

    fn page(self, asked: &Call) -> Result<Page<T>> {
        let link = match self.links.and_then(|links| links.next) {
            Some(Link::Text(link)) => Some(link),
            Some(Link::Object { href }) => href,
            None => None,
        };
        let Some(link) = link.filter(|link| !link.is_empty()) else {
            return Ok(last(self.data));
        };
        let query = link.split_once('?').map(|(_, query)| query);
        let query = query
            .map(|query| query.split('#').next().unwrap_or_default())
            .filter(|query| !query.is_empty());
        match query {
            Some(query) => Ok(marked(self.data, Some(query.to_owned()))),
            None => Err(stuck(asked)),
        }
    }

    fn at(call: &mut Call, token: PageToken) {
        match token {
            PageToken::Marker(query) => call.ask_query(&query),
            token => call.refuse(format!("{token:?} does not belong to this list")),
        }
    }
}

/// Declares the builder of a list: `into_parts`, `send` for a page, and the ways to read it to its end.
macro_rules! list {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $path:literal -> $list:ident<$item:ty>;
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, GET $path;
        }

        impl $name {
            /// One page. Retried.
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request;
            /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the service says that there is more, but not
            /// where.
            pub async fn send(&self) -> $crate::Result<rest_core::Page<$item>> {
                let list: $list<$item> = self.call.client.request(self.into_parts()?).await?;
                $crate::api::paging::Paged::page(list, &self.call)
            }

            /// All pages, as a stream, a list, or from where another pager stopped.
            pub fn pager(&self) -> rest_core::Pager<$item> {
                let first = self.clone();
                rest_core::Pager::new($operation, move |token| {
                    let mut list = first.clone();
                    if let Some(token) = token {
                        <$list<$item> as $crate::api::paging::Paged>::at(&mut list.call, token);
                    }
                    Box::pin(async move { list.send().await })
                })
            }
        }

        rest_core::paged!($name, $item);
    };
}
pub(crate) use list;
