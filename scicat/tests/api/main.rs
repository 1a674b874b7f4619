//! The client against a mock of the backend, and the requests that it makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod datasets;
mod errors;
mod fuzz;
mod login;
mod origdatablocks;
mod secrecy;
mod sim;
mod support;
