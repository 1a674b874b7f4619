//! Documents that no test thought of: what is unknown never fails, what is wrong is an error, nothing panics.

use std::sync::{Arc, Mutex};

use globus_transfer::{Client, ErrorKind, Result, SubmissionDocument, TaskId};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::shapes;
use crate::support::{DESTINATION, SOURCE, client, source};

/// Every answer that is read, in the service's shape.
pub(crate) fn documents() -> Vec<(&'static str, Value)> {
    let task = json!({
        "DATA_TYPE": "task", "task_id": "t-1", "type": "TRANSFER", "status": "ACTIVE", "label": "scan 17",
        "nice_status": "Queued", "nice_status_expires_in": -1, "is_ok": null, "is_paused": false,
        "fatal_error": {"code": "FILE_NOT_FOUND", "description": "no such file"}, "canceled_by_admin": null,
        "request_time": "2026-11-22T16:00:00+00:00", "completion_time": null, "deadline": "2026-11-23 16:00:00+00:00",
        "source_endpoint_id": SOURCE, "destination_endpoint_id": DESTINATION, "bytes_transferred": 12, "files": 3,
        "bytes_checksummed": "34", "effective_bytes_per_second": 5, "files_transferred": 1, "files_skipped": 0,
        "directories": 0, "faults": 2, "sync_level": 3, "verify_checksum": true, "subtasks_skipped_errors": 0,
    });
    let entry = json!({
        "DATA_TYPE": "file", "name": "scan.h5", "type": "file", "size": 5, "last_modified": "2026-11-22 16:00:00+00:00",
        "permissions": "0644", "user": "u", "group": "g", "link_target": null,
    });
    let operation = |code: &str| json!({"DATA_TYPE": "result", "code": code, "message": "m", "request_id": "r", "resource": "/x"});
    let listing = json!({
        "DATA_TYPE": "file_list", "endpoint": SOURCE, "path": "/~/", "absolute_path": "/data/u", "DATA": [entry, entry],
        "total": 2, "rename_supported": true, "symlink_supported": false,
    });
    let mut documents = vec![
        (
            "tasks",
            json!({"DATA_TYPE": "task_list", "DATA": [task, task], "total": 2, "offset": 0, "limit": 2}),
        ),
        ("task", task),
        (
            "events",
            json!({"DATA": [{"code": "STARTED", "description": "d", "details": "{}", "is_error": false,
            "time": "2026-11-22T16:00:00+00:00"}], "total": 1}),
        ),
        (
            "transfers",
            json!({"DATA": [{"source_path": "/a", "destination_path": "/b", "size": 4, "checksum": null}],
            "next_marker": 93979}),
        ),
        (
            "skipped",
            json!({"DATA": [{"error_code": "FILE_NOT_FOUND", "error_time": "2026-11-22T16:00:00+00:00",
            "source_path": "/a", "is_directory": false}], "next_marker": null}),
        ),
        (
            "submission_id",
            json!({"DATA_TYPE": "submission_id", "value": "s-1"}),
        ),
        (
            "submit",
            json!({"code": "Accepted", "task_id": "t-1", "submission_id": "s-1", "message": "m", "request_id": "r"}),
        ),
        ("cancel", operation("Canceled")),
        ("rename", operation("FileRenamed")),
        ("mkdir", operation("DirectoryCreated")),
        ("stat", entry),
        ("ls", listing),
    ];
    documents.extend(shapes::documents());
    documents
}

async fn ask(client: &Client, operation: &str) -> Result<()> {
    let task = client.task(TaskId::new("t-1"));
    let endpoint = client.endpoint(source());
    match operation {
        "task" => task.get().send().await.map(drop),
        "tasks" => client.tasks().send().await.map(drop),
        "events" => task.events().send().await.map(drop),
        "transfers" => task.successful_transfers().send().await.map(drop),
        "skipped" => task.skipped_errors().send().await.map(drop),
        "submission_id" => client.submission_id().send().await.map(drop),
        "submit" => {
            let document =
                json!({"DATA_TYPE": "delete", "submission_id": "s-1", "endpoint": SOURCE, "DATA": []});
            let document = SubmissionDocument::from_bytes(document.to_string()).unwrap();
            client.submit(&document).send().await.map(drop)
        }
        "cancel" => task.cancel().send().await.map(drop),
        "rename" => endpoint.rename("/a", "/b").send().await.map(drop),
        "mkdir" => endpoint.mkdir("/a").send().await.map(drop),
        "stat" => endpoint.stat("/a").send_opt().await.map(drop),
        "ls" => endpoint.ls("/a").send().await.map(drop),
        other => shapes::ask(client, other).await,
    }
}

/// Any JSON, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}|[0-9:T+. -]{0,30}|-?[0-9]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}|code|message|DATA", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every node of a document, as a JSON pointer.
pub(crate) fn nodes(value: &Value, at: &str, found: &mut Vec<String>) {
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

/// A server whose answer changes from case to case, and its client.
pub(crate) struct Bench {
    runtime: Runtime,
    answer: Arc<Mutex<(u16, Vec<u8>)>>,
    client: Client,
    _server: MockServer,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let answer = Arc::new(Mutex::new((200, Vec::new())));
        let shown = Arc::clone(&answer);
        let respond = move |_: &Request| {
            let (status, body) = shown.lock().unwrap().clone();
            ResponseTemplate::new(status).set_body_raw(body, "application/json")
        };
        let (server, client) = runtime.block_on(async {
            let server = MockServer::builder().disable_request_recording().start().await;
            Mock::given(anything()).respond_with(respond).mount(&server).await;
            let client = client(&server);
            (server, client)
        });
        Self {
            runtime,
            answer,
            client,
            _server: server,
        }
    }

    pub(crate) fn ask(&self, operation: &str, status: u16, body: Vec<u8>) -> Result<()> {
        *self.answer.lock().unwrap() = (status, body);
        self.runtime.block_on(ask(&self.client, operation))
    }
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

#[test]
fn fields_and_words_of_tomorrow_never_fail() {
    let bench = Bench::new();
    let documents = documents();
    let grown = (
        any::<Index>(),
        prop::collection::vec((any::<Index>(), "x_[a-z]{0,5}", any_json()), 0..4),
        "[A-Z_]{1,9}",
    );
    let outcome = runner().run(&grown, |(which, fields, word)| {
        let (operation, mut document) = documents[which.index(documents.len())].clone();
        for (at, key, value) in fields {
            let object = pick(&mut document, at, Value::is_object);
            object[&key] = value;
        }
        // `stat` is of the kind that is asked for; all other words may change their meaning.
        for at in [
            "/status",
            "/nice_status",
            "/type",
            "/code",
            "/DATA/0/type",
            "/DATA/0/status",
            "/DATA/0/code",
        ] {
            if let Some(node) = document.pointer_mut(at) {
                *node = json!(word);
            }
        }
        let answer = bench.ask(operation, 200, document.to_string().into_bytes());
        prop_assert!(answer.is_ok(), "{operation} {document}: {answer:?}");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_document_that_is_wrong_somewhere_is_read_or_refused() {
    let bench = Bench::new();
    let documents = documents();
    let wrong = (
        any::<Index>(),
        prop::collection::vec((any::<Index>(), any_json()), 1..4),
        any::<Option<Index>>(),
    );
    let outcome = runner().run(&wrong, |(which, changes, cut)| {
        let (operation, mut document) = documents[which.index(documents.len())].clone();
        for (at, value) in changes {
            *pick(&mut document, at, |_| true) = value;
        }
        let mut body = document.to_string().into_bytes();
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        if let Err(error) = bench.ask(operation, 200, body) {
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
    let documents = documents();
    let body = prop_oneof![
        any_json().prop_map(|value| value.to_string().into_bytes()),
        (any_json(), any_json()).prop_map(|(code, scopes)| {
            json!({"code": code, "message": code, "request_id": scopes, "required_scopes": scopes})
                .to_string()
                .into_bytes()
        }),
        any_json().prop_map(|scopes| {
            json!({"code": "ConsentRequired", "required_scopes": scopes, "authorization_parameters": scopes})
                .to_string()
                .into_bytes()
        }),
        prop::collection::vec(any::<u8>(), 0..60),
        Just("{\"a\":".repeat(50_000).into_bytes()),
    ];
    let refused = (
        any::<Index>(),
        prop::sample::select(vec![400_u16, 402, 403, 404, 409, 429, 500, 502, 503, 599]),
        body,
    );
    let outcome = runner().run(&refused, |(which, status, body)| {
        let (operation, _) = documents[which.index(documents.len())];
        match bench.ask(operation, status, body) {
            Ok(()) => prop_assert_eq!((operation, status), ("stat", 404)),
            Err(error) => {
                prop_assert_eq!(error.status(), Some(status));
                prop_assert!(error.to_string().len() < 4_000, "{}", error);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}
