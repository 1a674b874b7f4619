//! Submitting and waiting against a mock server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use globus_compute::{
    Arguments, Command, CommandOutput, Dialect, ErrorKind, Executor, Function, Pace, TaskError, TaskGroupId,
    TaskId, Value,
};
use serde_json::{Value as Json, json};
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::support::{
    ENDPOINT, FUNCTION, GROUP, answer, client, endpoint, on, paths, service, submitted, task,
};

const SUBMIT: &str = "/v3/endpoints/11111111-aaaa-4bbb-8ccc-000000000001/submit";

fn executor(server: &MockServer) -> Executor {
    let pace = Pace {
        first: Duration::from_millis(5),
        growth: 0.0,
        max: Duration::from_millis(5),
    };
    Executor::new(client(&server.uri()), endpoint()).pace(pace)
}

fn add() -> Function {
    Function::from_source("add", "def add(a, b=1):\n    return a + b\n").unwrap()
}

fn group() -> TaskGroupId {
    TaskGroupId::parse(GROUP).unwrap()
}

fn asked(request: &Request) -> Vec<String> {
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    serde_json::from_value(body["task_ids"].clone()).unwrap()
}

/// Every task that is asked for, as this says.
async fn tasks(server: &MockServer, each: impl Fn(&str) -> Option<Json> + Send + Sync + 'static) {
    let respond = move |request: &Request| {
        let ids = asked(request);
        let found = ids.iter().filter_map(|id| {
            let mut task = each(id)?;
            task["task_id"] = json!(id);
            Some((id.clone(), task))
        });
        let results: serde_json::Map<String, Json> = found.collect();
        answer(json!({"response": "batch", "results": results}))
    };
    on("POST", "/v2/batch_status")
        .respond_with(respond)
        .mount(server)
        .await;
}

fn returned(serialized: &str) -> Json {
    json!({"status": "success", "result": serialized, "completion_t": "1700000000.5",
        "details": {"task_transitions": {"execution-start": 1.5}}})
}

async fn submitting(count: usize) -> MockServer {
    let server = service().await;
    on("POST", SUBMIT)
        .respond_with(answer(submitted(count)))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_value_comes_back_and_the_function_is_registered_once() {
    let server = submitting(1).await;
    tasks(&server, |_| Some(returned("11\n{\"sum\": 5, \"nan\": NaN}"))).await;
    let noted = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&noted);
    let executor = executor(&server)
        .on_submitted(move |submitted| record.lock().unwrap().push(submitted.task_group_id.to_string()));
    for _ in 0..2 {
        let handle = executor
            .submit(&add(), Arguments::new().arg(2).kwarg("b", 3))
            .await
            .unwrap();
        assert_eq!(handle.id().as_str(), task(0));
        assert_eq!(noted.lock().unwrap().last().map(String::as_str), Some(GROUP));
        let value = handle.await.unwrap();
        assert_eq!(value.get("sum"), Some(&Value::Int(5)));
    }
    let endpoint = format!("/v2/endpoints/{ENDPOINT}");
    let wanted = [
        &endpoint,
        "/v3/functions",
        SUBMIT,
        "/v2/batch_status",
        SUBMIT,
        "/v2/batch_status",
    ];
    assert_eq!(paths(&server).await, wanted);
    let requests = server.received_requests().await.unwrap();
    let registered: Json = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(
        registered["function_code"],
        "47\nst\nadd:def add(a, b=1):\n    return a + b\n".replace("47", "41")
    );
    let second: Json = serde_json::from_slice(&requests[4].body).unwrap();
    assert_eq!(second["task_group_id"], GROUP);
    assert_eq!(second["tasks"][FUNCTION][0], "6\n11\n[2]11\n11\n{\"b\": 3}");
}

#[tokio::test]
async fn every_kind_of_end_is_told_apart() {
    let server = submitting(1).await;
    tasks(&server, |id| {
        Some(match id.chars().last().unwrap() {
            '1' => json!({"status": "failed", "exception": "Traceback (most recent call last):\n  File…\nValueError: bäd\n"}),
            '2' => json!({"status": "FAILED", "reason": "the endpoint is gone"}),
            '3' => json!({"status": "failed"}),
            '4' => returned("00\ngASVHQAAAAAAAACMCGRhdGV0aW1llIwEZGF0ZZSTlEMEB+oLFpSFlFKULg=="),
            '5' => returned("11\n[1, 2"),
            _ => json!({"status": "success"}),
        })
    })
    .await;
    let executor = executor(&server);
    let mut shown = Vec::new();
    for n in 1..=6 {
        let handle = executor.attach(TaskId::parse(&task(n)).unwrap());
        let error = handle.result::<Vec<i64>>().await.unwrap_err();
        assert!(!error.may_still_run());
        shown.push(error.to_string());
    }
    insta::assert_json_snapshot!(shown);
    let object = executor.attach(TaskId::parse(&task(4)).unwrap()).await.unwrap();
    assert_eq!(object.type_name(), "datetime.date");
}

#[tokio::test]
async fn a_command_that_fails_is_an_error_with_its_output() {
    let server = submitting(1).await;
    tasks(&server, |id| {
        Some(returned(if id.ends_with('1') {
            "11\n{\"returncode\": 3, \"stdout\": \"a\\n\", \"stderr\": \"no such file\\n\", \"timed_out\": false, \"seconds\": 0.1}"
        } else if id.ends_with('2') {
            "11\n{\"returncode\": -9, \"stdout\": \"half\", \"stderr\": \"\", \"timed_out\": true}"
        } else {
            "11\n{\"returncode\": 0, \"stdout\": \"done\\n\", \"stderr\": \"\"}"
        }))
    })
    .await;
    let executor = executor(&server);
    let attach = |n| executor.attach(TaskId::parse(&task(n)).unwrap()).command();
    assert_eq!(attach(0).await.unwrap().stdout, "done\n");
    let failed = attach(1).await.unwrap_err();
    assert_eq!(failed.output().map(|output| output.returncode), Some(3));
    assert!(
        failed.to_string().ends_with("ended with status 3: no such file"),
        "{failed}"
    );
    let slow = attach(2).await.unwrap_err();
    assert!(slow.to_string().ends_with("its time was up: half"), "{slow}");
    let output: CommandOutput = attach(1).output().await.unwrap();
    assert_eq!(output.returncode, 3);
}

/// 1,000 tasks in flight cost ⌈1,000 / 128⌉ = 8 requests a tick.
#[tokio::test]
async fn a_thousand_tasks_cost_eight_requests_a_tick() {
    let server = MockServer::start().await;
    tasks(&server, |_| Some(returned("11\n1"))).await;
    let executor = executor(&server);
    let handles: Vec<_> = (0..1000)
        .map(|n| executor.attach(TaskId::parse(&task(n)).unwrap()))
        .collect();
    for handle in handles {
        assert_eq!(handle.result::<u8>().await.unwrap(), 1);
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 8);
    assert!(requests.iter().all(|request| asked(request).len() <= 128));
}

#[tokio::test]
async fn a_task_that_the_lists_leave_out_is_looked_up_and_at_last_lost() {
    let server = MockServer::start().await;
    tasks(&server, |_| None).await;
    let found = json!({"task_id": task(1), "status": "success", "result": "11\n7"});
    on("GET", &format!("/v2/tasks/{}", task(1)))
        .respond_with(answer(found))
        .mount(&server)
        .await;
    let unknown =
        json!({"status": "Failed", "code": "TASK_NOT_FOUND", "reason": "no", "http_status_code": 404});
    on("GET", &format!("/v2/tasks/{}", task(2)))
        .respond_with(ResponseTemplate::new(404).set_body_json(unknown))
        .mount(&server)
        .await;
    let executor = executor(&server);
    let attach = |n| executor.attach(TaskId::parse(&task(n)).unwrap());
    assert_eq!(attach(1).result::<u8>().await.unwrap(), 7);
    let lost = attach(2).await.unwrap_err();
    assert!(matches!(lost, TaskError::Lost { .. }) && lost.may_still_run());
    let all = paths(&server).await;
    assert_eq!(all.iter().filter(|path| path.ends_with(&task(2))).count(), 3);
}

#[tokio::test]
async fn a_poll_that_fails_costs_time_only_and_nothing_is_submitted_again() {
    let server = submitting(1).await;
    on("POST", "/v2/batch_status")
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    tasks(&server, |_| Some(returned("11\n1"))).await;
    let handle = executor(&server)
        .submit(&add(), Arguments::new().arg(0))
        .await
        .unwrap();
    assert_eq!(handle.result::<u8>().await.unwrap(), 1);
    assert_eq!(
        paths(&server).await.iter().filter(|path| *path == SUBMIT).count(),
        1
    );
}

#[tokio::test]
async fn a_lost_answer_is_found_in_a_group_of_ones_own() {
    let server = service().await;
    on("POST", SUBMIT)
        .respond_with(ResponseTemplate::new(504))
        .mount(&server)
        .await;
    let in_group =
        json!({"taskgroup_id": GROUP, "create_websockets_queue": false, "tasks": [{"id": task(0)}]});
    on("GET", &format!("/v2/taskgroup/{GROUP}"))
        .respond_with(answer(in_group))
        .mount(&server)
        .await;
    tasks(&server, |_| Some(returned("11\n1"))).await;
    let submitted = executor(&server).task_group(group());
    let handle = submitted.submit(&add(), Arguments::new().arg(0)).await.unwrap();
    assert_eq!(handle.result::<u8>().await.unwrap(), 1);
    let unknown = executor(&server);
    assert!(unknown.submit(&add(), Arguments::new().arg(0)).await.is_err());
    assert_eq!(
        paths(&server).await.iter().filter(|path| *path == SUBMIT).count(),
        2
    );
}

#[tokio::test]
async fn a_group_is_taken_up_again() {
    let server = MockServer::start().await;
    let in_group = json!({"taskgroup_id": GROUP, "tasks": [{"id": task(3)}, {"id": task(4)}]});
    on("GET", &format!("/v2/taskgroup/{GROUP}"))
        .respond_with(answer(in_group))
        .mount(&server)
        .await;
    tasks(&server, |id| {
        Some(returned(&format!("11\n{}", &id[id.len() - 1..])))
    })
    .await;
    let executor = executor(&server);
    let mut values = Vec::new();
    for handle in executor.attach_group(&group()).await.unwrap() {
        values.push(handle.result::<u8>().await.unwrap());
    }
    assert_eq!(values, [3, 4]);
    assert_eq!(executor.group_id(), Some(group()));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_is() {
    let server = MockServer::start().await;
    let executor = executor(&server);
    let large = Arguments::new().arg("x".repeat(11 << 20));
    let error = executor
        .clone()
        .dialect(Dialect::Modern)
        .submit(&add(), large)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let keys = std::collections::BTreeMap::from([(1, 2)]);
    let error = executor
        .submit(&add(), Arguments::new().arg(keys))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("use text as keys"), "{error}");
    let error = executor.run(&Command::new("a\0b")).await.unwrap_err();
    assert!(error.to_string().contains("NUL"), "{error}");
    assert!(paths(&server).await.is_empty());
}

#[tokio::test]
async fn an_old_endpoint_is_spoken_to_in_its_dialect() {
    let server = MockServer::start().await;
    on("GET", &format!("/v2/endpoints/{ENDPOINT}"))
        .respond_with(answer(json!({"uuid": ENDPOINT, "endpoint_version": "2.25.0"})))
        .mount(&server)
        .await;
    on("POST", "/v3/functions")
        .respond_with(answer(json!({"function_uuid": FUNCTION})))
        .mount(&server)
        .await;
    on("POST", SUBMIT)
        .respond_with(answer(submitted(1)))
        .mount(&server)
        .await;
    tasks(&server, |_| {
        Some(returned("00\ngASVFgAAAAAAAAB9lCiMAWGUSwGMAWKUXZQoSwFLAmV1Lg==\n"))
    })
    .await;
    let handle = executor(&server)
        .submit(&add(), Arguments::new().arg(1))
        .await
        .unwrap();
    let value = handle.await.unwrap();
    assert_eq!(
        value.get("b"),
        Some(&Value::List(vec![Value::Int(1), Value::Int(2)]))
    );
    let requests = server.received_requests().await.unwrap();
    assert!(String::from_utf8_lossy(&requests[1].body).contains("\\n03\\n"));
    assert!(String::from_utf8_lossy(&requests[2].body).contains("\\n00\\n"));
}
