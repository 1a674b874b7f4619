use globus_compute::{Arguments, Client, EndpointId, Executor, Function};

async fn add(endpoint: EndpointId) -> Result<i64, Box<dyn std::error::Error>> {
    let executor = Executor::new(Client::from_env()?, endpoint);
    let add = Function::from_source("add", "def add(a, b):\n    return a + b\n")?;
    let task = executor.submit(&add, Arguments::new().arg(2).arg(3)).await?;
    Ok(task.result().await?)
}
