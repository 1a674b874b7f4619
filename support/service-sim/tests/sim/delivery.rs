//! Faults of the way there and back: requests kept, doubled and answered late, half or with old news.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service_sim::{Entry, Sim};

use crate::support::{Client, delete_data832, fault, globus, login_form, to_data832};

const WITHIN: Duration = Duration::from_secs(10);

/// Waits until so many entries have this fault.
async fn journalled(sim: &Sim, effect: &'static str, times: usize) {
    let journal = sim.journal();
    let has = move |entry: &&Entry| entry.fault.as_deref() == Some(effect);
    let wait = move || journal.wait_for(WITHIN, |entries| entries.iter().filter(has).count() == times);
    tokio::task::spawn_blocking(wait).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_held_before_is_not_acted_on_until_released() {
    let sim = globus()
        .fault(fault("transfer.submit:hold-before=unread"))
        .start()
        .unwrap();
    let client = Arc::new(Client::new(&sim).await);
    sim.collection("spot832").write("x", "x");
    let document = to_data832(&sim, &[("/x", "/data/x")]);
    let submitting = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.transfer(&document).await }
    });
    journalled(&sim, "hold-before=unread", 1).await;
    assert!(sim.tasks().is_empty() && !submitting.is_finished());
    let entry = sim.journal().entries().pop().unwrap();
    assert_eq!((entry.status, entry.task_id), (None, None));

    sim.release("unread");
    let id = submitting.await.unwrap();
    let entry = sim.journal().entries().pop().unwrap();
    assert_eq!((entry.status, entry.task_id), (Some(200), Some(id.clone())));
    assert_eq!(sim.journal().count(|e| e.operation == "transfer.submit"), 1);
    client.done(&id).await;
    client.transfer(&to_data832(&sim, &[("/x", "/data/y")])).await;
}

#[tokio::test]
async fn a_request_whose_client_is_gone_is_never_acted_on() {
    let sim = globus()
        .fault(fault("auth.token:hold-before=gone"))
        .start()
        .unwrap();
    let address = sim.env()["GLOBUS_SDK_SERVICE_URL_AUTH"]
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let request = || {
        let body = login_form(&sim);
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.set_read_timeout(Some(WITHIN)).unwrap();
        let head = format!(
            "POST /v2/oauth2/token HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all((head + &body).as_bytes()).unwrap();
        socket
    };
    // Many at once, released in the moment in which they go away: none may slip through.
    let going: Vec<TcpStream> = (0..50).map(|_| request()).collect();
    let mut staying = request();
    journalled(&sim, "hold-before=gone", 51).await;
    drop(going);
    sim.release("gone");
    let mut first = [0; 12];
    staying.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let journal = sim.journal();
    drop(sim);
    assert_eq!(journal.count(|entry| entry.status.is_some()), 1);
}

#[tokio::test]
async fn a_slow_network() {
    let sim = globus()
        .fault(fault("transfer.submission_id:latency=300,nth=2"))
        .start()
        .unwrap();
    let client = Client::new(&sim).await;
    client.submission_id().await;
    let start = Instant::now();
    client.submission_id().await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    let entry = sim.journal().entries().pop().unwrap();
    assert_eq!(
        (entry.status, entry.fault.as_deref()),
        (Some(200), Some("latency=300"))
    );
}

#[tokio::test]
async fn a_reply_that_does_not_end() {
    let sim = globus().fault(fault("auth.token:stall")).start().unwrap();
    let url = sim.env()["GLOBUS_SDK_SERVICE_URL_AUTH"].clone() + "v2/oauth2/token";
    let request = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(login_form(&sim));
    let mut reply = request.send().await.unwrap();
    assert_eq!(reply.status(), 200, "the headers come");
    let length = usize::try_from(reply.content_length().unwrap()).unwrap();
    let half = reply.chunk().await.unwrap().unwrap();
    assert_eq!(half.len(), length / 2);
    let more = tokio::time::timeout(Duration::from_millis(100), reply.chunk()).await;
    assert!(more.is_err(), "nothing more until it is released");
    sim.release("stall");
    let rest = reply.chunk().await.unwrap().unwrap();
    assert_eq!(half.len() + rest.len(), length);
    assert!(reply.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_request_delivered_twice() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("a", "a");
    sim.fault(fault("transfer.rename:duplicate"));
    sim.fault(fault("transfer.submit:duplicate"));

    let rename = format!("operation/endpoint/{}/rename", data.uuid());
    let document = json!({"DATA_TYPE": "rename", "old_path": "/data/a", "new_path": "/data/b"});
    let answer = client.post(&rename, &document).await;
    assert_eq!(answer.status, 404, "the second found nothing left to rename");
    assert_eq!(data.read("b"), b"a");
    let statuses = |operation: &str| -> Vec<Option<u16>> {
        let entries = sim.journal().entries();
        entries
            .iter()
            .filter(|e| e.operation == operation && e.fault.as_deref() == Some("duplicate"))
            .map(|e| e.status)
            .collect()
    };
    assert_eq!(statuses("transfer.rename"), [Some(200), Some(404)]);

    sim.collection("spot832").write("x", "x");
    let mut document = to_data832(&sim, &[("/x", "/data/x")]);
    document["submission_id"] = json!(client.submission_id().await);
    assert_eq!(client.post("transfer", &document).await.code(), "Duplicate");
    assert_eq!(statuses("transfer.submit"), [Some(200), Some(200)]);
    assert_eq!(sim.tasks().len(), 1);
}

#[tokio::test]
async fn old_news() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let operation = |name| format!("operation/endpoint/{}/{name}", sim.collection("data832").uuid());
    let (ls, stat) = (operation("ls"), operation("stat"));
    let names = |list: &Value| list["DATA"].as_array().map_or(0, Vec::len);
    sim.fault(fault("task:hold=it"));
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/new/x")])).await;
    let task = format!("task/{id}");

    let new = [("path", "/data/new")];
    let file = [("path", "/data/new/x")];
    assert_eq!(client.get(&ls, &new).await.status, 404);
    assert_eq!(client.get(&stat, &file).await.status, 404);
    client.task(&id).await;
    client.get("task_list", &[]).await;
    sim.release("it");
    client.done(&id).await;
    assert_eq!(names(&client.get(&ls, &new).await.json), 1);

    // The state before the last change, although what is true was seen already.
    sim.fault(fault("transfer.*:stale"));
    assert_eq!(client.get(&ls, &new).await.status, 404);
    assert_eq!(client.get(&stat, &file).await.status, 404);
    assert_eq!(client.get(&task, &[]).await.json["status"], "ACTIVE");
    assert_eq!(
        client.get("task_list", &[]).await.json["DATA"][0]["status"],
        "ACTIVE"
    );
    let stale = sim.journal().count(|e| e.fault.as_deref() == Some("stale"));
    assert_eq!(stale, 4);
    assert_eq!(client.get("submission_id", &[]).await.status, 200);
    sim.clear_faults();
    assert_eq!(names(&client.get(&ls, &new).await.json), 1);
    assert_eq!(client.task(&id).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn old_news_for_those_who_ask_first() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    sim.collection("spot832").write("x", "x");
    data.write("dir/old", "old");
    data.write("dir/kept", "kept");
    let operation = |name| format!("operation/endpoint/{}/{name}", data.uuid());
    let (ls, stat, rename) = (operation("ls"), operation("stat"), operation("rename"));
    let names = |list: &Value| -> Vec<String> {
        let entries = list["DATA"].as_array().into_iter().flatten();
        entries.map(|e| e["name"].as_str().unwrap().to_owned()).collect()
    };
    let stale = async |operation: &str, path: &str| {
        sim.fault(fault("transfer.*:stale"));
        let answer = client.get(operation, &[("path", path)]).await;
        sim.clear_faults();
        answer
    };

    // A file that has just arrived is not there yet, nor is the folder made for it.
    let id = client
        .transfer(&to_data832(&sim, &[("/x", "/data/dir/new")]))
        .await;
    client.done(&id).await;
    assert_eq!(stale(&stat, "/data/dir/new").await.status, 404);
    assert_eq!(names(&stale(&ls, "/data/dir").await.json), ["kept", "old"]);

    // One that was removed is still there.
    let id = client.delete(&delete_data832(&sim, &["/data/dir/old"])).await;
    client.done(&id).await;
    let file = stale(&stat, "/data/dir/old").await;
    assert_eq!((file.status, &file.json["size"]), (200, &json!(3)));
    assert_eq!(
        names(&stale(&ls, "/data/dir/").await.json),
        ["kept", "new", "old"]
    );

    // A folder that was renamed is not there under its new name, and is under its old one.
    let document = json!({"DATA_TYPE": "rename", "old_path": "/data/dir", "new_path": "/data/.aside"});
    assert_eq!(client.post(&rename, &document).await.code(), "FileRenamed");
    assert_eq!(stale(&ls, "/data/.aside").await.status, 404);
    assert_eq!(stale(&stat, "/data/.aside/kept").await.status, 404);
    assert!(names(&stale(&ls, "/data").await.json).contains(&"dir".to_owned()));
    assert_eq!(
        names(&client.get(&ls, &[("path", "/data/.aside")]).await.json),
        ["kept", "new"]
    );
    let answers = sim.journal().count(|e| e.fault.as_deref() == Some("stale"));
    assert_eq!(answers, 7);
    assert_eq!(
        stale(&ls, "/data/scratch").await.status,
        200,
        "nothing changed there"
    );
    assert_eq!(sim.journal().count(|e| e.fault.as_deref() == Some("stale")), 7);
}

#[tokio::test]
async fn a_first_request_does_not_use_up_a_stale_fault() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("x", "x");
    sim.fault(fault("transfer.stat:stale,times=1"));
    let stat = format!("operation/endpoint/{}/stat", data.uuid());
    let size = async || client.get(&stat, &[("path", "/data/x")]).await.json["size"].clone();
    assert_eq!(size().await, 1);
    data.write("x", "longer");
    assert_eq!(size().await, 1);
    assert_eq!(size().await, 6);
}

#[tokio::test]
async fn a_service_whose_clock_is_off() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("x", "x");
    let stat = format!("operation/endpoint/{}/stat", data.uuid());
    let modified = async || client.get(&stat, &[("path", "/data/x")]).await.json["last_modified"].clone();
    let time = |text: &Value| {
        chrono::DateTime::parse_from_rfc3339(&text.as_str().unwrap().replacen(' ', "T", 1)).unwrap()
    };
    let right = modified().await;
    sim.fault(fault("transfer.stat:skew=-7200"));
    let wrong = modified().await;
    assert_eq!((time(&wrong) - time(&right)).num_seconds(), -7200);
    assert_eq!(wrong.as_str().unwrap().as_bytes()[10], b' ');
}
