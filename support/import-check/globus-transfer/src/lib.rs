use globus_transfer::{Client, EndpointId, SyncLevel, TaskWatcher};

async fn copy(from: EndpointId, to: EndpointId) -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let transfer = client.submit_transfer(from, to).item("/raw/scan.h5", "/data/scan.h5").label("scan 17");
    let submitted = transfer.sync_level(SyncLevel::Checksum).verify_checksum(true).send().await?;
    let task = TaskWatcher::new(client).wait(submitted.task_id).await?;
    println!("{} bytes", task.bytes_transferred.unwrap_or(0));
    Ok(())
}
