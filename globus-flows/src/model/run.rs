//! Runs.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{FlowId, RunId};

rest_core::open_enum! {
    /// The state of a run.
    pub enum RunStatus {
        /// It goes on.
        Active = "ACTIVE",
        /// It waits for somebody: a consent, credentials, an answer.
        Inactive = "INACTIVE",
        /// It ended well.
        Succeeded = "SUCCEEDED",
        /// It ended badly, or was cancelled.
        Failed = "FAILED",
        /// It was cancelled.
        Ended = "ENDED",
    }
}

impl RunStatus {
    /// Whether the run has come to its end. Not so for values that this version does not know.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Ended)
    }
}

/// Where a run stands, or how it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct RunDetails {
    /// `FlowStarting`, `FlowSucceeded`, `FlowFailed`, `FlowCanceled` and others.
    pub code: Option<String>,
    /// The same in words.
    pub description: Option<String>,
    /// What the states left, when it has ended well.
    pub output: Option<Value>,
    /// More; its form depends on the code.
    pub details: Option<Value>,
    /// The scope that an inactive run needs a consent for.
    pub required_scope: Option<String>,
}

/// A run of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Run {
    /// Its id.
    pub run_id: RunId,
    /// Its state.
    pub status: RunStatus,
    /// Its flow.
    #[serde(default)]
    pub flow_id: Option<FlowId>,
    /// The flow's title.
    #[serde(default)]
    pub flow_title: Option<String>,
    /// The label it was started with.
    #[serde(default)]
    pub label: Option<String>,
    /// The tags it was started with.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// The state in the service's words for people.
    #[serde(default)]
    pub display_status: Option<String>,
    /// Where it stands, or how it ended.
    #[serde(default)]
    pub details: Option<RunDetails>,
    /// When it began.
    #[serde(default, deserialize_with = "date")]
    pub start_time: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, deserialize_with = "date")]
    pub completion_time: Option<DateTime<Utc>>,
    /// Who started it.
    #[serde(default)]
    pub run_owner: Option<String>,
    /// Who may manage it.
    #[serde(default)]
    pub run_managers: Option<Vec<String>>,
    /// Who may see it.
    #[serde(default)]
    pub run_monitors: Option<Vec<String>>,
    /// What the caller is to it.
    #[serde(default)]
    pub user_role: Option<String>,
    /// The flow's description, when it was asked for.
    #[serde(default)]
    pub flow_description: Option<Value>,
}

impl Run {
    /// Whether it has come to its end, well or not.
    pub fn is_done(&self) -> bool {
        self.status.is_terminal()
    }

    /// What the states left, when it has ended well.
    pub fn output(&self) -> Option<&Value> {
        self.details.as_ref()?.output.as_ref()
    }
}

impl fmt::Display for Run {
    /// `run <id> "<label>" <status> (<code>: <description>)`, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.run_id)?;
        if let Some(label) = &self.label {
            write!(f, " {label:?}")?;
        }
        write!(f, " {}", self.status)?;
        let details = self.details.as_ref();
        let code = details.and_then(|details| details.code.as_deref());
        let words = details.and_then(|details| details.description.as_deref());
        match (code, words) {
            (Some(code), Some(words)) => write!(f, " ({code}: {words})"),
            (Some(one), None) | (None, Some(one)) => write!(f, " ({one})"),
            (None, None) => Ok(()),
        }
    }
}

/// The definition that a run was started with; the flow's may have changed since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct RunDefinition {
    /// The flow.
    pub flow_id: Option<FlowId>,
    /// Its states.
    pub definition: Option<Value>,
    /// The JSON schema of its input.
    pub input_schema: Option<Value>,
}

/// What happened in a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct LogEntry {
    /// When.
    #[serde(deserialize_with = "date")]
    pub time: Option<DateTime<Utc>>,
    /// `FlowStarted`, `ActionStarted`, `ActionCompleted`, `PassStarted`, `FlowSucceeded` and others.
    pub code: Option<String>,
    /// The same in words.
    pub description: Option<String>,
    /// The state, its input or output, or the error.
    pub details: Option<Value>,
}

/// The service's word for "good".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Message {
    /// In words.
    pub message: Option<String>,
}

/// A date that may be null, empty, or without an offset (then UTC).
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty())
    else {
        return Ok(None);
    };
    let text = text.trim();
    let with_offset = DateTime::parse_from_rfc3339(text).map(|date| date.with_timezone(&Utc));
    let read = with_offset
        .or_else(|_| DateTime::parse_from_rfc3339(&format!("{text}Z")).map(|date| date.with_timezone(&Utc)));
    read.map(Some)
        .map_err(|_| serde::de::Error::custom(format!("`{text}` is not a date")))
}
