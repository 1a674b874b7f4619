//! What the builders of all requests have in common.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use http::Method;
use rest_core::{Page, PageToken, RequestParts};
use serde_json::{Map, Value};

use crate::{Client, Error, Result};

pub(crate) use rest_core::optional;

/// The most items that the server gives at a time.
pub(crate) const MAX_PAGE: u64 = 200;

/// A request as its setters have made it so far. Nothing that was not set is sent: the server refuses a field that it
/// does not know, and takes null as a value.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) client: Client,
    parts: RequestParts,
    body: Option<Value>,
    problem: Option<String>,
}

/// Without the body, which may be a secret's.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("parts", &self.parts)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

impl Call {
    pub(crate) fn new(
        client: &Client,
        operation: &'static str,
        method: Method,
        path: &'static str,
        params: &[(&'static str, &str)],
    ) -> Self {
        let parts = RequestParts::new(operation, method, path);
        Self {
            client: client.clone(),
            parts: params
                .iter()
                .fold(parts, |parts, (name, value)| parts.path_param(name, *value)),
            body: None,
            problem: None,
        }
    }

    /// The request has the effect of one when it is sent twice, though its method does not say so.
    pub(crate) fn repeatable(mut self) -> Self {
        self.parts = self.parts.idempotent(true);
        self
    }

    /// Gives the request this body.
    pub(crate) fn body(&mut self, body: Value) {
        self.body = Some(body);
    }

    /// Sets a field of the body.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.set_in(&[], key, value);
    }

    /// Sets a field of the object at `path` within the body. What is there and no object gives way.
    pub(crate) fn set_in(&mut self, path: &[&str], key: &str, value: impl Into<Value>) {
        let mut place = self.body.get_or_insert_with(|| Value::Object(Map::new()));
        for step in path {
            place = &mut object(place)[*step];
        }
        object(place)[key] = value.into();
    }

    /// The body's field, if it was set.
    pub(crate) fn field(&self, key: &str) -> Option<&Value> {
        self.body.as_ref()?.get(key)
    }

    /// Adds a query field.
    pub(crate) fn ask(&mut self, key: &'static str, value: impl Into<String>) {
        self.parts = self.parts.clone().query(key, value);
    }

    /// Notes that what was set cannot be sent; said when the request is made.
    pub(crate) fn refuse(&mut self, problem: impl Into<String>) {
        self.problem.get_or_insert(problem.into());
    }

    pub(crate) fn parts(&self) -> Result<RequestParts> {
        if let Some(problem) = &self.problem {
            return Err(Error::config(problem.clone()).with_operation(self.parts.operation()));
        }
        match &self.body {
            Some(body) => self.parts.clone().json(body),
            None if self.parts.method() == Method::POST => self.parts.clone().json(&Map::new()),
            None => Ok(self.parts.clone()),
        }
    }

    /// Makes the request ask for the page at `token`.
    pub(crate) fn turn_to(&mut self, token: &PageToken) {
        match token {
            PageToken::Offset(offset) => self.set("offset", *offset),
            token => self.refuse(format!("{token:?} does not belong to this list")),
        }
    }

    /// The page that these items are: a full one may have another behind it.
    pub(crate) fn page<T>(&self, items: Vec<T>) -> Page<T> {
        let number = |key| self.field(key).and_then(Value::as_u64);
        let limit = number("limit").unwrap_or(MAX_PAGE);
        let length = items.len() as u64;
        let full = length > 0 && length >= limit;
        let next = full.then(|| PageToken::Offset(number("offset").unwrap_or(0) + length));
        Page {
            items,
            next,
            total: None,
        }
    }
}

/// A map in any case: an object as it is, anything else replaced by an empty one.
fn object(value: &mut Value) -> &mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value
}

/// A time as the server takes it, to the microsecond.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Declares the builder of one request, and `into_parts`.
macro_rules! builder {
    ($(#[$doc:meta])* $name:ident: $operation:literal, $method:ident $(($repeatable:ident))? $path:literal;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            pub(crate) call: $crate::api::call::Call,
        }

        impl $name {
            pub(crate) fn new(client: &$crate::Client, params: &[(&'static str, &str)]) -> Self {
                let method = http::Method::$method;
                let call = $crate::api::call::Call::new(client, $operation, method, $path, params);
                $( let call = call.$repeatable(); )?
                Self { call }
            }

            #[doc = concat!("`", stringify!($method), " ", $path, "`, without sending it.")]
            ///
            /// # Errors
            /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value that was set cannot be sent.
            pub fn into_parts(&self) -> $crate::Result<rest_core::RequestParts> {
                self.call.parts()
            }
        }
    };
}
pub(crate) use builder;

/// Declares the builder of one request whose answer is a document, and `send`.
macro_rules! call {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $method:ident $(($repeatable:ident))? $path:literal -> $answer:ty;
        $(#[$sent:meta])*
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, $method $(($repeatable))? $path;
        }

        impl $name {
            $(#[$sent])*
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> $crate::Result<$answer> {
                self.call.client.request(self.into_parts()?).await
            }
        }
    };
}
pub(crate) use call;

/// Declares the builder of one request whose answer has nothing in it, and `send`.
macro_rules! act {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $method:ident $(($repeatable:ident))? $path:literal;
        $(#[$sent:meta])*
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, $method $(($repeatable))? $path;
        }

        impl $name {
            $(#[$sent])*
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> $crate::Result<()> {
                self.call.client.act(self.into_parts()?).await
            }
        }
    };
}
pub(crate) use act;

/// Declares the builder of a list: `into_parts`, `send` for a page, and the ways to read it to its end.
macro_rules! list {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $path:literal -> $item:ty;
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, POST(repeatable) $path;
        }

        impl $name {
            /// How many items a page has; the server gives at most 200, which is also the default. 0 counts as 1.
            pub fn limit(mut self, limit: u64) -> Self {
                self.call.set("limit", limit.clamp(1, $crate::api::call::MAX_PAGE));
                self
            }

            /// How many items to leave out at the beginning.
            pub fn offset(mut self, offset: u64) -> Self {
                self.call.set("offset", offset);
                self
            }

            /// One page. Retried.
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> $crate::Result<rest_core::Page<$item>> {
                let items: Vec<$item> = self.call.client.request(self.into_parts()?).await?;
                Ok(self.call.page(items))
            }

            /// All pages, as a stream, a list, or from where another pager stopped. What is created or deleted
            /// meanwhile can move an item past the edge of a page: it then shows twice or not at all.
            pub fn pager(&self) -> rest_core::Pager<$item> {
                let first = self.clone();
                rest_core::Pager::new($operation, move |token| {
                    let mut list = first.clone();
                    if let Some(token) = token {
                        list.call.turn_to(&token);
                    }
                    Box::pin(async move { list.send().await })
                })
            }
        }

        rest_core::paged!($name, $item);
    };
}
pub(crate) use list;

/// Declares setters of a builder's body, each at a place in it: a field's name, or steps to one.
macro_rules! fields {
    ($name:ident { $( $(#[$doc:meta])* $setter:ident: $kind:ident $([$($step:literal),+])?; )+ }) => {
        impl $name {
            $( $crate::api::call::field!($(#[$doc])* $setter: $kind [$($($step),+)?]); )+

            /// Sets any other field of the document, in the server's own name.
            pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.call.set(name, value);
                self
            }
        }
    };
}
pub(crate) use fields;

macro_rules! field {
    ($(#[$doc:meta])* $setter:ident: text $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, text: impl Into<String>) -> Self {
            $crate::api::call::put!(self, $setter, $at, text.into());
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: id $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, id: impl AsRef<str>) -> Self {
            $crate::api::call::put!(self, $setter, $at, id.as_ref());
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: flag $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, yes: bool) -> Self {
            $crate::api::call::put!(self, $setter, $at, yes);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: number $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, number: u64) -> Self {
            $crate::api::call::put!(self, $setter, $at, number);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: limit $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, limit: impl Into<Option<u64>>) -> Self {
            $crate::api::call::put!(self, $setter, $at, limit.into());
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: real $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, number: f64) -> Self {
            $crate::api::call::put!(self, $setter, $at, number);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: json $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, value: impl Into<serde_json::Value>) -> Self {
            $crate::api::call::put!(self, $setter, $at, value);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: texts $at:tt) => {
        $(#[$doc])*
        pub fn $setter<T: ToString>(mut self, values: impl IntoIterator<Item = T>) -> Self {
            let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
            $crate::api::call::put!(self, $setter, $at, values);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: date $at:tt) => {
        $(#[$doc])*
        pub fn $setter(mut self, date: chrono::DateTime<chrono::Utc>) -> Self {
            $crate::api::call::put!(self, $setter, $at, $crate::api::call::time_text(date));
            self
        }
    };
}
pub(crate) use field;

/// Puts a value at its place: the steps that were named, else the field that has the setter's name.
macro_rules! put {
    ($self:ident, $setter:ident, [], $value:expr) => {
        $self.call.set(stringify!($setter), $value)
    };
    ($self:ident, $setter:ident, [$key:literal], $value:expr) => {
        $self.call.set($key, $value)
    };
    ($self:ident, $setter:ident, [$a:literal, $key:literal], $value:expr) => {
        $self.call.set_in(&[$a], $key, $value)
    };
    ($self:ident, $setter:ident, [$a:literal, $b:literal, $key:literal], $value:expr) => {
        $self.call.set_in(&[$a, $b], $key, $value)
    };
    ($self:ident, $setter:ident, [$a:literal, $b:literal, $c:literal, $key:literal], $value:expr) => {
        $self.call.set_in(&[$a, $b, $c], $key, $value)
    };
}
pub(crate) use put;
