//! What a real Prefect server and its Python client make of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod deploying;
mod heavy;
mod long;
mod run_store;
mod scene;
mod serving;
mod serving_flows;
mod site;
mod support;
