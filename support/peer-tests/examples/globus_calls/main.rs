//! Makes every call of our clients of Globus once, at one server, in the order in which it prints their names.
//!
//! The calls are those of the clients' own tests of their surface. `globus_wire_peer.py` starts this beside the Globus
//! SDK for Python, which makes the same calls, and compares what the server saw.
// The tests' rows hold more than is wanted here.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

#[path = "../../../globus-auth/tests/api/surface.rs"]
mod auth;
#[path = "../../../../globus-transfer/tests/api/surface/endpoints.rs"]
mod endpoints;
#[path = "../../../../globus-transfer/tests/api/surface/manager.rs"]
mod manager;
#[path = "../../../../globus-transfer/tests/api/surface/tasks.rs"]
mod tasks;
#[path = "../../../../globus-transfer/tests/api/surface/tunnels.rs"]
mod tunnels;

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use globus_transfer::{Client, RequestParts, SubmissionId, TaskId};
use rest_core::{ErrorKind, RestClient, StaticToken, Token};
use serde_json::Value;

mod support {
    use globus_transfer::EndpointId;

    pub(crate) const SECRET: &str = "the-secret";

    pub(crate) fn source() -> EndpointId {
        EndpointId::parse("11111111-aaaa-4bbb-8ccc-000000000001").expect("an id")
    }

    pub(crate) fn destination() -> EndpointId {
        EndpointId::parse("22222222-aaaa-4bbb-8ccc-000000000002").expect("an id")
    }
}

/// A row of the Transfer client's tests.
struct Row {
    theirs: &'static str,
    parts: fn(&Client) -> rest_core::Result<RequestParts>,
}

const fn row(
    theirs: &'static str,
    _request: &'static str,
    _ours: &'static str,
    parts: fn(&Client) -> rest_core::Result<RequestParts>,
) -> Row {
    Row { theirs, parts }
}

fn task() -> TaskId {
    TaskId::new("7c1d0000-0000-4000-8000-00000000000b")
}

fn submission() -> SubmissionId {
    SubmissionId::new("5b9e4f0a-0000-4000-8000-00000000000a")
}

fn day() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 12, 1, 8, 0, 0).unwrap()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = std::env::args().nth(1).ok_or("usage: globus_calls URL")?;
    let token = || Arc::new(StaticToken(Token::bearer("the-token")));
    let client = Client::new(&base, token())?;
    let rows = [
        tasks::TASKS,
        endpoints::ENDPOINTS,
        endpoints::BOOKMARKS,
        manager::MANAGER,
        tunnels::TUNNELS,
    ];
    for row in rows.into_iter().flatten() {
        sent(
            client.rest(),
            &format!("TransferClient.{}", row.theirs),
            (row.parts)(&client)?,
        )
        .await?;
    }
    let ours = auth::Ours::at(&base, token())?;
    for row in auth::rows() {
        let rest = match row.class {
            "ConfidentialAppAuthClient" => ours.confidential.rest(),
            "NativeAppAuthClient" => ours.native.rest(),
            _ => ours.api.rest(),
        };
        sent(
            rest,
            &format!("{}.{}", row.class, row.method),
            (row.parts)(&ours)?,
        )
        .await?;
    }
    Ok(())
}

/// Sends one request and prints its name. What is answered does not matter, but that it is.
async fn sent(rest: &RestClient, name: &str, parts: RequestParts) -> Result<(), Box<dyn Error>> {
    match rest.json::<Value>(parts).await {
        Err(error) if error.kind() != ErrorKind::Decode => Err(error.into()),
        _ => {
            writeln!(std::io::stdout().lock(), "{name}")?;
            Ok(())
        }
    }
}
