//! Submitting tasks.

use bytes::Bytes;
use http::Method;
use rest_core::RequestParts;
use serde_json::{Map, Value, json};

use crate::model::Submitted;
use crate::{Arguments, Client, Dialect, EndpointId, Error, FunctionId, MAX_PAYLOAD, Result, TaskGroupId};

const OPERATION: &str = "globus_compute.submit";
/// As many tasks as are polite in one submission.
pub(crate) const TASKS_PER_SUBMISSION: usize = 128;
/// How results are to be written: as JSON.
pub(crate) const JSON_RESULTS: &str = "globus_compute_sdk.serialize.concretes.JSONData";

/// A submission, ready to be sent, to be recorded before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionDocument(Bytes);

impl SubmissionDocument {
    /// A document that was recorded.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is no submission or larger than [`MAX_PAYLOAD`].
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self> {
        let bytes = bytes.into();
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Error::config("a recorded submission that is no JSON").with_source(error))?;
        if !document["tasks"].is_object() {
            return Err(Error::config("a recorded submission without tasks"));
        }
        check_size(&bytes)?;
        Ok(Self(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn check_size(bytes: &[u8]) -> Result<()> {
    if bytes.len() <= MAX_PAYLOAD {
        return Ok(());
    }
    let message = format!(
        "the submission has {} bytes, the service takes {MAX_PAYLOAD}; submit fewer tasks at once, or put large \
         arguments into files and pass their paths",
        bytes.len()
    );
    Err(Error::config(message).with_operation(OPERATION))
}

/// Submits tasks. Made by [`EndpointHandle::submit`](super::EndpointHandle::submit).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Submit {
    client: Client,
    endpoint: EndpointId,
    tasks: Vec<(FunctionId, Vec<String>)>,
    options: Map<String, Value>,
    problem: Option<String>,
}

impl Submit {
    pub(super) fn new(client: Client, endpoint: EndpointId) -> Self {
        let mut options = Map::new();
        options.insert("create_queue".into(), false.into());
        options.insert("result_serializers".into(), json!([JSON_RESULTS]));
        Self {
            client,
            endpoint,
            tasks: Vec::new(),
            options,
            problem: None,
        }
    }

    /// Adds a call of a function. The function must have been registered in the same dialect.
    pub fn task(self, function: &FunctionId, arguments: &Arguments, dialect: Dialect) -> Self {
        match arguments.payload(dialect) {
            Ok(payload) => self.payload(function, payload),
            Err(error) => self.refuse(error.to_string()),
        }
    }

    /// Adds a call with arguments that are serialized already.
    pub fn payload(mut self, function: &FunctionId, payload: impl Into<String>) -> Self {
        match self.tasks.iter_mut().find(|(known, _)| known == function) {
            Some((_, payloads)) => payloads.push(payload.into()),
            None => self.tasks.push((function.clone(), vec![payload.into()])),
        }
        self
    }

    /// The group that the tasks belong to. Without it the service makes one. With an id of one's own, what became of a
    /// submission whose answer was lost can be looked up: the group has its tasks, or does not exist.
    pub fn task_group(self, id: &TaskGroupId) -> Self {
        self.option("task_group_id", id.as_str())
    }

    /// Whether results are also put on the group's queue.
    pub fn create_queue(self, yes: bool) -> Self {
        self.option("create_queue", yes)
    }

    /// How results are to be written: import paths of the SDK's strategies, tried in their order; default JSON. Without
    /// any, and on endpoints before 3.6, they come as pickles.
    pub fn result_serializers<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        if paths.is_empty() {
            self.options.remove("result_serializers");
            return self;
        }
        self.option("result_serializers", paths)
    }

    /// What to fill into the endpoint's template; each distinct set starts a process of its own there.
    pub fn user_endpoint_config(self, config: Map<String, Value>) -> Self {
        self.option("user_endpoint_config", config)
    }

    /// Nodes and ranks, for endpoints with an MPI engine.
    pub fn resource_specification(self, specification: Map<String, Value>) -> Self {
        self.option("resource_specification", specification)
    }

    /// What the caller runs on. An endpoint's template may build an environment of that Python and SDK: leave it out
    /// unless that is wanted.
    pub fn user_runtime(self, runtime: Map<String, Value>) -> Self {
        self.option("user_runtime", runtime)
    }

    fn option(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.options.insert(key.to_owned(), value.into());
        self
    }

    fn refuse(mut self, problem: String) -> Self {
        self.problem.get_or_insert(problem);
        self
    }

    /// The document, to be recorded and sent with
    /// [`submit_document`](super::EndpointHandle::submit_document).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no task, arguments cannot be sent, or it has more
    /// than [`MAX_PAYLOAD`] bytes.
    pub fn document(&self) -> Result<SubmissionDocument> {
        if let Some(problem) = &self.problem {
            return Err(Error::config(problem.clone()).with_operation(OPERATION));
        }
        if self.tasks.is_empty() {
            return Err(Error::config("a submission without tasks").with_operation(OPERATION));
        }
        let mut body = self.options.clone();
        let tasks = self.tasks.iter();
        let tasks: Map<String, Value> = tasks
            .map(|(id, payloads)| (id.to_string(), payloads.clone().into()))
            .collect();
        body.insert("tasks".into(), Value::Object(tasks));
        let bytes = serde_json::to_vec(&body).map_err(|error| {
            Error::config("the submission cannot be written as JSON")
                .with_operation(OPERATION)
                .with_source(error)
        })?;
        check_size(&bytes)?;
        Ok(SubmissionDocument(bytes.into()))
    }

    /// `POST /v3/endpoints/{endpoint_id}/submit`, without sending it.
    ///
    /// # Errors
    /// Those of [`document`](Self::document).
    pub fn into_parts(&self) -> Result<RequestParts> {
        SubmitDocument::new(self.client.clone(), self.endpoint.clone(), self.document()?).into_parts()
    }

    /// The tasks. **Not repeated once it may have been acted on**: the service cannot tell a repeat from another
    /// submission. After an error with [`was_sent`](crate::Error::was_sent) other than `No`, look into the
    /// [group](Self::task_group) before submitting again.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Submitted> {
        self.client.request(self.into_parts()?).await
    }
}

/// Submits a document. Made by [`EndpointHandle::submit_document`](super::EndpointHandle::submit_document).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct SubmitDocument {
    client: Client,
    endpoint: EndpointId,
    document: SubmissionDocument,
}

impl SubmitDocument {
    pub(super) fn new(client: Client, endpoint: EndpointId, document: SubmissionDocument) -> Self {
        Self {
            client,
            endpoint,
            document,
        }
    }

    /// `POST /v3/endpoints/{endpoint_id}/submit`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let path = "/v3/endpoints/{endpoint_id}/submit";
        Ok(RequestParts::new(OPERATION, Method::POST, path)
            .path_param("endpoint_id", self.endpoint.as_str())
            .json_bytes(self.document.0.clone()))
    }

    /// The tasks. Not repeated once it may have been acted on; see [`Submit::send`].
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<Submitted> {
        self.client.request(self.into_parts()?).await
    }
}
