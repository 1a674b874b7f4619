//! The real Globus Compute: what our client writes its SDK must read and run, and a real endpoint, over a real broker.

use std::path::Path;

use super::{Extent, environment, python};
use crate::{Result, project, tools};

/// Debian's package of the message broker, and where it puts its programs.
const PACKAGE: &str = "rabbitmq-server";
const PROGRAMS: &str = "/usr/lib/rabbitmq/bin";

/// Runs the tests of `support/peer-tests` that have the SDK as their judge, and an endpoint; with [`Extent::Full`] also
/// those that restart endpoints and start processes.
pub(super) fn run(extent: Extent) -> Result {
    println!("-- globus-compute-sdk and globus-compute-endpoint");
    if !Path::new(PROGRAMS).join("rabbitmq-server").exists() {
        return Err(format!(
            "not installed: rabbitmq-server; `apt-get install --no-install-recommends {PACKAGE}`"
        )
        .into());
    }
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
    // Each scene has a broker and an endpoint: two at a time are enough.
    test.args(["--test", "compute", "--", "--nocapture", "--test-threads=2"]);
    if extent == Extent::Quick {
        test.args(["--skip", "long::"]);
    }
    // The flow is run by the command itself.
    tools::run(tools::cargo(&[
        "build",
        "--quiet",
        "--package",
        "splash-flows-cli",
    ]))?;
    let command = project::target_folder()?.join("debug/splash-flows");
    test.env("PEER_COMPUTE", folder)
        .env("PEER_RABBITMQ", PROGRAMS)
        .env("PEER_SPLASH_FLOWS", command);
    tools::run(test)
}
