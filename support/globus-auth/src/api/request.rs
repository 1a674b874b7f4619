//! A call with nothing left to set.

use std::fmt;
use std::marker::PhantomData;

use rest_core::{RequestParts, RestClient};

use crate::Result;
use crate::model::Answer;

/// A call with nothing left to set, answered by `T`. Made by the methods of [`ApiClient`](crate::ApiClient), which
/// name its endpoint.
#[must_use = "a request does nothing until it is sent"]
pub struct Request<T> {
    rest: RestClient,
    parts: RequestParts,
    answer: PhantomData<fn() -> T>,
}

impl<T> Clone for Request<T> {
    fn clone(&self) -> Self {
        Self::new(self.rest.clone(), self.parts.clone())
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl<T> Request<T> {
    pub(crate) fn new(rest: RestClient, parts: RequestParts) -> Self {
        Self {
            rest,
            parts,
            answer: PhantomData,
        }
    }

    /// The request, without sending it.
    ///
    /// # Errors
    /// None so far; an id that is empty is refused when the request is sent.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(self.parts.clone())
    }
}

impl<T: Answer> Request<T> {
    /// The answer. Retried: all these calls have the same effect when they are sent twice (a deletion whose answer
    /// was lost may then find nothing: 404).
    ///
    /// # Errors
    /// Those of any request. 403 if the token lacks a scope or the caller a role.
    pub async fn send(&self) -> Result<T> {
        send(&self.rest, self.parts.clone()).await
    }

    /// As [`send`](Self::send), with `None` if there is no such thing.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for 404.
    pub async fn send_opt(&self) -> Result<Option<T>> {
        let wire = self.rest.json_opt(self.parts.clone()).await?;
        Ok(wire.map(T::open))
    }
}

/// Sends and takes the answer out of the object that it comes in.
pub(crate) async fn send<T: Answer>(rest: &RestClient, parts: RequestParts) -> Result<T> {
    Ok(T::open(rest.json(parts).await?))
}

/// Gives a builder its `send`, with what is to be said about retries.
macro_rules! sends {
    ($builder:ident => $answer:ty, $retried:literal) => {
        impl $builder {
            #[doc = concat!("Sends it. ", $retried)]
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request. 403 if the token lacks a scope or the
            /// caller a role.
            pub async fn send(&self) -> Result<$answer> {
                $crate::api::request::send(&self.rest, self.into_parts()?).await
            }
        }
    };
}

pub(crate) use sends;
