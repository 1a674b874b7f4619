//! The client against a mock server: what it sends, and what it makes of every kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth;
mod hostile;
mod keys;
mod replies;
mod secrecy;
mod sim;
mod submission;
mod support;
mod surface;
mod watcher;
