//! No password and no token in any log line, error or debug text.

use std::io;
use std::sync::{Arc, Mutex};

use rest_core::ManualClock;
use scicat::Client;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{http, noon, on, pid, reply, scan, stored};

const SECRETS: [&str; 3] = ["hunter2-password", "first-issued-token", "second-issued-token"];

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn token(text: &str) -> ResponseTemplate {
    reply(
        201,
        &json!({"access_token": text, "id": text, "expires_in": 3600}),
    )
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let log = Log::default();
    // For the whole process: tests in other threads switch off what is only set for this one.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .init();
    let server = MockServer::start().await;
    on("POST", "/auth/login", ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on("POST", "/auth/login", token(SECRETS[1]))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on("POST", "/auth/login", token(SECRETS[2])).mount(&server).await;
    // An echo of what was sent, as a careless proxy would give it.
    let echo = format!("authorization: Bearer {}", SECRETS[2]);
    on("POST", "/datasets", ResponseTemplate::new(401))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on(
        "POST",
        "/datasets",
        ResponseTemplate::new(500).set_body_string(echo),
    )
    .mount(&server)
    .await;
    on("GET", "/datasets", reply(200, &json!([stored()])))
        .mount(&server)
        .await;

    let builder = Client::builder()
        .base_url(format!("{}/api/v3", server.uri()))
        .login("ingestor", SECRETS[0])
        .http(http())
        .clock(Arc::new(ManualClock::new(noon())));
    let mut shown = vec![format!("{builder:?}")];
    let client = builder.build().unwrap();
    let error = client.datasets().create(scan()).send().await.unwrap_err();
    shown.push(format!("{error} {error:?} {:?} {client:?}", error.body()));
    shown.push(format!("{:?}", client.dataset(pid()).get()));
    client.datasets().find().send().await.unwrap();

    let shown = shown.join("\n");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("scicat.dataset_create"),
        "the log works: {logged}"
    );
    for secret in SECRETS {
        assert!(!logged.contains(secret), "logged {secret}: {logged}");
        assert!(!shown.contains(secret), "shown {secret}: {shown}");
    }
}
