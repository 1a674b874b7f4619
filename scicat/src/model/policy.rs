//! Policies: what happens to the datasets of a group.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::PolicyId;

/// The policy of a group. The backend makes one by itself with the first dataset of a group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Policy {
    /// The identifier.
    #[serde(rename = "_id", default)]
    pub id: Option<PolicyId>,
    /// The group.
    #[serde(default)]
    pub owner_group: Option<String>,
    /// Who may change it.
    #[serde(default)]
    pub manager: Option<Vec<String>>,
    /// How many copies are kept on tape: `low`, `medium`, `high`.
    #[serde(default)]
    pub tape_redundancy: Option<String>,
    /// Whether datasets are archived by themselves.
    #[serde(default)]
    pub auto_archive: Option<bool>,
    /// After how many days.
    #[serde(default)]
    pub auto_archive_delay: Option<u64>,
    /// Whether mail is sent about archiving.
    #[serde(default)]
    pub archive_email_notification: Option<bool>,
    /// To whom.
    #[serde(default)]
    pub archive_emails_to_be_notified: Option<Vec<String>>,
    /// Whether mail is sent about retrieving.
    #[serde(default)]
    pub retrieve_email_notification: Option<bool>,
    /// To whom.
    #[serde(default)]
    pub retrieve_emails_to_be_notified: Option<Vec<String>>,
    /// After how many years the data are published.
    #[serde(default)]
    pub embargo_period: Option<u64>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}
