//! A Python function and a command on a Globus Compute endpoint. With `GLOBUS_COMPUTE_ENDPOINT` and credentials in the
//! environment it is the real one, else a simulated one, which needs `python3`.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;

use globus_compute::{Arguments, Client, Command, EndpointId, Executor, Function};
use service_sim::Sim;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sim = Sim::builder().compute().start()?;
    let lookup = |name: &str| match std::env::var("GLOBUS_COMPUTE_ENDPOINT") {
        Ok(_) => std::env::var(name).ok(),
        Err(_) => sim.env().get(name).cloned(),
    };
    let endpoint = EndpointId::parse(&lookup("GLOBUS_COMPUTE_ENDPOINT").unwrap_or_default())?;
    let executor = Executor::new(Client::from_vars(lookup)?, endpoint);

    let mean = Function::from_source(
        "mean",
        "def mean(values):\n    return sum(values) / len(values)\n",
    )?;
    let task = executor
        .submit(&mean, Arguments::new().arg([1.0, 2.0, 6.0]))
        .await?;
    let command = executor.run(&Command::new("uname").arg("-s")).await?;

    println!("the mean is {}", task.result::<f64>().await?);
    println!("the endpoint runs on {}", command.await?.stdout.trim());
    Ok(())
}
