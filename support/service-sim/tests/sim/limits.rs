//! The limits of the production service.

use std::time::Duration;

use serde_json::{Value, json};
use service_sim::Limits;

use crate::support::{Client, globus, to_data832};

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
