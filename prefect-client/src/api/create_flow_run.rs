//! Creating a run of a deployment.

use chrono::{DateTime, SecondsFormat, Utc};
use http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Client, DeploymentId, Error, FlowRun, RequestParts, Result, TaskRunId};

/// What a server of version 3 takes as the parameters of a run, in bytes of JSON; it wants fewer than this.
const MAX_PARAMETERS: usize = 512 * 1024;

impl Client {
    /// Creates a run of a deployment.
    pub fn create_flow_run(&self, deployment: DeploymentId) -> CreateFlowRun {
        CreateFlowRun::new(self.clone(), deployment)
    }
}

/// Creates a run of a deployment. Made by [`Client::create_flow_run`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateFlowRun {
    client: Client,
    deployment: DeploymentId,
    body: Body,
    parameters: Value,
    scheduled_at: Option<DateTime<Utc>>,
    message: Option<String>,
}

/// Sent as it stands: the server refuses a field it does not know, and takes null as a value.
#[derive(Clone, Debug, Default, Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_queue_name: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    empirical_policy: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    labels: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_task_run_id: Option<TaskRunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_variables: Option<Value>,
}

impl CreateFlowRun {
    pub(crate) fn new(client: Client, deployment: DeploymentId) -> Self {
        let parameters = Value::Object(Map::new());
        Self {
            client,
            deployment,
            body: Body::default(),
            parameters,
            scheduled_at: None,
            message: None,
        }
    }

    /// Names the run; the server makes a name up if there is none.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.body.name = Some(name.into());
        self
    }

    /// Sets the parameters, a JSON object. What is not named keeps the deployment's default.
    pub fn parameters(mut self, parameters: impl Into<Value>) -> Self {
        self.parameters = parameters.into();
        self
    }

    /// Schedules the run for this time; without it the run is due at once.
    pub fn scheduled_at(mut self, time: DateTime<Utc>) -> Self {
        self.scheduled_at = Some(time);
        self
    }

    /// Sets the message of the run's first state, for people to read.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets the key that makes the creation repeatable: a second request with it returns the run of the first, and
    /// all else in the second request is ignored.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.body.idempotency_key = Some(key.into());
        self
    }

    /// Adds tags to those of the deployment.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.body.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Puts the run in this queue of the deployment's pool instead of the deployment's own.
    pub fn work_queue_name(mut self, queue: impl Into<String>) -> Self {
        self.body.work_queue_name = Some(queue.into());
        self
    }

    /// How often the run is tried again after a failure.
    pub fn retries(mut self, retries: u32) -> Self {
        self.body
            .empirical_policy
            .insert("retries".to_owned(), retries.into());
        self
    }

    /// The pause before the run is tried again, in seconds.
    pub fn retry_delay_seconds(mut self, seconds: u32) -> Self {
        let policy = &mut self.body.empirical_policy;
        policy.insert("retry_delay".to_owned(), seconds.into());
        self
    }

    /// Adds a label.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.body.labels.insert(name.into(), value.into());
        self
    }

    /// Makes the run a child: this task run of the parent follows its states.
    pub fn parent_task_run(mut self, id: TaskRunId) -> Self {
        self.body.parent_task_run_id = Some(id);
        self
    }

    /// Sets job variables, a JSON object, over those of the deployment.
    pub fn job_variables(mut self, variables: impl Into<Value>) -> Self {
        self.body.job_variables = Some(variables.into());
        self
    }

    /// `POST /deployments/{id}/create_flow_run`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the parameters are not a JSON object or take 512 KiB or
    /// more, or the idempotency key is empty.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let Value::Object(parameters) = &self.parameters else {
            return Err(Error::config(
                "the parameters of a flow run must be a JSON object",
            ));
        };
        if self.body.idempotency_key.as_deref() == Some("") {
            return Err(Error::config(
                "the idempotency key of a flow run must not be empty",
            ));
        }
        // The server's own refusal would repeat them all.
        if self.parameters.to_string().len() >= MAX_PARAMETERS {
            return Err(Error::config(format!(
                "the parameters of a flow run must be less than {MAX_PARAMETERS} bytes of JSON"
            )));
        }
        let body = Body {
            parameters: parameters.clone(),
            state: self.state(),
            ..self.body.clone()
        };
        RequestParts::new(
            "prefect.flow_run_create",
            Method::POST,
            "/deployments/{id}/create_flow_run",
        )
        .path_param("id", self.deployment.as_ref())
        .idempotent(self.body.idempotency_key.is_some())
        .json(&body)
    }

    /// The first state, if there is anything to say of it.
    fn state(&self) -> Option<Value> {
        if self.scheduled_at.is_none() && self.message.is_none() {
            return None;
        }
        let mut state = json!({ "type": "SCHEDULED", "name": "Scheduled" });
        if let Some(time) = self.scheduled_at {
            let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
            state["state_details"] = json!({ "scheduled_time": time });
        }
        if let Some(message) = &self.message {
            state["message"] = json!(message);
        }
        Some(state)
    }

    /// Creates the run, or returns the one of the same idempotency key.
    ///
    /// Retried if there is such a key. Without one it is not repeated once it may have been acted on.
    ///
    /// # Errors
    /// 404 if there is no such deployment; 409 if the parameters do not fit its schema; 422 if the server refuses
    /// the document.
    pub async fn send(&self) -> Result<FlowRun> {
        self.client.request(self.into_parts()?).await
    }
}
