//! A request as the setters of a builder make it, for clients with many small builders.

use std::fmt;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::client::RestClient;
use crate::error::{Error, Result};
use crate::request::RequestParts;

/// A request as its setters have made it so far. Nothing that was not set is sent. The macro
/// [`call!`](crate::call!) makes builders around it.
#[derive(Clone)]
pub struct Call {
    rest: RestClient,
    parts: RequestParts,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    problem: Option<String>,
}

/// Without the body, which may hold what nobody but the service should see.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation())
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

impl Call {
    /// A request to the service of `rest`, with the parameters of its path.
    pub fn new(
        rest: &RestClient,
        operation: &'static str,
        method: Method,
        path: &'static str,
        params: &[(&'static str, &str)],
    ) -> Self {
        let parts = RequestParts::new(operation, method, path);
        Self {
            rest: rest.clone(),
            parts: params
                .iter()
                .fold(parts, |parts, (name, value)| parts.path_param(name, *value)),
            query: Vec::new(),
            body: None,
            problem: None,
        }
    }

    /// Gives the request this body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The request has the effect of one when it is sent twice, though its method does not say so.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.parts = self.parts.idempotent(true);
        self
    }

    /// What is sent or answered is secret: it is in no error.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.parts = self.parts.sensitive();
        self
    }

    /// Sends it once only, for callers that ask again by themselves.
    #[must_use]
    pub fn no_retry(mut self) -> Self {
        self.parts = self.parts.no_retry();
        self
    }

    /// Sets a field of the body; a body that is no object is replaced by one.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        let body = self.body.get_or_insert_with(|| Value::Object(Map::new()));
        if !body.is_object() {
            *body = Value::Object(Map::new());
        }
        if let Some(fields) = body.as_object_mut() {
            fields.insert(key.to_owned(), value.into());
        }
    }

    /// Sets a query field, in place of what it was.
    pub fn ask(&mut self, key: &'static str, value: impl Into<String>) {
        self.query.retain(|(known, _)| *known != key);
        self.ask_also(key, value);
    }

    /// Adds a query field that may stand there more than once.
    pub fn ask_also(&mut self, key: &'static str, value: impl Into<String>) {
        self.query.push((key, value.into()));
    }

    /// Sets a query field to values joined by commas. The service has no way to quote a comma.
    pub fn ask_each<T: ToString>(&mut self, key: &'static str, values: impl IntoIterator<Item = T>) {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if let Some(value) = values
            .iter()
            .find(|value| value.is_empty() || value.contains(','))
        {
            self.refuse(format!("{value:?} cannot be used as a filter for {key}"));
        }
        self.ask(key, values.join(","));
    }

    /// Notes that what was set cannot be sent; said when the request is made. The first problem counts.
    pub fn refuse(&mut self, problem: impl Into<String>) {
        if self.problem.is_none() {
            self.problem = Some(problem.into());
        }
    }

    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        self.parts.operation()
    }

    /// The request, without sending it.
    ///
    /// # Errors
    /// `Config` if something was refused, or the body cannot be written.
    pub fn parts(&self) -> Result<RequestParts> {
        if let Some(problem) = &self.problem {
            return Err(Error::config(problem.clone()).with_operation(self.operation()));
        }
        let parts = self
            .query
            .iter()
            .fold(self.parts.clone(), |parts, (key, value)| parts.query(*key, value));
        match &self.body {
            Some(body) => parts.json(body),
            None => Ok(parts),
        }
    }

    /// Sends it and decodes the answer.
    ///
    /// # Errors
    /// Those of [`parts`](Self::parts) and of any request; retried as the parts allow.
    pub async fn send<T: DeserializeOwned>(&self) -> Result<T> {
        self.rest.json(self.parts()?).await
    }

    /// As [`send`](Self::send), with 404 as `None`.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for 404.
    pub async fn send_opt<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.rest.json_opt(self.parts()?).await
    }
}
