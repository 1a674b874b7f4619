//! What the builders of single requests and of lists have in common.

use std::borrow::Cow;

use http::Method;
use rest_core::{RequestParts, Url};
use serde_json::{Map, Value};

use crate::{Client, Error, Result};

pub(crate) use rest_core::optional;

/// A request as its setters have made it so far. Nothing that was not set is sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) client: Client,
    parts: RequestParts,
    query: Vec<(Cow<'static, str>, String)>,
    body: Option<Value>,
    problem: Option<String>,
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
            query: Vec::new(),
            body: None,
            problem: None,
        }
    }

    /// Gives the request a body that is a document of this type.
    pub(crate) fn document(mut self, data_type: &str) -> Self {
        self.set("DATA_TYPE", data_type);
        self
    }

    /// Gives the request this body.
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The request has the effect of one when it is sent twice, though its method does not say so.
    pub(crate) fn idempotent(mut self) -> Self {
        self.parts = self.parts.idempotent(true);
        self
    }

    /// Sets a field of the body.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.set_in(&[], key, value);
    }

    /// Sets a field of the object at `path` within the body.
    pub(crate) fn set_in(&mut self, path: &[&str], key: &str, value: impl Into<Value>) {
        let mut place = self.body.get_or_insert_with(|| Value::Object(Map::new()));
        for step in path {
            place = &mut place[*step];
        }
        place[key] = value.into();
    }

    /// Sets a query field, in place of what it was.
    pub(crate) fn ask(&mut self, key: &'static str, value: impl Into<String>) {
        self.query.retain(|(known, _)| *known != key);
        self.query.push((Cow::Borrowed(key), value.into()));
    }

    /// Asks with this query, which the service wrote, in place of what was set.
    pub(crate) fn ask_query(&mut self, query: &str) {
        let Ok(url) = Url::parse(&format!("https://localhost/?{query}")) else {
            return self.refuse(format!("{query:?} is not a query"));
        };
        let pairs = url.query_pairs();
        self.query = pairs
            .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
            .collect();
    }

    /// The query field as it was set.
    pub(crate) fn asked(&self, key: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// Sets a query field to values joined by commas. The service has no way to quote a comma.
    pub(crate) fn ask_each<T: ToString>(&mut self, key: &'static str, values: impl IntoIterator<Item = T>) {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if let Some(value) = values
            .iter()
            .find(|value| value.is_empty() || value.contains(','))
        {
            self.refuse(format!("{value:?} cannot be used as a filter for {key}"));
        }
        self.ask(key, values.join(","));
    }

    /// Notes that what was set cannot be sent; said when the request is made.
    pub(crate) fn refuse(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    pub(crate) fn operation(&self) -> &'static str {
        self.parts.operation()
    }

    pub(crate) fn parts(&self) -> Result<RequestParts> {
        if let Some(problem) = &self.problem {
            return Err(Error::config(problem.clone()).with_operation(self.operation()));
        }
        let parts = self.query.iter().fold(self.parts.clone(), |parts, (key, value)| {
            parts.query(key.as_ref(), value)
        });
        match &self.body {
            Some(body) => parts.json(body),
            None => Ok(parts),
        }
    }
}

/// Declares the builder of one request, and `into_parts`.
macro_rules! builder {
    ($(#[$doc:meta])* $name:ident: $operation:literal, $method:ident $path:literal;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            call: $crate::api::call::Call,
        }

        impl $name {
            fn new(client: &$crate::Client, params: &[(&'static str, &str)]) -> Self {
                let method = http::Method::$method;
                Self { call: $crate::api::call::Call::new(client, $operation, method, $path, params) }
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

/// Declares the builder of one request, and `send`.
macro_rules! call {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $method:ident $path:literal -> $answer:ty;
        $(#[$sent:meta])*
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, $method $path;
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

/// Declares setters of a builder's body, one field each.
macro_rules! fields {
    ($name:ident { $( $(#[$doc:meta])* $setter:ident: $kind:ident; )+ }) => {
        impl $name {
            $( $crate::api::call::field!($(#[$doc])* $setter: $kind); )+

            /// Sets any other field of the document, in the service's own name; null takes a value away.
            pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.call.set(name, value);
                self
            }
        }
    };
}
pub(crate) use fields;

macro_rules! field {
    ($(#[$doc:meta])* $setter:ident: text) => {
        $(#[$doc])*
        pub fn $setter(mut self, text: impl Into<String>) -> Self {
            self.call.set(stringify!($setter), text.into());
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: flag) => {
        $(#[$doc])*
        pub fn $setter(mut self, yes: bool) -> Self {
            self.call.set(stringify!($setter), yes);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: number) => {
        $(#[$doc])*
        pub fn $setter(mut self, number: u64) -> Self {
            self.call.set(stringify!($setter), number);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: texts) => {
        $(#[$doc])*
        pub fn $setter<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
            let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
            self.call.set(stringify!($setter), texts);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident: date) => {
        $(#[$doc])*
        pub fn $setter(mut self, date: chrono::DateTime<chrono::Utc>) -> Self {
            let text = date.to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
            self.call.set(stringify!($setter), text);
            self
        }
    };
}
pub(crate) use field;
