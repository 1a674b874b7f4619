//! Faults of requests, as the client feels them on its socket.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use service_sim::Sim;

use crate::support::{Client, fault, globus, login_form, to_data832};

/// Sends a token request on a raw socket and reads until the other side ends it.
fn raw_token_request(sim: &Sim) -> (Vec<u8>, io::Result<()>) {
    let env = sim.env();
    let address = env["GLOBUS_SDK_SERVICE_URL_AUTH"]
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let body = login_form(sim);
    let mut socket = TcpStream::connect(&address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "POST /v2/oauth2/token HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return (received, Ok(())),
            Ok(n) => received.extend_from_slice(&buffer[..n]),
            Err(e) => return (received, Err(e)),
        }
    }
}

#[test]
fn resets_reach_the_socket() {
    for spec in ["auth.token:reset-before", "auth.token:reset-after"] {
        let sim = globus().fault(fault(spec)).start().unwrap();
        let (received, end) = raw_token_request(&sim);
        assert_eq!(received, b"", "{spec}");
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset, "{spec}");
        let entry = sim.journal().entries().remove(0);
        assert_eq!(entry.status, None);
        assert_eq!(
            entry.fault.as_deref(),
            spec.split_once(':').map(|(_, effect)| effect)
        );
        assert_eq!(entry.operation, "auth.token");
    }
}

#[test]
fn a_truncated_reply_keeps_its_content_length() {
    let sim = globus().fault(fault("auth.token:truncate")).start().unwrap();
    let (received, end) = raw_token_request(&sim);
    end.unwrap();
    let text = String::from_utf8(received).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let length: usize = length.parse().unwrap();
    assert_eq!(body.len(), length / 2);
    assert_eq!(sim.journal().entries()[0].status, Some(200));
}

#[tokio::test]
async fn a_lost_reply_was_acted_on_and_a_lost_request_was_not() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let mut document = to_data832(&sim, &[("/x", "/data/x")]);
    document["submission_id"] = json!(client.submission_id().await);

    let send = || client.request(reqwest::Method::POST, "transfer", &[], Some(&document));
    for (spec, tasks) in [
        ("transfer.submit:reset-before,nth=1", 0),
        ("transfer.submit:status=503,retry-after=2,nth=1", 0),
        ("transfer.submit:html,nth=1", 0),
        ("transfer.submit:reset-after,nth=1", 1),
    ] {
        sim.clear_faults();
        sim.fault(fault(spec));
        match send().await {
            Ok(answer) if spec.contains("503") => {
                assert_eq!((answer.status, answer.retry_after), (503, Some(2)));
                assert_eq!(answer.code(), "ServiceUnavailable");
            }
            Ok(answer) => {
                assert_eq!(answer.status, 502);
                assert!(
                    answer.json.as_str().unwrap().starts_with("<html>"),
                    "{:?}",
                    answer.json
                );
            }
            Err(_) => assert!(spec.contains("reset")),
        }
        assert_eq!(sim.tasks().len(), tasks, "{spec}");
    }
    let again = send().await.unwrap();
    assert_eq!(again.code(), "Duplicate");
    assert_eq!(again.json["task_id"], sim.tasks()[0].task_id.as_str());
    assert_eq!(sim.tasks().len(), 1);

    sim.clear_faults();
    sim.fault(fault("transfer.task_get:truncate"));
    let path = format!("task/{}", sim.tasks()[0].task_id);
    assert!(
        client
            .request(reqwest::Method::GET, &path, &[], None)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_401_forgets_the_token() {
    let sim = globus().fault(fault("transfer.task_list:401")).start().unwrap();
    let mut client = Client::new(&sim).await;
    let answer = client.get("task_list", &[]).await;
    assert_eq!((answer.status, answer.code()), (401, "AuthenticationFailed"));
    assert_eq!(
        client.get("submission_id", &[]).await.status,
        401,
        "the token is gone for every operation"
    );
    client.log_in(&sim).await;
    assert_eq!(
        client.get("task_list", &[]).await.status,
        200,
        "and the fault struck once"
    );
}

#[tokio::test]
async fn a_held_reply_was_acted_on_and_comes_when_released() {
    let sim = globus()
        .fault(fault("transfer.submit:hold=reply"))
        .start()
        .unwrap();
    let client = std::sync::Arc::new(Client::new(&sim).await);
    sim.collection("spot832").write("x", "x");
    let document = to_data832(&sim, &[("/x", "/data/x")]);
    let submitting = tokio::spawn({
        let client = std::sync::Arc::clone(&client);
        async move { client.transfer(&document).await }
    });
    let journal = sim.journal();
    let held = move || {
        let held = |e: &service_sim::Entry| {
            e.operation == "transfer.submit" && e.fault.as_deref() == Some("hold=reply")
        };
        journal.wait_for(Duration::from_secs(10), |entries| entries.iter().any(held))
    };
    tokio::task::spawn_blocking(held).await.unwrap().unwrap();
    let task = sim.tasks().remove(0);
    client.done(&task.task_id).await;
    assert!(!submitting.is_finished());
    let entry = sim
        .journal()
        .entries()
        .into_iter()
        .find(|e| e.operation == "transfer.submit")
        .unwrap();
    assert_eq!((entry.status, entry.task_id), (None, Some(task.task_id.clone())));
    sim.release("*");
    assert_eq!(submitting.await.unwrap(), task.task_id);
    assert_eq!(
        sim.journal().count(|e| e.operation == "transfer.submit"),
        1,
        "one entry a request"
    );

    client.transfer(&to_data832(&sim, &[("/x", "/data/y")])).await;
}

#[tokio::test]
async fn a_rate_is_seeded() {
    let statuses = async |seed: u64| {
        let sim = globus()
            .seed(seed)
            .fault(fault("transfer.submission_id:status=503,rate=0.3"))
            .start()
            .unwrap();
        let client = Client::new(&sim).await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(client.get("submission_id", &[]).await.status);
        }
        statuses
    };
    let first = statuses(7).await;
    assert_eq!(first, statuses(7).await);
    assert_ne!(first, statuses(8).await);
    assert!(first.contains(&503) && first.contains(&200));
}
