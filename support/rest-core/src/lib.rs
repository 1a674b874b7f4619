//! What clients of REST services share, without knowledge of any one service.
//!
//! A client crate describes each call as [`RequestParts`] (pure data, no I/O) and hands it to a [`RestClient`],
//! which attaches the token, keeps time and size limits, retries what may be retried and turns every failure
//! into one [`Error`]. Around it stand the token cache ([`CachedToken`]), the [`Pager`], the [`Poller`],
//! [`WatchGroup`]s of waiters that share their requests, and macros: [`open_enum!`], [`newtype_id!`] and [`uuid_id!`]
//! for wire types, [`client_setters!`], [`call!`], [`optional!`] and [`paged!`] for builders.
//!
//! ```no_run
//! use http::Method;
//! use rest_core::{RequestParts, RestClient};
//!
//! # async fn run() -> rest_core::Result<()> {
//! let client = RestClient::builder("library", "https://books.example.org/api").build()?;
//! let parts = RequestParts::new("library.get_book", Method::GET, "/v1/books/{book_id}").path_param("book_id", "a/b");
//! let book: Option<serde_json::Value> = client.json_opt(parts).await?;
//! # Ok(()) }
//! ```
//!
//! # Secrets
//!
//! Tokens and passwords are [`SecretString`]s. Neither logs (at any level) nor errors nor `Debug` output contain
//! them, and they are never sent over plain `http://` except to loopback and to hosts that were named for it.

mod attempt;
mod body;
mod call;
mod carried;
mod client;
mod client_builder;
mod client_macros;
mod clock;
mod error;
mod error_display;
mod http_rule;
mod limiter;
mod macros;
mod page;
mod poll;
mod redact;
mod request;
mod request_view;
mod response;
mod retry;
mod retry_after;
mod send;
mod service_error;
mod token;
mod token_cache;
mod transport;
mod vars;
mod watch;

#[cfg(feature = "oauth2")]
pub mod client_credentials;
#[cfg(feature = "private-key-jwt")]
pub mod private_key_jwt;

#[doc(hidden)]
pub mod __private;

pub use call::Call;
pub use client::RestClient;
pub use client_builder::{Attempt, OnRequest, RestClientBuilder};
pub use clock::{Clock, ManualClock, SystemClock, system_clock};
pub use error::{Error, ErrorKind, Result, Sent};
pub use futures_util::future::BoxFuture;
pub use futures_util::stream::Stream;
pub use http::Method;
pub use limiter::Limiter;
pub use page::{Page, PageToken, Pager};
pub use poll::{Pace, Poller, Progress};
pub use redact::{mask_text, redact_body, redacted_url};
pub use request::RequestParts;
pub use response::RawResponse;
pub use retry::{Outcome, RetryPolicy, Verdict, decide};
pub use retry_after::parse_retry_after;
pub use secrecy::{ExposeSecret, SecretString};
pub use service_error::{ResponseFacts, ServiceError, parse_common_error};
pub use token::{FetchToken, StaticToken, Token, TokenProvider};
pub use token_cache::CachedToken;
pub use transport::shared_http_client;
pub use url::Url;
pub use vars::Vars;
pub use watch::{Reading, Seat, WatchGroup, WatchSource};
