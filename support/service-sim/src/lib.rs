//! Simulators of Globus, SciCat, Prefect and the Superfacility API, for tests and for trying flows without the real services.
//!
//! A [`Sim`] runs each chosen service on a loopback port of its own, over real directories: a *host* is a
//! directory tree, a *collection* is a uuid on a host, and a transfer really copies bytes. Every request is
//! written to a [`Journal`], on which a test asserts; [`FaultSpec`]s make requests and tasks go wrong in named,
//! repeatable ways. A `Sim` has its own threads, so it works in plain and in async tests, several at once, and
//! goes away, ports and temporary folder included, when it is dropped.
//!
//! ```
//! # #[cfg(feature = "transfer")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use service_sim::Sim;
//!
//! let sim = Sim::builder().transfer().fault("transfer.submit:status=503,times=2".parse()?).start()?;
//! sim.collection("data832").write("raw/scan.h5", b"bytes");
//! let env = sim.env(); // what a client or a Python SDK reads from its environment
//! assert!(env["GLOBUS_SDK_SERVICE_URL_TRANSFER"].starts_with("http://127.0.0.1:"));
//! assert_eq!(sim.journal().entries().len(), 0);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "transfer"))]
//! # fn main() {}
//! ```
//!
//! **What goes wrong.** [`FaultSpec::help`] lists the effects. Three decide whether a client that dies or gives up was
//! heard: `hold-before` (read, not acted on until released, never if the client is gone), `hold` (acted on, the reply
//! kept) and `stall` (half of the reply kept). Tasks can end FAILED, stay ACTIVE with any of the service's ailments, or
//! end SUCCEEDED without having done what they say. Further, [`SimBuilder::skew`] sets clocks wrong,
//! [`CollectionSpec::rename_supported`] takes renaming away, [`SimBuilder::no_local_mounts`] keeps the folders from
//! clients, and [`Limits::Production`] enforces the service's limits.
//!
//! **Time** is real time plus what [`Sim::advance`] has added. Token ends, delays, rate windows, deadlines and the
//! lateness of scheduled runs follow it. A transfer without a deadline of its own has 24 h, 72 h after each file that
//! arrived, and 24 h again if they pass while it is queued; a delete has 24 h from its submission.
//!
//! **Another process** uses the control port, `SERVICE_SIM_URL` of [`Sim::env`]:
//!
//! | request | answer |
//! |---|---|
//! | `GET /sim/journal?since=N` | the journal's entries from number N (default 0) on, one JSON document a line |
//! | `GET /sim/state` | clock, faults, holds, tasks, datasets, blocks of files, flow runs |
//! | `GET /sim/collections` | `{key: {uuid, host, root_path, dir}}`, `dir` only with local mounts |
//! | `POST /sim/advance {"seconds": S}` | moves the clock forward |
//! | `POST /sim/fault {"spec": TEXT}` | adds a fault |
//! | `POST /sim/clear` | removes every fault and releases every hold |
//! | `POST /sim/release {"name": NAME}` | releases a hold; `*` all of them |
//! | `POST /sim/plant {"collection": KEY, "path": PATH, …}` | with `"bytes_base64"`, `"truncate": N`, `"delete": true` and `"mtime"` (RFC 3339) changes a file; the path is relative to the collection's root path |
//!
//! Cargo features choose what is compiled: `transfer` (Globus Auth and Transfer), `compute` (Globus Auth and Compute),
//! `scicat`, `prefect`, `sfapi`, and `bin`
//! (all of them and the binary `service-sim`).

// A build with fewer services leaves parts of the common ground unused.
#![cfg_attr(
    not(all(
        feature = "transfer",
        feature = "compute",
        feature = "scicat",
        feature = "prefect",
        feature = "sfapi"
    )),
    allow(dead_code)
)]

#[cfg(feature = "auth")]
mod auth;
mod builder;
mod clock;
mod collection;
#[cfg(feature = "compute")]
mod compute;
#[cfg(feature = "bin")]
pub mod config;
mod control;
mod error;
mod exchange;
mod fault;
#[cfg(feature = "flows")]
mod flows;
mod holds;
mod journal;
mod operations;
mod plant;
#[cfg(feature = "prefect")]
mod prefect;
mod remembered;
mod reply;
mod routes;
#[cfg(feature = "scicat")]
mod scicat;
mod server;
#[cfg(feature = "sfapi")]
mod sfapi;
mod shared;
mod sim;
mod tokens;
#[cfg(feature = "transfer")]
mod transfer;

#[cfg(feature = "auth")]
pub use auth::NATIVE_CLIENT_ID;
pub use builder::{Limits, SimBuilder};
pub use collection::{Collection, CollectionSpec, default_collections};
#[cfg(feature = "compute")]
pub use compute::ComputeTaskView;
pub use error::SimError;
pub use fault::{FaultSpec, FaultSpecError};
pub use journal::{Entry, Journal, JournalTimeout};
#[cfg(feature = "sfapi")]
pub use sfapi::JobView;
pub use sim::Sim;
#[cfg(feature = "transfer")]
pub use transfer::TaskView;
