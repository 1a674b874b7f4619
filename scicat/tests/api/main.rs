//! The client against a mock of the backend, and the requests that it makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attachments;
mod client;
mod datasets;
mod endpoints;
mod errors;
mod filters;
mod fuzz;
mod locations;
mod login;
mod origdatablocks;
mod same_calls;
mod secrecy;
mod sim;
mod support;
mod surface;
mod trouble;
mod upsert;
mod versions;
