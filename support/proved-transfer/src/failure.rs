//! What went wrong, in the words that whoever runs it needs.

use std::fmt;

use globus_transfer::ErrorExt;
use serde::{Deserialize, Serialize};

/// A step of a run that did not do what it was asked to.
///
/// It names the file, the step, the service with its code and request id, and what to do next. It is
/// data: the command prints it, `--json` serialises it, the run store keeps it. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The step of the flow: `preflight`, `copy`, `ingest`, `schedule_prune`, `prune`.
    pub step: String,
    /// The service's code, a task's status, or a word of ours: what a program can match on.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// What it concerns, as far as it is known. Boxed, to keep results small.
    #[serde(flatten)]
    pub context: Box<Context>,
}

/// What a [`Failure`] concerns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Context {
    /// The service that refused or did not answer, such as `globus_transfer`; none for a local cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The file, as the flow was given it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The hop, such as `disk -> server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<String>,
    /// The Globus task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The task's status or the HTTP status, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The service's own id of the request, for its support desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Failure {
    /// A failure of `step` with a code and a sentence.
    pub fn new(step: &str, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            step: step.to_owned(),
            code: code.into(),
            message: message.into(),
            context: Box::default(),
        }
    }

    /// A failure because a service call failed; code, status and request id are the service's.
    pub fn service(step: &str, service: &str, error: &rest_core::Error) -> Self {
        let code = match (error.service_code(), error.status()) {
            (Some(code), _) => code.to_owned(),
            (None, Some(status)) => format!("HTTP {status}"),
            (None, None) => format!("{:?}", error.kind()),
        };
        let mut failure = Self::new(step, code, with_causes(error)).of(service);
        failure.context.status = error.status().map(|status| status.to_string());
        failure.context.request_id = error.request_id().map(str::to_owned);
        if service.starts_with("globus") {
            failure.context.remedy = globus_remedy(error);
        }
        failure
    }

    /// A failure because the run store could not be read or written.
    pub fn store(step: &str, error: &run_store::Error) -> Self {
        Self::new(step, "run_store", with_causes(error)).remedy(
            "see that the state folder is writable and has room, then run again with the same --run-id",
        )
    }

    /// Names the service.
    pub fn of(mut self, service: &str) -> Self {
        self.context.service = Some(service.to_owned());
        self
    }

    /// Names the file.
    pub fn file(mut self, file: impl fmt::Display) -> Self {
        self.context.file = Some(file.to_string());
        self
    }

    /// Names the hop.
    pub fn hop(mut self, hop: impl fmt::Display) -> Self {
        self.context.hop = Some(hop.to_string());
        self
    }

    /// Names the Globus task and its status.
    pub fn task(mut self, task_id: impl fmt::Display, status: impl fmt::Display) -> Self {
        self.context.task_id = Some(task_id.to_string());
        self.context.status = Some(status.to_string());
        self
    }

    /// Says what to do.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.context.remedy = Some(remedy.into());
        self
    }
}

/// What to do about a refusal of Globus, where that is the same whatever was asked.
fn globus_remedy(error: &rest_core::Error) -> Option<String> {
    let has = |part: &str| error.has_code(part);
    Some(match error.status() {
        _ if error.is_consent_required() => format!(
            "ask for the scope {}: set `data_access: true` at that endpoint in config.yml, then run: \
             splash-flows login (for a person's tokens: splash-flows login --native)",
            error.required_scopes().join(" ")
        ),
        Some(401) => "see which credentials are used and whether they are taken: splash-flows login".to_owned(),
        _ if has("EndpointNotFound") => {
            "check the endpoint's uuid in config.yml: Globus knows no such collection".to_owned()
        }
        _ if has("GCDisconnected") || has("GCNotConnected") => {
            "start Globus Connect Personal on that machine".to_owned()
        }
        _ if has("PermissionDenied") || error.status() == Some(403) => {
            "give the identity that `splash-flows login` shows rights there: at the collection, and on its disk"
                .to_owned()
        }
        None if error.is_transient() => "check this machine's network and proxy".to_owned(),
        _ => return None,
    })
}

/// The error and its causes in one line: a person reads one line, not a chain.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let line = inner.to_string();
        if !text.contains(&line) {
            text.push_str(": ");
            text.push_str(&line);
        }
        cause = inner.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.step)?;
        if let Some(hop) = &self.context.hop {
            write!(f, " {hop}")?;
        }
        write!(f, " failed ({}): {}", self.code, self.message)?;
        if let Some(file) = &self.context.file {
            write!(f, "; file {file:?}")?;
        }
        if let Some(task) = &self.context.task_id {
            write!(f, "; task {task}")?;
        }
        if let Some(status) = &self.context.status {
            write!(f, "; status {status}")?;
        }
        if let Some(id) = &self.context.request_id {
            write!(f, "; request {id}")?;
        }
        if let Some(remedy) = &self.context.remedy {
            write!(f, ". {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
