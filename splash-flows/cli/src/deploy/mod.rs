//! A beamline's Prefect server: what it should hold, what it holds, and what makes the two agree.

mod apply;
mod plan;
pub mod tables;

pub use apply::apply;
pub use plan::{Change, Plan, Secrets, Wanted, foreign_workers, plan};

use prefect_client::Client;
use serde_json::Value;

/// How the workers of this program are named, so that others are known as such.
pub const WORKER_NAME: &str = "splash-flows";

/// The setting of a name, from the variable, else from the JSON block of an older set-up.
///
/// # Errors
/// The server cannot be asked.
pub async fn setting(client: &Client, name: &str) -> prefect_client::Result<Option<Value>> {
    if let Some(variable) = client.variable(name).get().send_opt().await? {
        return Ok(Some(variable.value));
    }
    block(client, name).await
}

/// The value of the JSON block of a name; servers of today have no such blocks.
async fn block(client: &Client, name: &str) -> prefect_client::Result<Option<Value>> {
    let block = client.blocks().by_name("json", name).send_opt().await?;
    Ok(block
        .and_then(|block| block.data)
        .and_then(|mut data| data.remove("value")))
}
