//! The limits of the production service.

use std::time::Duration;

use serde_json::{Value, json};
use service_sim::Limits;

use crate::support::{Client, delete_data832, fault, globus, to_data832};

#[tokio::test]
async fn two_hundred_requests_in_ten_seconds() {
    let sim = globus().limits(Limits::Production).start().unwrap();
    let client = Client::new(&sim).await;
    for _ in 0..200 {
        assert_eq!(client.get("submission_id", &[]).await.status, 200);
    }
    let refused = client.get("submission_id", &[]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (429, "ClientError.TooManyRequests")
    );
    let wait = refused.retry_after.unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    sim.advance(Duration::from_secs(wait));
    assert_eq!(client.get("submission_id", &[]).await.status, 200);
}

#[tokio::test]
async fn each_user_has_requests_of_its_own() {
    let sim = globus()
        .limits(Limits::Production)
        .client("first", "one")
        .client("second", "two")
        .start()
        .unwrap();
    let first = Client::new(&sim).await;
    let second = Client::of(&sim, "second", "two").await;
    // A hundred now and a hundred five seconds later: the window slides.
    for _ in 0..2 {
        for _ in 0..100 {
            assert_eq!(first.get("submission_id", &[]).await.status, 200);
        }
        sim.advance(Duration::from_secs(5));
    }
    for _ in 0..100 {
        assert_eq!(first.get("submission_id", &[]).await.status, 200);
    }
    assert_eq!(first.get("submission_id", &[]).await.status, 429);
    assert_eq!(second.get("submission_id", &[]).await.status, 200);
    let other = first.get("task_list", &[]).await;
    assert_eq!(other.status, 429, "every operation counts");
}

#[tokio::test]
async fn three_deletes_beside_three_transfers() {
    let sim = globus()
        .limits(Limits::Production)
        .fault(fault("task:hold=all"))
        .start()
        .unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let mut ids = Vec::new();
    for n in 0..4 {
        let target = format!("/data/{n}");
        ids.push(client.transfer(&to_data832(&sim, &[("/x", &target)])).await);
        sim.collection("data832").write(format!("old{n}"), "old");
        let target = format!("/data/old{n}");
        ids.push(client.delete(&delete_data832(&sim, &[&target])).await);
    }
    let nice = |wanted: &'static str| move |task: &Value| task["nice_status"] == wanted;
    for id in &ids[..6] {
        client.until(id, nice("OK")).await;
    }
    for id in &ids[6..] {
        assert_eq!(client.task(id).await["nice_status"], "Queued");
    }
    sim.release("all");
    for id in &ids {
        assert_eq!(client.done(id).await["status"], "SUCCEEDED");
    }
}

#[tokio::test]
async fn a_task_in_trouble_frees_its_place_and_a_stalled_one_does_not() {
    let sim = globus().limits(Limits::Production).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let submit = async |spec: Option<&str>, to: &str| {
        sim.clear_faults();
        if let Some(spec) = spec {
            sim.fault(fault(spec));
        }
        client.transfer(&to_data832(&sim, &[("/x", to)])).await
    };
    let mut stalled = Vec::new();
    for n in 0..3 {
        let id = submit(Some("task:disk-full"), &format!("/data/full{n}")).await;
        client
            .until(&id, |task| task["nice_status"] == "NO_SPACE_LEFT")
            .await;
    }
    for n in 0..3 {
        let id = submit(Some("task:stall"), &format!("/data/stalled{n}")).await;
        client.until(&id, |task| task["nice_status"] == "OK").await;
        stalled.push(id);
    }
    let waiting = submit(None, "/data/y").await;
    client
        .until(&waiting, |task| task["nice_status"] == "Queued")
        .await;
    client
        .post(&format!("task/{}/cancel", stalled[0]), &Value::Null)
        .await;
    assert_eq!(client.done(&waiting).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn three_active_a_hundred_pending() {
    let sim = globus()
        .limits(Limits::Production)
        .transfer_delay(Duration::from_secs(3600))
        .start()
        .unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let mut ids = Vec::new();
    for n in 0..103 {
        ids.push(
            client
                .transfer(&to_data832(&sim, &[("/x", &format!("/data/{n}"))]))
                .await,
        );
        if n % 50 == 49 {
            sim.advance(Duration::from_secs(10)); // for the request limit
        }
    }
    let mut document = to_data832(&sim, &[("/x", "/data/more")]);
    document["submission_id"] = json!(client.submission_id().await);
    let refused = client.post("transfer", &document).await;
    assert_eq!((refused.status, refused.code()), (409, "TooManyPendingTasks"));

    for id in &ids[..3] {
        client.until(id, |task| task["nice_status"] == "OK").await;
    }
    let queued = client.task(&ids[3]).await;
    assert_eq!(
        (&queued["status"], &queued["nice_status"], &queued["is_ok"]),
        (&json!("ACTIVE"), &json!("Queued"), &json!(true))
    );
    let list = client.get("task_list", &[("limit", "1000")]).await.json;
    let count = |nice: &str| {
        list["DATA"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|task| task["nice_status"] == nice)
            .count()
    };
    assert_eq!((count("OK"), count("Queued")), (3, 100));

    // Room is made, and the refused submission is taken under the same id.
    client
        .post(&format!("task/{}/cancel", ids[0]), &Value::Null)
        .await;
    let accepted = client.post("transfer", &document).await;
    assert_eq!(accepted.code(), "Accepted", "{:?}", accepted.json);
    client.until(&ids[3], |task| task["nice_status"] == "OK").await;
}

#[tokio::test]
async fn tokens_end() {
    for (limits, status) in [(Limits::Production, 401), (Limits::Off, 200)] {
        let sim = globus().limits(limits).start().unwrap();
        let client = Client::new(&sim).await;
        sim.advance(Duration::from_secs(172_799 - 60));
        assert_eq!(client.get("submission_id", &[]).await.status, 200);
        sim.advance(Duration::from_secs(61));
        assert_eq!(client.get("submission_id", &[]).await.status, status);
    }
}
