//! Nothing secret in logs, at any level, nor in errors or `Debug`.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sfapi::ClientBuilder;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{CLIENT_ID, JWK, TOKEN, file, http};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
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
    let server = MockServer::start().await;
    let token = json!({"access_token": TOKEN, "expires_in": 600, "token_type": "Bearer"});
    Mock::given(path("/c2id/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let echo = json!({"detail": format!("bad token {TOKEN}")});
    Mock::given(path("/account/"))
        .respond_with(ResponseTemplate::new(403).set_body_json(echo))
        .mount(&server)
        .await;
    let id = file("secrecy/id", CLIENT_ID, 0o644).display().to_string();
    let key = file("secrecy/key", JWK, 0o600).display().to_string();
    let uri = server.uri();
    let lookup = |name: &str| match name {
        "PATH_NERSC_CLIENT_ID" => Some(id.clone()),
        "PATH_NERSC_PRI_KEY" => Some(key.clone()),
        "SFAPI_BASE_URL" => Some(uri.clone()),
        "SFAPI_TOKEN_URL" => Some(format!("{uri}/c2id/token")),
        _ => None,
    };
    let client = ClientBuilder::from_vars(lookup)
        .unwrap()
        .http(http())
        .build()
        .unwrap();
    let error = client.account().user().send().await.unwrap_err();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("sfapi.user") && log.contains("sfapi.token"),
        "the log is being read"
    );
    let jwk: serde_json::Value = serde_json::from_str(JWK).unwrap();
    for shown in [
        log,
        format!("{client:?}"),
        format!("{error} {error:?} {:?}", error.body()),
    ] {
        for secret in [
            TOKEN,
            "eyJ0eXAi",
            jwk["d"].as_str().unwrap(),
            jwk["p"].as_str().unwrap(),
        ] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
