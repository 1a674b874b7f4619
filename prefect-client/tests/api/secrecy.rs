//! No token and no parameter in any log line, error or debug text.

use std::io;
use std::sync::{Arc, Mutex};

use prefect_client::Client;
use rest_core::{ManualClock, StaticToken, Token};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::MockServer;

use crate::support::{DEPLOYMENT, deployment_id, http, noon, on, reply, stored_run};

const SECRETS: [&str; 3] = ["pnu_0123456789", "hunter2-password", "parameter-of-the-run"];

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

#[tokio::test]
async fn nothing_secret_is_shown() {
    let log = Log::default();
    // For the whole process: tests in other threads switch off what is only set for this one.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .init();
    let server = MockServer::start().await;
    let route = format!("/deployments/{DEPLOYMENT}/create_flow_run");
    let busy = json!({"exception_message": "Service Unavailable", "request_body": SECRETS});
    on("POST", &route, reply(503, &busy))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on("POST", &route, reply(200, &stored_run()))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let echo = json!({"exception_message": "Invalid request received.", "request_body": SECRETS,
        "exception_detail": [{"loc": ["body"], "msg": "no", "input": SECRETS}]});
    on("POST", &route, reply(422, &echo)).mount(&server).await;

    let mut shown = Vec::new();
    for token in [
        Token::bearer(SECRETS[0]),
        Token::basic("admin", &SECRETS[1].into()),
    ] {
        let builder = Client::builder()
            .base_url(format!("{}/api", server.uri()))
            .tokens(Arc::new(StaticToken(token)))
            .http(http())
            .clock(Arc::new(ManualClock::new(noon())));
        shown.push(format!("{builder:?}"));
        let client = builder.build().unwrap();
        let create = client
            .create_flow_run(deployment_id())
            .parameters(json!({"key": SECRETS[2]}));
        let create = create.idempotency_key("key-1");
        match create.send().await {
            Ok(run) => assert_eq!(run.idempotency_key.as_deref(), Some("key-1")),
            Err(error) => shown.push(format!("{error} {error:?} {:?}", error.body())),
        }
        shown.push(format!("{client:?}"));
    }

    let shown = shown.join("\n");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("prefect.flow_run_create"),
        "the log works: {logged}"
    );
    // As basic authentication has it: admin:hunter2-password.
    for secret in SECRETS.into_iter().chain(["YWRtaW46aHVudGVyMi1wYXNzd29yZA"]) {
        assert!(!logged.contains(secret), "logged {secret}: {logged}");
        assert!(!shown.contains(secret), "shown {secret}: {shown}");
    }
}
