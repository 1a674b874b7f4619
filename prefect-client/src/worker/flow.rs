//! A flow: a name, and a handler for its runs.

use std::fmt;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rest_core::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::context::FlowContext;
use super::schema;

/// What came of a handler: its result as JSON, or what went wrong.
pub(crate) type Handled = Result<Value, String>;

/// A handler whose parameters have been read.
pub(crate) type Ready = Box<dyn FnOnce(FlowContext) -> BoxFuture<'static, Handled> + Send>;

/// Reads parameters; what is wrong with them names the field.
type Prepare = Arc<dyn Fn(&Map<String, Value>) -> Result<Ready, String> + Send + Sync>;

/// A flow written in Rust: a name, a version, parameters, a handler. Cheap to clone.
#[derive(Clone)]
pub struct Flow {
    name: String,
    version: Option<String>,
    schema: Value,
    handler: Prepare,
    cleanup: Option<Prepare>,
    deployments: Vec<(String, Option<String>)>,
    retries: Option<(u32, Duration)>,
    timeout: Option<Duration>,
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("deployments", &self.deployments)
            .finish_non_exhaustive()
    }
}

/// Name and version, as a run's log has them.
impl Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{} {version}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Flow {
    /// A flow of this name, whose runs `handler` executes.
    ///
    /// A run fails with the text of the handler's error, and before the handler is called if the run's parameters are
    /// not a `P`. The handler may be called again for a run that failed, or whose worker died, so its effects should
    /// be such that they happen once: see [`FlowContext::task_run`].
    pub fn new<P, R, E, F, Fut>(name: impl Into<String>, handler: F) -> Self
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + 'static,
        E: Display + 'static,
        F: Fn(FlowContext, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, E>> + Send + 'static,
    {
        Self {
            name: name.into(),
            version: None,
            schema: schema::of::<P>(),
            handler: prepare(handler),
            cleanup: None,
            deployments: Vec::new(),
            retries: None,
            timeout: None,
        }
    }

    /// The flow's version, named in the log of each of its runs.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Makes it the flow of all runs of deployments of this name, whatever the name of their flow. Called again, of
    /// these too.
    pub fn deployment(mut self, name: impl Into<String>) -> Self {
        self.deployments.push((name.into(), None));
        self
    }

    /// Makes it the flow of all runs of deployments of this name in this pool: where two flows have one name.
    pub fn deployment_in(mut self, name: impl Into<String>, pool: impl Into<String>) -> Self {
        self.deployments.push((name.into(), Some(pool.into())));
        self
    }

    /// How often a failed run is tried again and after which pause, where neither run nor deployment says so.
    pub fn retries(mut self, retries: u32, delay: Duration) -> Self {
        self.retries = Some((retries, delay));
        self
    }

    /// How long one attempt may take; it then fails as `TimedOut`, after the flow's cleanup.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What to do when a run is cancelled or has timed out, once its handler has stopped: cancel what it has begun
    /// elsewhere. It is called again if its worker dies meanwhile.
    pub fn on_cancel<P, E, F, Fut>(mut self, cleanup: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        E: Display + 'static,
        F: Fn(FlowContext, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
    {
        self.cleanup = Some(prepare(cleanup));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version_text(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The JSON schema of its parameters, as a deployment publishes it.
    pub fn parameter_schema(&self) -> &Value {
        &self.schema
    }

    /// Checks parameters as the worker does before it calls the handler.
    ///
    /// # Errors
    /// What is wrong, with the field's name.
    pub fn check_parameters(&self, parameters: &Map<String, Value>) -> Result<(), String> {
        (self.handler)(parameters).map(drop)
    }

    pub(crate) fn deployments(&self) -> &[(String, Option<String>)] {
        &self.deployments
    }

    pub(crate) fn default_retries(&self) -> Option<(u32, Duration)> {
        self.retries
    }

    pub(crate) fn time_limit(&self) -> Option<Duration> {
        self.timeout
    }

    pub(crate) fn handler(&self, parameters: &Map<String, Value>) -> Result<Ready, String> {
        (self.handler)(parameters)
    }

    pub(crate) fn cleanup(&self, parameters: &Map<String, Value>) -> Option<Result<Ready, String>> {
        self.cleanup.as_ref().map(|cleanup| cleanup(parameters))
    }
}

fn prepare<P, R, E, F, Fut>(handler: F) -> Prepare
where
    P: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
    E: Display + 'static,
    F: Fn(FlowContext, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, E>> + Send + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |parameters| {
        let parameters: P = read(parameters)?;
        let handler = Arc::clone(&handler);
        Ok(Box::new(move |context| {
            Box::pin(async move {
                match handler(context, parameters).await {
                    Ok(result) => serde_json::to_value(result)
                        .map_err(|problem| format!("the flow's result cannot be written as JSON: {problem}")),
                    Err(problem) => Err(problem.to_string()),
                }
            })
        }))
    })
}

/// Reads parameters, naming the field that does not fit.
fn read<P: DeserializeOwned>(parameters: &Map<String, Value>) -> Result<P, String> {
    let parameters = Value::Object(parameters.clone());
    serde_path_to_error::deserialize(parameters).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner();
        if path == "." {
            format!("the run's parameters do not fit the flow: {problem}")
        } else {
            format!("the run's parameter `{path}` does not fit the flow: {problem}")
        }
    })
}
