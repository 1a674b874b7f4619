//! The client against a mock server: what it sends, and what it makes of every kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anything;
mod client;
mod endpoint;
mod follow;
mod fuzz;
mod lists;
mod look;
mod management;
mod parts;
mod queue;
mod secrecy;
mod shapes;
mod sim;
mod submission;
mod support;
mod surface;
mod tasks;
mod walk;
mod watcher;
