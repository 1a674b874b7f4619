//! A plain client of a simulator.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use service_sim::{FaultSpec, Sim, SimBuilder};

pub(crate) const TRANSFER_ALL: &str = "urn:globus:auth:scope:transfer.api.globus.org:all";

pub(crate) fn fault(text: &str) -> FaultSpec {
    text.parse().unwrap()
}

/// A simulator of Globus alone.
pub(crate) fn globus() -> SimBuilder {
    Sim::builder().transfer()
}

pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
    pub(crate) retry_after: Option<u64>,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// Asks for a token and gives the answer's status and document.
pub(crate) async fn login(sim: &Sim, secret: &str, form: &[(&str, &str)]) -> (u16, Value) {
    login_as(sim, &sim.env()["GLOBUS_CLIENT_ID"], secret, form).await
}

async fn login_as(sim: &Sim, id: &str, secret: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let env = sim.env();
    let url = format!("{}v2/oauth2/token", env["GLOBUS_SDK_SERVICE_URL_AUTH"]);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = reqwest::Client::new()
        .post(url)
        .basic_auth(id, Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

/// The body of a token request with the credentials in it.
pub(crate) fn login_form(sim: &Sim) -> String {
    let env = sim.env();
    format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        env["GLOBUS_CLIENT_ID"], env["GLOBUS_CLIENT_SECRET"]
    )
}

impl Client {
    pub(crate) async fn new(sim: &Sim) -> Self {
        let env = sim.env();
        Self::of(sim, &env["GLOBUS_CLIENT_ID"], &env["GLOBUS_CLIENT_SECRET"]).await
    }

    /// Another client than that of the environment.
    pub(crate) async fn of(sim: &Sim, id: &str, secret: &str) -> Self {
        let mut client = Self {
            http: reqwest::Client::new(),
            base: sim.env()["GLOBUS_SDK_SERVICE_URL_TRANSFER"].clone() + "v0.10/",
            token: String::new(),
        };
        client.log_in_as(sim, id, secret).await;
        client
    }

    pub(crate) async fn log_in(&mut self, sim: &Sim) {
        let env = sim.env();
        self.log_in_as(sim, &env["GLOBUS_CLIENT_ID"], &env["GLOBUS_CLIENT_SECRET"])
            .await;
    }

    async fn log_in_as(&mut self, sim: &Sim, id: &str, secret: &str) {
        let form = [("grant_type", "client_credentials"), ("scope", TRANSFER_ALL)];
        let (status, token) = login_as(sim, id, secret, &form).await;
        assert_eq!(status, 200, "{token}");
        token["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.token);
    }

    pub(crate) fn with_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.base), query).unwrap();
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("retry-after")
            .map(|v| v.to_str().unwrap().parse().unwrap());
        let text = response.text().await?;
        Ok(Answer {
            status,
            json: serde_json::from_str(&text).unwrap_or(Value::String(text)),
            retry_after,
        })
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.request(Method::GET, path, query, None).await.unwrap()
    }

    /// A successful answer as it came, for those that would take long to parse.
    pub(crate) async fn text(&self, path: &str, query: &[(&str, &str)]) -> String {
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.base), query).unwrap();
        let response = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path, &[], Some(body)).await.unwrap()
    }

    pub(crate) async fn submission_id(&self) -> String {
        self.get("submission_id", &[]).await.json["value"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Submits and gives the task's id.
    pub(crate) async fn submit(&self, path: &str, document: &Value) -> String {
        let mut document = document.clone();
        document["submission_id"] = json!(self.submission_id().await);
        let answer = self.post(path, &document).await;
        assert_eq!(
            (answer.status, answer.code()),
            (200, "Accepted"),
            "{:?}",
            answer.json
        );
        answer.json["task_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn transfer(&self, document: &Value) -> String {
        self.submit("transfer", document).await
    }

    pub(crate) async fn delete(&self, document: &Value) -> String {
        self.submit("delete", document).await
    }

    pub(crate) async fn task(&self, id: &str) -> Value {
        let answer = self.get(&format!("task/{id}"), &[]).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        answer.json
    }

    /// Polls until the task satisfies `wanted`.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let task = self.task(id).await;
                if wanted(&task) {
                    return task;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let Ok(task) = tokio::time::timeout(Duration::from_secs(20), wait).await else {
            panic!("still {:#}", self.task(id).await);
        };
        task
    }

    /// Polls until the task is done.
    pub(crate) async fn done(&self, id: &str) -> Value {
        self.until(id, |task| {
            !matches!(task["status"].as_str(), Some("ACTIVE" | "INACTIVE"))
        })
        .await
    }
}

/// A transfer document from spot832 to data832 with these items, paths as the collections see them.
pub(crate) fn to_data832(sim: &Sim, items: &[(&str, &str)]) -> Value {
    let item = |(from, to): &(&str, &str)| json!({"DATA_TYPE": "transfer_item", "source_path": from, "destination_path": to});
    json!({
        "DATA_TYPE": "transfer",
        "source_endpoint": sim.collection("spot832").uuid(),
        "destination_endpoint": sim.collection("data832").uuid(),
        "DATA": items.iter().map(item).collect::<Vec<_>>(),
    })
}

/// A delete document on data832.
pub(crate) fn delete_data832(sim: &Sim, paths: &[&str]) -> Value {
    let item = |path: &&str| json!({"DATA_TYPE": "delete_item", "path": path});
    json!({
        "DATA_TYPE": "delete",
        "endpoint": sim.collection("data832").uuid(),
        "DATA": paths.iter().map(item).collect::<Vec<_>>(),
    })
}
