//! Prints what happens to flow runs, as it happens.
//!
//! `PREFECT_API_URL=http://127.0.0.1:4200/api cargo run -p prefect-client --features events --example events`

use std::io::Write as _;

use prefect_client::{Client, EventFilter};

#[tokio::main]
async fn main() -> prefect_client::Result<()> {
    let filter = EventFilter::default().prefix("prefect.flow-run.");
    let mut events = Client::from_env()?.events().subscribe(filter).await?;
    loop {
        let event = events.next().await?;
        let subject = event.resource_id().unwrap_or_default();
        if writeln!(std::io::stdout(), "{} {subject}", event.event).is_err() {
            return Ok(());
        }
    }
}
