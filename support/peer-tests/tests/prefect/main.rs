//! What a real Prefect server and its Python client make of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod deploying;
mod heavy;
mod limits;
mod long;
mod odd;
mod run_store;
mod scene;
mod serving;
mod serving_flows;
mod site;
mod subset;
mod support;
