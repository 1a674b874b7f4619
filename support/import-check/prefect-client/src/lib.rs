use chrono::{TimeDelta, Utc};
use serde_json::json;

async fn schedule() -> prefect_client::Result<()> {
    let client = prefect_client::Client::from_env()?; // PREFECT_API_URL, which ends in /api
    let settings = client.variable("bl832-settings").get().send().await?.value;
    let deployment = client.deployment("prune_globus_endpoint", "prune_globus_endpoint").get().send().await?;
    let run = client
        .create_flow_run(deployment.id)
        .name("prune_from_spot832")
        .parameters(json!({"relative_path": "raw/scan_0042.h5"}))
        .scheduled_at(Utc::now() + TimeDelta::days(settings["delete_spot832_files_after_days"].as_i64().unwrap_or(7)))
        .idempotency_key("run-17/prune/spot832/raw/scan_0042.h5")
        .send()
        .await?;
    println!("scheduled {}", run.id);
    Ok(())
}
