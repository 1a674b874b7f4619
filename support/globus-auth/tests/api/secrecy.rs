//! Nothing secret in logs, at any level, nor in errors or `Debug`.

use std::io;
use std::sync::{Arc, Mutex};

use globus_auth::{ClientCredentialsToken, transfer_tokens};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{OTHER, SECRET, TOKEN, answering, builder, two_tokens};

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
async fn secrets_appear_nowhere() {
    let log = Log::default();
    // For the whole process: other tests' threads would switch off what is only set for this one.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(log.clone())
        .init();

    let (server, client) = answering(200, two_tokens()).await;
    let tokens = client.client_credentials(["x"]).send().await.unwrap();
    let provider = transfer_tokens(client.clone());
    let token = provider.token().await.unwrap();
    let fetch = ClientCredentialsToken::new(client.clone(), "x", "y");
    let request = client.client_credentials(["x"]);
    let parts = request.into_parts().unwrap();
    let shown = format!(
        "{:?} {client:?} {request:?} {parts:?} {tokens:?} {provider:?} {token:?} {fetch:?}",
        builder(&server)
    );

    let (_server, client) = answering(401, json!({"error": "invalid_client", "access_token": TOKEN})).await;
    let error = client.client_credentials(["x"]).send().await.unwrap_err();
    assert_eq!(error.body(), None);

    let shown = format!("{shown} {error} {error:?}");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("globus_auth.client_credentials"),
        "the log is being read"
    );
    let basic = "dGhlLWNsaWVudDpj"; // how base64 of id and secret begins
    for text in [log, shown] {
        for secret in [SECRET, TOKEN, OTHER, basic] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
