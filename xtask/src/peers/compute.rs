//! The real Globus Compute SDK: what our client writes it must read and run, and our client its answers.

use super::{environment, python};
use crate::{Result, tools};

/// Runs the tests of `support/peer-tests` that have the SDK as their judge.
pub(super) fn run() -> Result {
    println!("-- globus-compute-sdk");
    let folder = environment("compute", |folder| {
        tools::run(tools::command(
            python(folder),
            &["-c", "import globus_compute_sdk, globus_compute_endpoint"],
        ))
    })?;
    let mut test = tools::cargo(&[
        "test",
        "--quiet",
        "--package",
        "peer-tests",
        "--features",
        "servers",
    ]);
    test.args(["--test", "compute"]).env("PEER_COMPUTE", folder);
    tools::run(test)
}
