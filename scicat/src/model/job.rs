//! Jobs: work that other systems do on datasets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{DatasetPid, JobId};

/// A job as the catalogue returns it. Versions 3 and 4 have different names for most.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Job {
    /// The identifier.
    #[serde(default)]
    pub id: Option<JobId>,
    /// What is to be done.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// How it stands, in v4.
    #[serde(default)]
    pub status_code: Option<String>,
    /// How it stands, in v4.
    #[serde(default)]
    pub status_message: Option<String>,
    /// How it stands, in v3.
    #[serde(default)]
    pub job_status_message: Option<String>,
    /// Who asked for it, in v3.
    #[serde(default)]
    pub email_job_initiator: Option<String>,
    /// Who asked for it, in v4.
    #[serde(default)]
    pub owner_user: Option<String>,
    /// The group that owns it, in v4.
    #[serde(default)]
    pub owner_group: Option<String>,
    /// Whom to tell, in v4.
    #[serde(default)]
    pub contact_email: Option<String>,
    /// What to do it with.
    #[serde(default)]
    pub job_params: Option<Map<String, Value>>,
    /// Its datasets, in v3.
    #[serde(default)]
    pub dataset_list: Option<Vec<JobDataset>>,
    /// What came of it.
    #[serde(default)]
    pub job_result_object: Option<Value>,
    /// When it was asked for, in v3.
    #[serde(default)]
    pub creation_time: Option<DateTime<Utc>>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}

/// A dataset of a job, and which of its files; none named are all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobDataset {
    /// The dataset.
    pub pid: DatasetPid,
    /// Its files.
    #[serde(default)]
    pub files: Vec<String>,
}
