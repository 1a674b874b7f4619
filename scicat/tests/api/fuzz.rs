//! Documents that no test thought of: what is unknown never fails, what is wrong is an error, nothing panics.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use rest_core::ManualClock;
use scicat::{Client, ErrorKind, NewOrigDatablock, Result, violations};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{PID, costly_cases, http, noon, pid, scan, stored};

const OPERATIONS: [&str; 5] = ["get", "find", "create", "blocks", "create_block"];
const PASSWORD: &str = "correct horse battery";

/// What the backend answers, in its own shape.
fn document(operation: &str) -> Value {
    let block = json!({
        "_id": "b-1", "datasetId": PID, "size": 5, "ownerGroup": "ALS-11532", "createdAt": "2026-03-01T12:00:01.250Z",
        "dataFileList": [{"path": "/a.h5", "size": 5, "time": "2026-03-01T12:00:00.000Z", "chk": null, "uid": "u"}],
    });
    match operation {
        "find" => json!([stored(), stored()]),
        "blocks" => json!([block]),
        "create_block" => block,
        _ => stored(),
    }
}

async fn ask(client: &Client, operation: &str) -> Result<()> {
    match operation {
        "get" => client.dataset(pid()).get().send().await.map(drop),
        "find" => client.datasets().find().dataset_name("x").send().await.map(drop),
        "create" => client.datasets().create(scan()).send().await.map(drop),
        "blocks" => client.origdatablocks(pid()).list().send().await.map(drop),
        "create_block" => {
            let block = NewOrigDatablock::new().file("/a.h5", 5, noon());
            client.origdatablocks(pid()).create(block).send().await.map(drop)
        }
        other => panic!("{other}"),
    }
}

/// Any JSON, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}|[0-9:T+.Z -]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(
                "\\PC{0,6}|message|error|property|constraints|children",
                inner,
                0..3
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every node of a document, as a JSON pointer.
fn nodes(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                nodes(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                nodes(value, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

fn pick(document: &mut Value, which: Index, keep: impl Fn(&Value) -> bool) -> &mut Value {
    let mut found = Vec::new();
    nodes(document, "", &mut found);
    found.retain(|at| keep(document.pointer(at).unwrap()));
    let at = found.swap_remove(which.index(found.len()));
    document.pointer_mut(&at).unwrap()
}

/// What the server says in one case.
#[derive(Clone)]
struct Answers {
    login: Vec<u8>,
    status: u16,
    body: Vec<u8>,
}

/// A backend whose answers change from case to case.
struct Bench {
    runtime: Runtime,
    answers: Arc<Mutex<Answers>>,
    server: MockServer,
    http: reqwest::Client,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let login = json!({ "access_token": "one", "expires_in": 3600 })
            .to_string()
            .into_bytes();
        let answers = Arc::new(Mutex::new(Answers {
            login,
            status: 200,
            body: Vec::new(),
        }));
        let shown = Arc::clone(&answers);
        let respond = move |request: &Request| {
            let answers = shown.lock().unwrap().clone();
            if request.url.path().ends_with("/auth/login") {
                return ResponseTemplate::new(201).set_body_raw(answers.login, "application/json");
            }
            ResponseTemplate::new(answers.status).set_body_raw(answers.body, "application/json")
        };
        let server = runtime.block_on(async {
            let server = MockServer::builder().disable_request_recording().start().await;
            Mock::given(anything()).respond_with(respond).mount(&server).await;
            server
        });
        Self {
            runtime,
            answers,
            server,
            http: http(),
        }
    }

    /// A client that has yet to log in.
    fn client(&self) -> Client {
        Client::builder()
            .base_url(format!("{}/api/v3", self.server.uri()))
            .login("ingestor", PASSWORD)
            .http(self.http.clone())
            .clock(Arc::new(ManualClock::new(noon())))
            .build()
            .unwrap()
    }

    fn ask(&self, client: &Client, operation: &str, status: u16, body: Vec<u8>) -> Result<()> {
        {
            let mut answers = self.answers.lock().unwrap();
            answers.status = status;
            answers.body = body;
        }
        self.runtime.block_on(ask(client, operation))
    }
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        failure_persistence: None,
        cases: costly_cases(),
        ..ProptestConfig::default()
    })
}

fn operation() -> impl Strategy<Value = &'static str> {
    prop::sample::select(OPERATIONS.to_vec())
}

#[test]
fn fields_and_words_of_tomorrow_never_fail() {
    let bench = Bench::new();
    let client = bench.client();
    let grown = (
        operation(),
        prop::collection::vec((any::<Index>(), "x_[a-z]{0,5}", any_json()), 0..4),
        "[a-z]{1,9}",
    );
    let outcome = runner().run(&grown, |(operation, fields, word)| {
        let mut document = document(operation);
        for (at, key, value) in fields {
            pick(&mut document, at, Value::is_object)[&key] = value;
        }
        for at in ["/type", "/0/type"] {
            if let Some(node) = document.pointer_mut(at) {
                *node = json!(word);
            }
        }
        let answer = bench.ask(&client, operation, 200, document.to_string().into_bytes());
        prop_assert!(answer.is_ok(), "{operation} {document}: {answer:?}");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_document_that_is_wrong_somewhere_is_read_or_refused() {
    let bench = Bench::new();
    let client = bench.client();
    let wrong = (
        operation(),
        prop::collection::vec((any::<Index>(), any_json()), 1..4),
        any::<Option<Index>>(),
    );
    let outcome = runner().run(&wrong, |(operation, changes, cut)| {
        let mut document = document(operation);
        for (at, value) in changes {
            *pick(&mut document, at, |_| true) = value;
        }
        let mut body = document.to_string().into_bytes();
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        if let Err(error) = bench.ask(&client, operation, 200, body) {
            prop_assert_eq!(error.kind(), ErrorKind::Decode, "{}", error);
            prop_assert!(error.to_string().len() < 4_000, "{}", error);
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_error_document_is_an_error_of_its_status() {
    let bench = Bench::new();
    let client = bench.client();
    let body = prop_oneof![
        any_json().prop_map(|value| value.to_string()),
        any_json()
            .prop_map(|value| json!({"status": 400, "message": json!([value]).to_string()}).to_string()),
        (any_json(), any_json())
            .prop_map(|(message, error)| json!({"message": message, "error": error}).to_string()),
        prop::collection::vec("\\PC{0,20}", 0..4).prop_map(|list| json!({"message": list}).to_string()),
        // Violations below violations, deeper than any parser should follow.
        Just(json!({"message": "[{\"property\":\"a\",\"children\":".repeat(20_000)}).to_string()),
        ".{0,60}",
    ];
    let refused = (
        operation(),
        prop::sample::select(vec![400_u16, 403, 404, 409, 413, 422, 429, 500, 503]),
        body,
    );
    let outcome = runner().run(&refused, |(operation, status, body)| {
        let Err(error) = bench.ask(&client, operation, status, body.into_bytes()) else {
            return Err(TestCaseError::fail("an error status is no success"));
        };
        prop_assert_eq!(error.status(), Some(status));
        prop_assert!(error.to_string().len() < 4_000, "{}", error);
        let _ = violations(&error);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_login_is_a_token_or_an_error_and_never_shown() {
    let bench = Bench::new();
    let claims = (any_json(), any::<f64>(), any::<i64>()).prop_map(|(other, exp, iat)| {
        let claims = prop::sample::select(vec![json!({"exp": exp, "iat": iat}), json!({"exp": iat}), other]);
        claims.prop_map(|claims| format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims.to_string())))
    });
    let token = prop_oneof![
        claims.prop_flat_map(|token| token),
        "\\PC{0,30}|[!-~]{1,9}[.][!-~]{0,9}[.]?"
    ];
    let login = prop_oneof![
        3 => (token, any_json(), any_json()).prop_map(|(token, life, user)| {
            json!({"access_token": token, "id": token, "expires_in": life, "ttl": life, "user": user})
        }),
        1 => any_json(),
    ];
    let outcome = runner().run(
        &(login, any::<i64>(), any::<bool>()),
        |(mut login, life, whole)| {
            if whole && let Some(field) = login.get_mut("expires_in") {
                *field = json!(life);
            }
            bench.answers.lock().unwrap().login = login.to_string().into_bytes();
            let body = document("get").to_string().into_bytes();
            if let Err(error) = bench.ask(&bench.client(), "get", 200, body) {
                let told = format!("{error} {error:?} {:?}", error.body());
                prop_assert!(!told.contains(PASSWORD), "{}", told);
                if let Some(token) = login["access_token"].as_str().filter(|token| token.len() > 8) {
                    prop_assert!(!told.contains(token), "{}", told);
                }
            }
            Ok(())
        },
    );
    outcome.unwrap();
}
