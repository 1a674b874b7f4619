//! Nothing secret in logs, at any level, nor in errors or `Debug`.

use std::io::Write;
use std::sync::{Arc, Mutex};

use globus_transfer::{ClientBuilder, TaskId, TaskWatcher};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{TOKEN, http, on};

const SECRET: &str = "s3cr3t-of-the-client=";

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

fn lookup(uri: &str, name: &str) -> Option<String> {
    match name {
        "GLOBUS_CLIENT_ID" => Some("the-client".into()),
        "GLOBUS_CLIENT_SECRET" => Some(SECRET.into()),
        "GLOBUS_SDK_SERVICE_URL_AUTH" | "GLOBUS_SDK_SERVICE_URL_TRANSFER" => Some(uri.into()),
        _ => None,
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
    let token = json!({"access_token": TOKEN, "expires_in": 172_800, "token_type": "Bearer",
        "resource_server": "transfer.api.globus.org", "scope": "x", "other_tokens": []});
    Mock::given(method("POST"))
        .and(path("/v2/oauth2/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let echo = format!("bad token {TOKEN} of {SECRET}");
    let refusal = json!({"code": "AuthenticationFailed", "message": echo, "request_id": "rq"});
    let refused = ResponseTemplate::new(401).set_body_json(refusal);
    on("GET", "/v0.10/submission_id")
        .respond_with(refused)
        .mount(&server)
        .await;
    let task = json!({"DATA": [{"task_id": "t", "status": "SUCCEEDED"}], "total": 1});
    on("GET", "/v0.10/task_list")
        .respond_with(ResponseTemplate::new(200).set_body_json(task))
        .mount(&server)
        .await;

    let client = ClientBuilder::from_vars(|name| lookup(&server.uri(), name))
        .unwrap()
        .http(http())
        .build()
        .unwrap();
    let error = client.submission_id().send().await.unwrap_err();
    let watcher = TaskWatcher::new(client.clone());
    watcher.wait(TaskId::new("t")).await.unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("globus_transfer.submission_id"),
        "the log is being read"
    );
    let basic = "dGhlLWNsaWVudDpz"; // how base64 of id and secret begins
    for shown in [log, format!("{client:?} {watcher:?}")] {
        for secret in [TOKEN, SECRET, basic] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    // The service's own words are kept but for the token that was sent.
    assert!(
        !format!("{error} {error:?} {:?}", error.body()).contains(TOKEN),
        "{error:?}"
    );
}
