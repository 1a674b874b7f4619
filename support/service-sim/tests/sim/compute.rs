//! Globus Compute: what its clients do not show, for they keep to the rules.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use service_sim::{Limits, Sim};

const SCOPE: &str = "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all";

/// A caller with a token.
struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    async fn new(sim: &Sim) -> Self {
        Self::of(&sim.env()).await
    }

    async fn of(env: &BTreeMap<String, String>) -> Self {
        let http = reqwest::Client::new();
        let request = http
            .post(format!("{}v2/oauth2/token", env["GLOBUS_SDK_SERVICE_URL_AUTH"]))
            .basic_auth(&env["GLOBUS_CLIENT_ID"], Some(&env["GLOBUS_CLIENT_SECRET"]))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type=client_credentials&scope={SCOPE}"));
        let token = request.send().await.unwrap().text().await.unwrap();
        let token: Value = serde_json::from_str(&token).unwrap();
        Self {
            http,
            base: env["GLOBUS_SDK_SERVICE_URL_COMPUTE"].clone(),
            token: token["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// Registers a function without arguments and calls it once.
    async fn call(&self, endpoint: &str) -> String {
        let source = "st\nf:def f():\n    return 1\n";
        let code = format!("{}\n{source}", source.len());
        let document = json!({"function_name": "f", "function_code": code});
        let (_, function) = self.post("v3/functions", &document).await;
        let function = function["function_uuid"].as_str().unwrap();
        let body = json!({"tasks": {function: ["5\n11\n[]5\n11\n{}"]}});
        let (status, submitted) = self.post(&format!("v3/endpoints/{endpoint}/submit"), &body).await;
        assert_eq!(status, 200, "{submitted}");
        submitted["tasks"][function][0].as_str().unwrap().to_owned()
    }

    async fn ended(&self, task: &str) -> Value {
        loop {
            let (_, _, document) = self.get(&format!("v2/tasks/{task}")).await;
            if ["success", "failed"].contains(&document["status"].as_str().unwrap()) {
                return document;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.bearer_auth(&self.token).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&response.text().await.unwrap()).unwrap(),
        )
    }

    async fn get(&self, path: &str) -> (u16, Option<u64>, Value) {
        let request = self.http.get(format!("{}{path}", self.base));
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        let wait = response.headers().get("retry-after");
        let wait = wait.map(|value| value.to_str().unwrap().parse().unwrap());
        let status = response.status().as_u16();
        (
            status,
            wait,
            serde_json::from_str(&response.text().await.unwrap()).unwrap(),
        )
    }
}

#[tokio::test]
async fn twenty_requests_in_ten_seconds() {
    let sim = Sim::builder()
        .compute()
        .limits(Limits::Production)
        .start()
        .unwrap();
    let caller = Caller::new(&sim).await;
    for _ in 0..20 {
        assert_eq!(caller.get("v2/endpoints").await.0, 200);
    }
    let (status, wait, refused) = caller.get("v2/endpoints").await;
    assert_eq!((status, &refused["code"]), (429, &json!("TOO_MANY_REQUESTS")));
    let wait = wait.unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    sim.advance(Duration::from_secs(wait));
    assert_eq!(caller.get("v2/endpoints").await.0, 200);
}

#[tokio::test]
async fn a_submission_above_ten_megabytes_is_refused_and_leaves_nothing() {
    let sim = Sim::builder().compute().start().unwrap();
    let caller = Caller::new(&sim).await;
    let code = "31\nst\nf:def f(x):\n    return None\n";
    let document = json!({"function_name": "f", "function_code": code});
    let (_, function) = caller.post("v3/functions", &document).await;
    let function = function["function_uuid"].as_str().unwrap();
    let submit = format!("v3/endpoints/{}/submit", sim.env()["GLOBUS_COMPUTE_ENDPOINT"]);
    let large = json!({"tasks": {function: ["x".repeat(10 << 20)]}});
    let (status, refused) = caller.post(&submit, &large).await;
    assert_eq!(
        (status, &refused["code"]),
        (413, &json!("TASK_PAYLOAD_TOO_LARGE"))
    );
    // One function of two is not known: neither is called.
    let unknown = json!({"tasks": {function: ["a"], "00000000-0000-4000-8000-000000000000": ["b"]}});
    assert_eq!(caller.post(&submit, &unknown).await.0, 404);
    assert!(sim.compute_tasks().is_empty());
    let ids: Vec<String> = (0..129).map(|n| format!("{n}")).collect();
    assert_eq!(
        caller.post("v2/batch_status", &json!({"task_ids": ids})).await.0,
        422
    );
}

#[tokio::test]
async fn without_a_broker_no_endpoint_can_register_and_nothing_is_pushed() {
    let sim = Sim::builder().compute().start().unwrap();
    let caller = Caller::new(&sim).await;
    let (status, refused) = caller
        .post("v3/endpoints", &json!({"endpoint_name": "peer"}))
        .await;
    assert_eq!((status, &refused["code"]), (503, &json!("BROKER_UNAVAILABLE")));
    assert_eq!(caller.post("v3/endpoints", &json!({})).await.0, 422);
    assert_eq!(caller.get("v2/get_amqp_result_connection_url").await.0, 404);
    let (_, _, endpoints) = caller.get("v2/endpoints").await;
    assert_eq!(endpoints.as_array().unwrap().len(), 1);
}

/// The command, on a machine that has no Python.
#[cfg(feature = "bin")]
#[tokio::test]
async fn without_python_tasks_fail_and_say_so() {
    use std::io::{BufRead as _, BufReader};

    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_service-sim"));
    command.arg("--root").arg(folder.path().join("root"));
    command.arg("--env-file").arg(folder.path().join("env"));
    let mut child = command
        .env("PATH", folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let told = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
    let file = std::fs::read_to_string(folder.path().join("env"));
    let failed = async move {
        told.unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let env: BTreeMap<String, String> = serde_json::from_value(ready["env"].clone()).unwrap();
        let endpoint = &env["GLOBUS_COMPUTE_ENDPOINT"];
        assert!(
            file.unwrap()
                .lines()
                .any(|line| line == format!("GLOBUS_COMPUTE_ENDPOINT={endpoint}"))
        );
        let caller = Caller::of(&env).await;
        let task = caller.call(endpoint).await;
        caller.ended(&task).await
    };
    let failed = tokio::spawn(failed).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let failed = failed.unwrap();
    assert_eq!(failed["status"], "failed");
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("has no python3"), "{reason}");
}
