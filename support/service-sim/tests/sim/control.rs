//! The control port.

use serde_json::{Value, json};

use crate::support::{Client, globus, to_data832};

async fn post(url: &str, body: &Value) -> (u16, Value) {
    let response = reqwest::Client::new()
        .post(url)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    (
        response.status().as_u16(),
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

async fn text(url: &str) -> String {
    reqwest::Client::new()
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

#[tokio::test]
async fn everything_can_be_done_over_http() {
    let sim = globus().start().unwrap();
    let control = sim.env()["SERVICE_SIM_URL"].clone() + "/sim/";
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");

    let (status, body) = post(&format!("{control}fault"), &json!({"spec": "task:hold=it"})).await;
    assert_eq!((status, &body["faults"]), (200, &json!(["task:hold=it"])));
    let (status, body) = post(&format!("{control}fault"), &json!({"spec": "nonsense"})).await;
    assert!(status == 400 && body["error"].as_str().unwrap().contains("TARGET:EFFECT"));
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let state: Value = serde_json::from_str(&text(&format!("{control}state")).await).unwrap();
    assert_eq!(
        (&state["tasks"][0]["task_id"], &state["tasks"][0]["status"]),
        (&json!(id), &json!("ACTIVE"))
    );
    assert_eq!(
        post(&format!("{control}release"), &json!({"name": "it"})).await.0,
        200
    );
    client.done(&id).await;

    let before = state["now"].as_str().unwrap().to_owned();
    let (status, body) = post(&format!("{control}advance"), &json!({"seconds": 86400})).await;
    assert!(status == 200 && body["now"].as_str().unwrap() > before.as_str());
    assert_eq!(
        post(&format!("{control}advance"), &json!({"seconds": -1}))
            .await
            .0,
        400
    );

    let collections: Value = serde_json::from_str(&text(&format!("{control}collections")).await).unwrap();
    assert_eq!(collections["data832"]["root_path"], "/data");
    assert_eq!(
        collections["data832"]["dir"],
        sim.collection("data832").dir().to_str().unwrap()
    );

    let journal = text(&format!("{control}journal")).await;
    let lines: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines.len(),
        sim.journal().entries().len(),
        "the control port itself is not in it"
    );
    assert_eq!(
        (&lines[0]["operation"], &lines[0]["service"]),
        (&json!("auth.token"), &json!("globus_auth"))
    );
    let submit = lines
        .iter()
        .find(|line| line["operation"] == "transfer.submit")
        .unwrap();
    assert_eq!(
        (&submit["task_id"], &submit["status"], &submit["fault"]),
        (&json!(id), &json!(200), &Value::Null)
    );
    assert!(submit["submission_id"].is_string() && submit["path"] == "/v0.10/transfer");
}
