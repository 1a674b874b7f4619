//! Authentication policies.

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::{PolicyId, ProjectId};

/// How people must have logged in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Policy {
    /// Its id; missing in some answers to a change.
    #[serde(default)]
    pub id: Option<PolicyId>,
    /// The project that it belongs to.
    #[serde(default)]
    pub project_id: Option<ProjectId>,
    /// Its name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether a login only counts within one session and application.
    #[serde(default)]
    pub high_assurance: Option<bool>,
    /// How long a login counts, in seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub authentication_assurance_timeout: Option<i64>,
    /// Whether a second factor is needed.
    #[serde(default)]
    pub required_mfa: Option<bool>,
    /// Only identities of these domains (`*.lbl.gov` is a pattern); `None` = all.
    #[serde(default, deserialize_with = "lenient::optional_list")]
    pub domain_constraints_include: Option<Vec<String>>,
    /// No identities of these domains; `None` = none is excluded.
    #[serde(default, deserialize_with = "lenient::optional_list")]
    pub domain_constraints_exclude: Option<Vec<String>>,
}
