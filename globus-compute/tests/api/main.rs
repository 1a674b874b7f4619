//! The client against a mock server and the simulator: what it sends, and what it makes of every kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod executor;
mod sim;
mod support;
mod surface;
