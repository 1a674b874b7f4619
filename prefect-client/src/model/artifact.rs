//! Artifacts: tables, texts, links, progress bars that runs leave behind.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ArtifactId, FlowRunId, TaskRunId};

/// An artifact. Only its identifier is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Artifact {
    /// The identifier.
    pub id: ArtifactId,
    /// Its key; artifacts of one key make a history.
    pub key: Option<String>,
    /// Its type: `table`, `markdown`, `progress`, `image`, `result`…
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Free text, in Markdown.
    pub description: Option<String>,
    /// What it holds.
    pub data: Option<Value>,
    /// The flow run.
    pub flow_run_id: Option<FlowRunId>,
    /// The task run.
    pub task_run_id: Option<TaskRunId>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}

/// The latest artifact of a key. Only the key and the artifact's identifier are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LatestArtifact {
    /// The key.
    pub key: String,
    /// The artifact's identifier.
    pub latest_id: ArtifactId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Free text, in Markdown.
    pub description: Option<String>,
    /// What it holds.
    pub data: Option<Value>,
    /// The flow run.
    pub flow_run_id: Option<FlowRunId>,
    /// The task run.
    pub task_run_id: Option<TaskRunId>,
}
