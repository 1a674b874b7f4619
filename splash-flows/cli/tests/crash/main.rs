//! The real binary is killed, starved and started twice; what it leaves behind is asserted on the simulated
//! services' journal, on their directories and on the record of runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod batches;
mod cases;
#[path = "../cli/child.rs"]
#[allow(
    dead_code,
    reason = "shared with the test binary `cli`, each of which uses a part"
)]
mod child;
mod handover;
mod instants;
mod invariants;
mod points;
mod scene;
mod state_folder;
mod trash;
