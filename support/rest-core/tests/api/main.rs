//! What rest-core promises its clients, over real sockets and over plain values.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "oauth2")]
mod credentials;
mod decision;
mod errors;
mod faulty_server;
mod fuzz;
mod limits;
mod paging;
mod plain_http;
mod polling;
mod request;
mod retries;
mod secrets;
mod setup;
mod token_cache;
mod tokens;
mod transport;
mod watch;
mod wire;
