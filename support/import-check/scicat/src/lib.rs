use chrono::Utc;
use scicat::{Client, ContactEmail, NewOrigDatablock, NewRawDataset, RequiredFields};

async fn ingest() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?; // SCICAT_INGEST_URL, SCICAT_INGEST_USERNAME, SCICAT_INGEST_PASSWORD
    let required = RequiredFields {
        owner: "Ada Example".into(),
        owner_group: "ALS-11532".into(),
        contact_email: ContactEmail::new("ada@example.org")?,
        source_folder: "/data/raw".into(),
        dataset_name: "scan_0042".into(),
        creation_time: Utc::now(),
        principal_investigator: "Ada Example".into(),
        creation_location: "Beamline 8.3.2".into(),
    };
    let files = NewOrigDatablock::new().file("/data/raw/scan_0042.h5", 270_370, Utc::now());
    let dataset = NewRawDataset::new(required).data_format("DX");
    let held = client.datasets().upsert(dataset).files(files).send().await?;
    println!("{} ({})", held.pid, if held.created { "new" } else { "known" });
    Ok(())
}
