//! What waiting for jobs at NERSC costs, and how soon their ends are noticed.

use serde_json::Value;

use crate::sim::Simulator;
use crate::{Result, project, tools};

/// For how long the waits are watched, in seconds.
const WATCHED: &str = "60";

/// One job, two hundred, and the ends of five.
pub(super) fn run() -> Result {
    let example = ["--package", "sfapi", "--example", "waits"];
    tools::run(tools::cargo(&[&["build", "--quiet"], &example[..]].concat()))?;
    let simulator = Simulator::start(&[])?;
    let ready: Value = serde_json::from_slice(&std::fs::read(simulator.ready_json())?)?;
    let binary = project::target_folder()?.join("debug/examples/waits");
    for arguments in [["1", WATCHED], ["200", WATCHED], ["ends", "5"]] {
        let mut command = tools::command(&binary, &arguments);
        let variables = ready["env"].as_object().into_iter().flatten();
        command.envs(variables.filter_map(|(name, value)| Some((name, value.as_str()?))));
        println!("{}", tools::output(command)?.trim());
    }
    Ok(())
}
