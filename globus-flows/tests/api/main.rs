//! The client against a mock server: what it sends, and what it makes of every kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod follow;
mod once;
mod sim;
mod support;
mod surface;
