use globus_flows::{Client, FlowId};
use serde_json::json;

async fn reconstruct(flow: FlowId, run_id: &str) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let start = client.flow(flow).run_once(run_id, json!({"input": {"file": "scan.h5"}}))?;
    let started = start.label("scan 17").send().await?;
    let run = client.run(started.run.run_id).wait().await?;
    println!("{run}");
    Ok(())
}
