//! The client against a mock server: what it sends, and what it makes of every kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anything;
mod client;
mod credentials;
mod grants;
mod login;
mod management;
mod provider;
mod refresh;
mod secrecy;
#[cfg(unix)]
mod store;
mod support;
mod surface;
