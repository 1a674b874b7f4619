//! What is made of the service's layers of answers.

use serde_json::{Value, json};
use sfapi::model::FileKind;
use sfapi::{ErrorExt as _, ErrorKind, JobId, JobState, Tails};
use wiremock::matchers::{method, path, query_param};

use crate::support::{accepted, answering, done, machine, on};

#[tokio::test]
async fn a_refusal_in_status_200_is_an_error_with_a_code() {
    let missing = json!({"status": "ERROR", "entries": [],
        "error": "ls: cannot access '/x': No such file or directory", "file": null, "is_binary": false});
    let (_server, client) = answering("GET", "/utilities/ls/perlmutter//x", 200, missing).await;
    let ls = client.files(&machine()).ls("/x");
    let error = ls.send().await.unwrap_err();
    assert!(
        error.is_no_such_file() && error.kind() == ErrorKind::OperationFailed,
        "{error}"
    );
    assert!(ls.send_opt().await.unwrap().is_none());
}

#[tokio::test]
async fn a_listing_is_read() {
    let entry = |perms: &str, size: f64, name: &str| json!({"perms": perms, "hardlinks": 1, "size": size, "name": name});
    let listing = json!({"status": "OK", "error": null, "entries": [entry("drwxr-xr-x", 0.0, "."),
        entry("drwxr-xr-x", 0.0, ".."), entry("-rw-r--r--", 150.0, "a b.h5"), entry("lrwxrwxrwx", 7.0, "link -> a b.h5")]});
    let (_server, client) = answering("GET", "/utilities/ls/perlmutter//d", 200, listing).await;
    let entries = client.files(&machine()).ls("/d").send().await.unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (entries[0].file_name(), entries[0].bytes(), entries[0].kind()),
        ("a b.h5", Some(150), FileKind::File)
    );
    assert_eq!(
        (entries[1].file_name(), entries[1].link_target()),
        ("link", Some("a b.h5"))
    );
}

#[tokio::test]
async fn a_download_is_bytes_whichever_way_it_came() {
    let binary = json!({"status": "OK", "file": "AAECAw==", "is_binary": true, "error": null});
    let (server, client) = answering("GET", "/utilities/download/perlmutter//f", 200, binary).await;
    let files = client.files(&machine());
    assert_eq!(files.download("/f").send().await.unwrap().as_ref(), [0, 1, 2, 3]);
    let text = json!({"status": "OK", "file": "hello\n", "is_binary": false, "error": null});
    on(&server, "GET", "/utilities/download/perlmutter//t", 200, text).await;
    assert_eq!(
        files.download("/t").text().send().await.unwrap().as_ref(),
        b"hello\n"
    );
    let bad = json!({"status": "OK", "file": "%%", "is_binary": true, "error": null});
    on(&server, "GET", "/utilities/download/perlmutter//b", 200, bad).await;
    assert_eq!(
        files.download("/b").send().await.unwrap_err().kind(),
        ErrorKind::Decode
    );
}

#[tokio::test]
async fn a_command_s_exit_code_counts() {
    let (server, client) = answering("POST", "/utilities/command/perlmutter", 200, accepted()).await;
    let result = json!({"status": "ok", "output": "out\n", "error": "sorry", "exit_code": 4});
    on(&server, "GET", "/tasks/7", 200, done(&result)).await;
    let run = client.files(&machine()).run(["bash", "-c", "exit 4"]);
    assert_eq!(run.output().await.unwrap().exit_code, Some(4));
    let error = run.send().await.unwrap_err();
    assert!(error.to_string().contains("sorry"), "{error}");
}

#[tokio::test]
async fn group_errors_come_as_details() {
    let (_server, client) = answering(
        "POST",
        "/account/groups",
        200,
        json!({"details": "name is taken"}),
    )
    .await;
    let error = client
        .account()
        .create_group("g", "als")
        .send()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("name is taken"), "{error}");
}

fn queue(rows: &Value) -> Value {
    json!({"status": "OK", "output": rows, "error": null})
}

/// sacct lists the steps of a job too; the row with the job's own id counts.
#[tokio::test]
async fn a_job_is_looked_for_in_the_queue_and_then_in_the_accounting() {
    let (server, client) = answering("GET", "/none", 200, json!({})).await;
    let at = "/compute/jobs/perlmutter/9";
    let steps = json!([{"jobid": "9.batch", "state": "COMPLETED"}, {"jobid": "9", "state": "TIMEOUT", "exitcode": "0:0"}]);
    let gone = json!({"status": "ERROR", "output": null, "error": "slurm_load_jobs error: Invalid job id specified"});
    for (sacct, body) in [("false", gone), ("true", queue(&steps))] {
        wiremock::Mock::given(method("GET"))
            .and(path(at))
            .and(query_param("sacct", sacct))
            .and(query_param("cached", "false"))
            .respond_with(wiremock::ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    let job = client
        .compute(&machine())
        .job(&JobId::new("9"))
        .get()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(job.state, JobState::Timeout);
}

#[tokio::test]
async fn an_error_of_slurm_is_not_an_empty_queue() {
    let broken = json!({"status": "ERROR", "output": null, "error": "Unable to contact slurm controller"});
    let (_server, client) = answering("GET", "/compute/jobs/perlmutter", 200, broken).await;
    let error = client
        .compute(&machine())
        .jobs()
        .user("alsdev")
        .send()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("slurm controller"), "{error}");
}

#[tokio::test]
async fn tails_show_what_can_be_read() {
    let file = json!({"status": "OK", "file": "b25lCnR3bwo=", "is_binary": true, "error": null});
    let (_server, client) = answering("GET", "/utilities/download/perlmutter//l/o", 200, file).await;
    let paths = sfapi::slurm::OutputPaths {
        stdout: Some("/l/o".into()),
        stderr: Some("/l/e".into()),
    };
    let tails = Tails::read(&client.files(&machine()), &paths, 5).await;
    assert_eq!(tails.shown(), "stdout ends with:\ntwo");
}

/// Answers that are cut, or of another kind, are errors and never a panic or an empty list.
#[tokio::test]
async fn answers_of_another_kind_are_errors() {
    for body in [
        json!([]),
        json!("x"),
        json!({"status": 7}),
        json!({"output": []}),
        Value::Null,
    ] {
        let (_server, client) = answering("GET", "/compute/jobs/perlmutter", 200, body.clone()).await;
        let error = client.compute(&machine()).jobs().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
    }
    let (_server, client) = answering(
        "GET",
        "/account/",
        422,
        json!({"detail": [{"loc": ["query", "x"], "msg": "field required", "type": "v"}]}),
    )
    .await;
    let error = client.account().user().send().await.unwrap_err();
    assert!(error.to_string().contains("query.x: field required"), "{error}");
}
