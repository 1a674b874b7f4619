//! Submissions and cancellations: what is refused, what is in doubt, what is never sent twice.

use std::time::Duration;

use serde_json::{Value, json};
use sfapi::{Error, ErrorExt as _, ErrorKind, JobId, JobState};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{accepted, answering, client, done, machine, on};

const SCRIPT: &str = "#!/bin/bash\nhostname\n";
const JOBS: &str = "/compute/jobs/perlmutter";

async fn submit(post: (u16, Value), task: Value) -> (MockServer, Result<JobId, Error>) {
    let (server, client) = answering("POST", JOBS, post.0, post.1).await;
    on(&server, "GET", "/tasks/7", 200, task).await;
    let outcome = client.compute(&machine()).submit(SCRIPT).send().await;
    (server, outcome)
}

async fn posts(server: &MockServer) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.method.as_str() == "POST")
        .count()
}

#[tokio::test]
async fn three_layers_become_a_job_id() {
    let result = json!({"status": "ok", "jobid": "123", "error": null});
    let (server, outcome) = submit((200, accepted()), done(&result)).await;
    assert_eq!(outcome.unwrap().as_str(), "123");
    let request = &server.received_requests().await.unwrap()[0];
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert_eq!(body, "job=%23%21%2Fbin%2Fbash%0Ahostname%0A&isPath=false");
}

#[tokio::test]
async fn what_sbatch_refuses_made_no_job() {
    let said = "sbatch: error: Batch job submission failed: Invalid qos specification";
    for (post, task) in [
        (accepted(), done(&json!({"status": "error", "error": said}))),
        (
            json!({"task_id": null, "status": "ERROR", "error": said}),
            Value::Null,
        ),
    ] {
        let (_server, outcome) = submit((200, post), task).await;
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.kind(), error.service_code()),
            (ErrorKind::OperationFailed, Some("INVALID_QOS"))
        );
        assert!(
            !error.is_in_doubt() && error.to_string().contains("Invalid qos"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn whatever_leaves_it_open_whether_there_is_a_job_says_so_and_is_sent_once() {
    let ok = accepted();
    let cases = [
        ((502, json!({"detail": "gateway"})), Value::Null),
        ((500, json!({})), Value::Null),
        ((200, json!("no answer that can be read")), Value::Null),
        ((200, json!({"status": "OK", "task_id": null})), Value::Null),
        (
            (200, ok.clone()),
            json!({"id": "7", "status": "failed", "result": null}),
        ),
        (
            (200, ok.clone()),
            json!({"id": "7", "status": "cancelled", "result": null}),
        ),
        (
            (200, ok.clone()),
            json!({"id": "7", "status": "completed", "result": null}),
        ),
        (
            (200, ok.clone()),
            json!({"id": "7", "status": "completed", "result": "\"x\""}),
        ),
        ((200, ok.clone()), done(&json!({"status": "ok", "jobid": null}))),
        ((200, ok.clone()), json!({"detail": "what?"})),
        ((200, ok), json!({"id": "7", "status": "new", "result": null})),
    ];
    for (post, task) in cases {
        let (server, outcome) = submit(post.clone(), task.clone()).await;
        let error = outcome.unwrap_err();
        assert!(error.is_in_doubt(), "{post:?} {task}: {error:?}");
        assert_eq!(posts(&server).await, 1);
    }
}

/// 403, 422 and the like came before anything was done.
#[tokio::test]
async fn what_was_refused_is_not_in_doubt() {
    for status in [400, 403, 404, 422] {
        let (_server, outcome) = submit((status, json!({"detail": "no"})), Value::Null).await;
        assert!(!outcome.unwrap_err().is_in_doubt(), "{status}");
    }
}

#[tokio::test]
async fn what_is_no_script_is_not_sent() {
    let (server, client) = answering("POST", JOBS, 200, accepted()).await;
    let compute = client.compute(&machine());
    for script in ["", "hostname", "#!/bin/bash", "#!/bin/bash\n\0"] {
        assert_eq!(
            compute.submit(script).send().await.unwrap_err().kind(),
            ErrorKind::Config,
            "{script:?}"
        );
    }
    assert!(compute.submit(SCRIPT).arg("x").send().await.is_err());
    assert!(compute.submit_file("relative.sh").send().await.is_err());
    assert!(compute.submit_file("/a/../b.sh").send().await.is_err());
    assert_eq!(posts(&server).await, 0);
}

fn queue(rows: &Value) -> Value {
    json!({"status": "OK", "output": rows, "error": null})
}

#[tokio::test]
async fn a_cancellation_is_confirmed_by_the_job_s_end() {
    let server = MockServer::start().await;
    on(&server, "DELETE", "/compute/jobs/perlmutter/5", 200, accepted()).await;
    on(
        &server,
        "GET",
        "/tasks/7",
        200,
        done(&json!({"status": "ok", "output": "", "error": null})),
    )
    .await;
    let running = queue(&json!([{"jobid": "5", "state": "COMPLETING"}]));
    Mock::given(method("GET"))
        .and(path(JOBS))
        .respond_with(ResponseTemplate::new(200).set_body_json(running))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    on(
        &server,
        "GET",
        JOBS,
        200,
        queue(&json!([{"jobid": "5", "state": "CANCELLED by 1000", "exitcode": "0:0"}])),
    )
    .await;
    let client = client(&server);
    let job = client
        .compute(&machine())
        .job(&JobId::new("5"))
        .cancel()
        .confirmed(Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(job.state, JobState::Cancelled);
}

#[tokio::test]
async fn a_job_that_does_not_end_is_not_called_cancelled() {
    let server = MockServer::start().await;
    on(&server, "DELETE", "/compute/jobs/perlmutter/5", 200, accepted()).await;
    on(&server, "GET", "/tasks/7", 200, done(&json!({"status": "ok"}))).await;
    on(
        &server,
        "GET",
        JOBS,
        200,
        queue(&json!([{"jobid": "5", "state": "RUNNING"}])),
    )
    .await;
    let cancel = client(&server).compute(&machine()).job(&JobId::new("5")).cancel();
    assert!(
        cancel
            .confirmed(Duration::from_secs(5))
            .await
            .unwrap_err()
            .is_timeout()
    );
}
