//! Deadlines that move, and clocks that are wrong.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use service_sim::{Limits, Sim, SimError};

use crate::support::{Client, delete_data832, fault, globus, to_data832};

const HOUR: u64 = 3600;

fn time(text: &Value) -> DateTime<Utc> {
    let text = text.as_str().unwrap().replacen(' ', "T", 1);
    DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
}

/// Hours from now, by the real clock, to a task's deadline.
fn hours_left(sim: &Sim, id: &str) -> i64 {
    let task = sim.tasks().into_iter().find(|task| task.task_id == id).unwrap();
    ((task.deadline - Utc::now()).num_minutes() + 1) / 60
}

fn advance(sim: &Sim, hours: u64) {
    sim.advance(Duration::from_secs(hours * HOUR));
}

#[tokio::test]
async fn progress_moves_the_deadline_of_a_transfer() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("1", "bytes");
    let items = [("/1", "/data/1"), ("/missing", "/data/2")];
    let id = client.transfer(&to_data832(&sim, &items)).await;
    client.until(&id, |task| task["files_transferred"] == 1).await;
    client
        .until(&id, |task| task["nice_status"] == "FILE_NOT_FOUND")
        .await;
    assert_eq!(hours_left(&sim, &id), 72, "after the file that arrived");
    advance(&sim, 71);
    assert_eq!(client.task(&id).await["status"], "ACTIVE");
    advance(&sim, 1);
    assert_eq!(client.done(&id).await["fatal_error"]["code"], "EXPIRED");

    let mut document = to_data832(&sim, &items);
    let own = time(&json!("2999-01-01T00:00:00Z"));
    document["deadline"] = json!(own);
    document["DATA"][0]["destination_path"] = json!("/data/3");
    let id = client.transfer(&document).await;
    let task = client.until(&id, |task| task["files_transferred"] == 1).await;
    assert_eq!(time(&task["deadline"]), own, "one of its own stays");
}

#[tokio::test]
async fn a_task_without_progress_has_a_day() {
    let sim = globus().fault(fault("task:stall")).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    sim.collection("data832").write("old", "old");
    let transfer = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let delete = client.delete(&delete_data832(&sim, &["/data/old"])).await;
    assert_eq!((hours_left(&sim, &transfer), hours_left(&sim, &delete)), (24, 24));
    advance(&sim, 24);
    for id in [transfer, delete] {
        assert_eq!(client.done(&id).await["fatal_error"]["code"], "EXPIRED");
    }
    assert!(sim.collection("data832").exists("old"));
}

#[tokio::test]
async fn the_queue_does_not_use_up_the_deadline_of_a_transfer() {
    let sim = globus()
        .limits(Limits::Production)
        .fault(fault("task:stall,times=3"))
        .start()
        .unwrap();
    let mut client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let mut ids = Vec::new();
    for n in 0..4 {
        let target = format!("/data/{n}");
        ids.push(client.transfer(&to_data832(&sim, &[("/x", &target)])).await);
        // In turn, so that the fourth is the one that waits.
        let nice = if n < 3 { "OK" } else { "Queued" };
        client.until(&ids[n], |task| task["nice_status"] == nice).await;
    }
    advance(&sim, 25);
    client.log_in(&sim).await;
    for id in &ids[..3] {
        assert_eq!(client.done(id).await["fatal_error"]["code"], "EXPIRED");
    }
    assert_eq!(client.done(&ids[3]).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_host_whose_clock_is_off() {
    // One key of the host is enough: the files are the same.
    let sim = globus().skew("data832_raw", -7200).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let data = sim.collection("data832");
    data.write("written", "x");
    let mut kept = to_data832(&sim, &[("/x", "/data/kept")]);
    kept["preserve_timestamp"] = json!(true);
    for document in [to_data832(&sim, &[("/x", "/data/copied")]), kept] {
        client.done(&client.transfer(&document).await).await;
    }
    let age = async |name: &str| {
        let stat = format!("operation/endpoint/{}/stat", data.uuid());
        let path = format!("/data/{name}");
        let file = client.get(&stat, &[("path", &path)]).await.json;
        (Utc::now() - time(&file["last_modified"])).num_minutes()
    };
    assert_eq!((age("written").await, age("copied").await), (120, 120));
    assert_eq!(age("kept").await, 0, "as at the source");
    let modified = data.path("copied").metadata().unwrap().modified().unwrap();
    assert!(
        modified.elapsed().unwrap() >= Duration::from_secs(7200),
        "on the disk too"
    );
}

#[tokio::test]
async fn a_transfer_service_whose_clock_is_off() {
    let sim = globus().skew("globus_transfer", 5 * 3600).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let task = client.done(&id).await;
    assert_eq!(task["status"], "SUCCEEDED", "its deadline is by its own clock");
    for field in ["request_time", "completion_time"] {
        let off = (time(&task[field]) - Utc::now()).num_minutes();
        assert!((298..=300).contains(&off), "{field}: {off}");
    }
    let error = globus().skew("nobody", 1).start().unwrap_err();
    assert!(matches!(error, SimError::Skew { .. }), "{error}");
}
