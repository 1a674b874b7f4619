//! What the builders of single requests and of lists have in common.

use http::Method;
use rest_core::RequestParts;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{ApiVersion, Client, Error, Result};

pub(crate) use rest_core::optional;

/// What the backend accepts as a request body, in bytes. It answers more with a bare 500, so larger bodies are
/// refused here, where the reason can be told.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A request as its setters have made it so far. Nothing that was not set is sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) client: Client,
    parts: RequestParts,
    body: Option<Value>,
    problem: Option<String>,
}

impl Call {
    /// A call whose path differs between the versions of the API in its first segment only.
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

    pub(crate) fn version(&self) -> ApiVersion {
        self.client.version()
    }

    /// Gives the request this body.
    pub(crate) fn body(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_value(body) {
            Ok(body) => self.body = Some(body),
            Err(error) => self.refuse(format!("the request body cannot be written as JSON: {error}")),
        }
        self
    }

    /// Changes the request's parts.
    pub(crate) fn with(mut self, change: impl FnOnce(RequestParts) -> RequestParts) -> Self {
        self.parts = change(self.parts);
        self
    }

    /// Sets a field of the body.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        let place = self.body.get_or_insert_with(|| Value::Object(Map::new()));
        place[key] = value.into();
    }

    /// The field of the body.
    pub(crate) fn asked(&self, key: &str) -> Option<&Value> {
        self.body.as_ref()?.get(key)
    }

    /// Notes that what was set cannot be sent; said when the request is made.
    pub(crate) fn refuse(&mut self, problem: impl Into<String>) {
        self.problem.get_or_insert(problem.into());
    }

    pub(crate) fn operation(&self) -> &'static str {
        self.parts.operation()
    }

    pub(crate) fn parts(&self) -> Result<RequestParts> {
        let wrong = |problem: String| Error::config(problem).with_operation(self.operation());
        if let Some(problem) = &self.problem {
            return Err(wrong(problem.clone()));
        }
        let Some(body) = &self.body else {
            return Ok(self.parts.clone());
        };
        let bytes = serde_json::to_vec(body)
            .map_err(|error| wrong("the request body cannot be written as JSON".into()).with_source(error))?;
        if bytes.len() > MAX_BODY_BYTES {
            return Err(wrong(format!(
                "the request body has {} bytes, and SciCat takes at most {MAX_BODY_BYTES}: send less metadata, or a \
                 smaller picture",
                bytes.len()
            )));
        }
        let parts = self.parts.clone().json_bytes(bytes);
        crate::guard::check(&parts)?;
        Ok(parts)
    }
}

/// Declares the builder of one request, and `into_parts`. With two paths the first is that of v3.
macro_rules! builder {
    ($(#[$doc:meta])* $name:ident: $operation:literal, $method:ident $v3:literal $(| $v4:literal)?;) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            call: $crate::api::call::Call,
        }

        impl $name {
            fn new(client: &$crate::Client, params: &[(&'static str, &str)]) -> Self {
                let path = $crate::api::call::versioned!(client, $v3 $(, $v4)?);
                let call = $crate::api::call::Call::new(client, $operation, http::Method::$method, path, params);
                Self { call }
            }

            #[doc = concat!("`", stringify!($method), " ", $v3, "`", $(" or `", $v4, "`",)? ", without sending it.")]
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

/// The path in the version that the client speaks.
macro_rules! versioned {
    ($client:expr, $v3:expr, $v4:expr) => {
        match $client.version() {
            $crate::ApiVersion::V3 => $v3,
            $crate::ApiVersion::V4 => $v4,
        }
    };
    ($client:expr, $v3:expr) => {
        $v3
    };
}
pub(crate) use versioned;

/// Declares the builder of one request, and `send`.
macro_rules! call {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $method:ident $v3:literal $(| $v4:literal)? -> $answer:ty;
        $(#[$sent:meta])*
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, $method $v3 $(| $v4)?;
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

/// As `call!`, for answers of which nothing is read.
macro_rules! command {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $method:ident $v3:literal $(| $v4:literal)?;
        $(#[$sent:meta])*
    ) => {
        $crate::api::call::builder! {
            $(#[$doc])*
            $name: $operation, $method $v3 $(| $v4)?;
        }

        impl $name {
            $(#[$sent])*
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> $crate::Result<()> {
                self.call.client.request_empty(self.into_parts()?).await
            }
        }
    };
}
pub(crate) use command;

/// Declares setters of a builder's body, one field each.
macro_rules! fields {
    ($name:ident { $( $(#[$doc:meta])* $setter:ident $key:literal: $kind:ident; )+ }) => {
        impl $name {
            $( $crate::api::call::field!($(#[$doc])* $setter $key: $kind); )+

            /// Sets any other field of the document, in the backend's own name.
            pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.call.set(name, value);
                self
            }
        }
    };
}
pub(crate) use fields;

macro_rules! field {
    ($(#[$doc:meta])* $setter:ident $key:literal: text) => {
        $(#[$doc])*
        pub fn $setter(mut self, text: impl Into<String>) -> Self {
            self.call.set($key, text.into());
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident $key:literal: flag) => {
        $(#[$doc])*
        pub fn $setter(mut self, yes: bool) -> Self {
            self.call.set($key, yes);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident $key:literal: number) => {
        $(#[$doc])*
        pub fn $setter(mut self, number: u64) -> Self {
            self.call.set($key, number);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident $key:literal: texts) => {
        $(#[$doc])*
        pub fn $setter<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
            let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
            self.call.set($key, texts);
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident $key:literal: date) => {
        $(#[$doc])*
        pub fn $setter(mut self, date: chrono::DateTime<chrono::Utc>) -> Self {
            self.call.set($key, $crate::model::iso(date));
            self
        }
    };
    ($(#[$doc:meta])* $setter:ident $key:literal: object) => {
        $(#[$doc])*
        pub fn $setter(mut self, object: serde_json::Map<String, serde_json::Value>) -> Self {
            self.call.set($key, object);
            self
        }
    };
}
pub(crate) use field;
