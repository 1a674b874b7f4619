//! Proposals.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ProposalId;

/// A proposal as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Proposal {
    /// The identifier.
    #[serde(default)]
    pub proposal_id: Option<ProposalId>,
    /// The title.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is about.
    #[serde(rename = "abstract", default)]
    pub abstract_text: Option<String>,
    /// The proposer's email address.
    #[serde(default)]
    pub email: Option<String>,
    /// The proposer's first name.
    #[serde(default)]
    pub firstname: Option<String>,
    /// The proposer's last name.
    #[serde(default)]
    pub lastname: Option<String>,
    /// The principal investigator's email address.
    #[serde(rename = "pi_email", default)]
    pub pi_email: Option<String>,
    /// The principal investigator's first name.
    #[serde(rename = "pi_firstname", default)]
    pub pi_firstname: Option<String>,
    /// The principal investigator's last name.
    #[serde(rename = "pi_lastname", default)]
    pub pi_lastname: Option<String>,
    /// What kind of proposal it is.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// When it begins.
    #[serde(default)]
    pub start_time: Option<DateTime<Utc>>,
    /// When it ends.
    #[serde(default)]
    pub end_time: Option<DateTime<Utc>>,
    /// The proposal of which it is part.
    #[serde(default)]
    pub parent_proposal_id: Option<ProposalId>,
    /// The instruments it may use.
    #[serde(default)]
    pub instrument_ids: Option<Vec<String>>,
    /// Whatever else was written down.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// The group that owns it.
    #[serde(default)]
    pub owner_group: Option<String>,
    /// The groups that may read it.
    #[serde(default)]
    pub access_groups: Option<Vec<String>>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}
