//! Runs that do nothing, by our worker and by Prefect's own process worker, on one Prefect server.

use crate::{Result, peers, project, tools};

/// The version that is measured.
const VERSION: &str = "3.8.8";

/// Builds the worker and has Prefect's own client time both.
pub(super) fn run() -> Result {
    let example = [
        "--package",
        "prefect-client",
        "--features",
        "worker",
        "--example",
        "worker",
    ];
    tools::run(tools::cargo(
        &[&["build", "--release", "--quiet"], &example[..]].concat(),
    ))?;
    let python = peers::prefect_python(VERSION)?;
    let mut figures = tools::command(python, &["support/peer-tests/prefect_worker_figures.py"]);
    figures
        .arg(project::target_folder()?.join("release/examples/worker"))
        .arg(VERSION)
        .arg(peers::postgresql()?)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    tools::run(figures)
}
