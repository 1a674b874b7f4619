//! A real Slurm behind the simulated Superfacility API: what becomes of jobs, and how many there are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod crowd;
mod ends;
mod flows;
mod kills;
mod many;
mod site;
mod support;
