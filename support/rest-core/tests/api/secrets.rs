//! No secret in any log line at trace level, in any error, or in `Debug`.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use rest_core::{RequestParts, RestClient};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faulty_server::{Act, FaultyServer};
use crate::setup::{builder, static_token};

const TOKEN: &str = "s3cr3t-t0ken-of-this-test";
const PASSWORD: &str = "s3cr3t-passw0rd-of-this-test";

/// All log lines of this process, of every crate, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Connections log from tasks of their own, so the log is global and shared with the other tests.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish()
            .try_init()
            .unwrap();
        log
    })
}

fn assert_clean(what: &str, text: &str) {
    for secret in [TOKEN, PASSWORD] {
        assert!(!text.contains(secret), "{what} holds a secret: {text}");
    }
}

fn login() -> RequestParts {
    RequestParts::new("shop.login", http::Method::POST, "/login")
        .query("access_token", TOKEN)
        .header("x-api-key", PASSWORD)
        .form(vec![
            ("user".to_owned(), "ida".to_owned()),
            ("password".to_owned(), PASSWORD.to_owned()),
        ])
        .idempotent(true)
}

/// A client that carries secrets wherever it can.
fn client(url: &str) -> RestClient {
    builder(url)
        .tokens(static_token(TOKEN))
        .default_header("x-auth-token", PASSWORD)
        .build()
        .unwrap()
}

/// A server that repeats all it was sent, in several forms.
async fn echo(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let respond = move |request: &wiremock::Request| {
        let headers: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let text = format!("{} {} {body}", request.url, headers.join("\n"));
        let document = serde_json::json!({
            "code": "Echo", "message": text, "request_id": TOKEN, "access_token": TOKEN,
            "detail": [{"loc": ["body", "password"], "msg": format!("bad: {PASSWORD}"), "input": PASSWORD}],
        });
        ResponseTemplate::new(status)
            .set_body_json(document)
            .insert_header("x-request-id", TOKEN)
    };
    Mock::given(any()).respond_with(respond).mount(&server).await;
    server
}

#[tokio::test]
async fn at_trace_level_no_secret_is_logged_or_in_an_error() {
    let log = log();
    let mut errors = Vec::new();
    for status in [400, 401, 403, 422, 429, 500, 503] {
        let server = echo(status).await;
        errors.push(client(&server.uri()).empty(login()).await.unwrap_err());
        errors.push(
            client(&server.uri())
                .empty(login().sensitive())
                .await
                .unwrap_err(),
        );
    }
    let server = echo(200).await;
    client(&server.uri()).empty(login()).await.unwrap();
    // Its decoder quotes the value that it does not like: here, all that was sent.
    errors.push(
        client(&server.uri())
            .json::<HashMap<String, u32>>(login())
            .await
            .unwrap_err(),
    );
    errors.push(
        client(&server.uri())
            .json::<Vec<u32>>(login().sensitive())
            .await
            .unwrap_err(),
    );
    for act in [
        Act::ResetBeforeRead,
        Act::ResetAfterRead,
        Act::Write(format!("{TOKEN}\r\n\r\n")),
    ] {
        let server = FaultyServer::start(vec![act]).await;
        errors.push(client(&server.url()).empty(login()).await.unwrap_err());
    }
    errors.push(client("http://127.0.0.1:1").empty(login()).await.unwrap_err());

    for error in errors {
        assert_clean("an error", &format!("{error}\n{error:?}\n{error:#?}"));
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            assert_clean("a cause", &format!("{cause}\n{cause:?}"));
            source = cause.source();
        }
    }
    let text = log.text();
    // Only lines of clients: the test server logs what it receives.
    let ours: String = text
        .lines()
        .filter(|line| !line.contains("wiremock"))
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        ours.contains("request{operation=\"shop.login\" method=POST path=\"/login\""),
        "spans are logged"
    );
    assert!(
        ours.contains("sending again") && ours.contains("hyper_util"),
        "retries and the lower layers are logged"
    );
    assert_clean("the log", &ours);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let client = client("http://127.0.0.1:1");
    let builder = builder("http://127.0.0.1:1").default_header("x-auth-token", PASSWORD);
    assert_clean(
        "Debug",
        &format!("{client:?} {builder:?} {:?} {:?}", login(), static_token(TOKEN)),
    );
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200)
        .set_body_string(TOKEN)
        .insert_header("set-cookie", PASSWORD);
    Mock::given(path("/login"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let response = crate::setup::client(&server.uri()).full(login()).await.unwrap();
    assert_clean("Debug", &format!("{response:?}"));
}
