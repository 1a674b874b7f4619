//! The client against a mock of the server, and the requests that it makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod answers;
mod client;
mod deployments;
mod errors;
mod fake;
mod flow_runs;
mod requests;
mod secrecy;
mod sim;
mod stream;
mod support;
mod variables;
mod worker;
