//! A Globus Flow with one state, which calls a function of Globus Compute: put together, registered, run once, followed
//! with its log, and deleted. Everything is simulated; the function needs `python3`.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;

use globus_compute::{Dialect, Function};
use globus_flows::{Action, Definition, definition};
use serde_json::json;
use service_sim::Sim;

const SOURCE: &str = "def reconstruct(file, angles):\n    return {'file': file, 'slices': 2 * angles}\n";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sim = Sim::builder().flows().start()?;
    let env = sim.env();
    let lookup = |name: &str| env.get(name).cloned();
    let compute = globus_compute::Client::from_vars(lookup)?;
    let function = Function::from_source("reconstruct", SOURCE)?;
    let function = compute
        .register_function(&function, Dialect::Modern)
        .send()
        .await?
        .function_uuid;

    let reconstruct = Action::new(definition::COMPUTE_ACTION)
        .parameter("endpoint.$", "$.input.endpoint")
        .parameter("function.$", "$.input.function")
        .parameter("kwargs.$", "$.input.kwargs")
        .result_path("$.Output")
        .wait_time(3600)
        .end();
    let definition = Definition::new("Reconstruction")
        .state("Reconstruction", reconstruct)
        .build()?;

    let client = globus_flows::Client::from_vars(lookup)?;
    let flow = client
        .create_flow("Reconstruction flow", definition, json!({}))
        .send()
        .await?;
    let input = json!({"input": {
        "endpoint": env.get("GLOBUS_COMPUTE_ENDPOINT"), "function": function,
        "kwargs": {"file": "scan.h5", "angles": 1800},
    }});
    let started = client
        .flow(flow.id.clone())
        .run_once("run-17", input)?
        .label("scan.h5")
        .send()
        .await?;
    let run = client
        .run(started.run.run_id)
        .wait()
        .on_update(|run| println!("{run}"))
        .await?;
    println!("{run}");
    if let Some(output) = run.output() {
        println!("{}", output["Output"]["details"]["result"]);
    }
    client.flow(flow.id).delete().send().await?;
    Ok(())
}
