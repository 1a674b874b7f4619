//! Globus Compute's own software against our client: its SDK reads, runs and answers what the client writes, and a real
//! endpoint runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod endpoint;
mod flow;
mod judge;
mod long;
mod scene;
