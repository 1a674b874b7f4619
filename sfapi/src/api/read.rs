//! Requests that read one document and take no options.

use std::fmt;
use std::marker::PhantomData;

use rest_core::RequestParts;
use serde::de::DeserializeOwned;

use crate::{Client, Result};

/// Reads one document. The method that made it says which.
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Read<T> {
    client: Client,
    parts: RequestParts,
    document: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Read<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Read").field(&self.parts).finish()
    }
}

impl<T: DeserializeOwned> Read<T> {
    pub(crate) fn new(client: &Client, parts: RequestParts) -> Self {
        Self {
            client: client.clone(),
            parts,
            document: PhantomData,
        }
    }

    /// Sends the request once, for callers that ask again anyway.
    pub fn no_retry(mut self) -> Self {
        self.parts = self.parts.no_retry();
        self
    }

    /// The request, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(self.parts.clone())
    }

    /// The document. Retried, unless [`no_retry`](Self::no_retry) was set.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<T> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with 404 as `None`.
    ///
    /// # Errors
    /// Those of any request but 404.
    pub async fn send_opt(&self) -> Result<Option<T>> {
        self.client.request_opt(self.into_parts()?).await
    }
}
