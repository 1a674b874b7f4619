//! Flows, and APIs that they may use.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::date;
use crate::{FlowId, RegisteredApiId};

/// A flow. Principals are URNs such as `urn:globus:auth:identity:…`, `public` and `all_authenticated_users`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// Its second title.
    #[serde(default)]
    pub subtitle: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Its states; see [`Definition`](crate::Definition).
    #[serde(default)]
    pub definition: Option<Value>,
    /// The JSON schema of its input.
    #[serde(default)]
    pub input_schema: Option<Value>,
    /// The scope that runs it.
    #[serde(default)]
    pub globus_auth_scope: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub flow_owner: Option<String>,
    /// Who may see it.
    #[serde(default)]
    pub flow_viewers: Option<Vec<String>>,
    /// Who may run it.
    #[serde(default)]
    pub flow_starters: Option<Vec<String>>,
    /// Who may change it.
    #[serde(default)]
    pub flow_administrators: Option<Vec<String>>,
    /// Who may manage its runs.
    #[serde(default)]
    pub run_managers: Option<Vec<String>>,
    /// Who may see its runs.
    #[serde(default)]
    pub run_monitors: Option<Vec<String>>,
    /// Words to find it by.
    #[serde(default)]
    pub keywords: Option<Vec<String>>,
    /// What the caller is to it.
    #[serde(default)]
    pub user_role: Option<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "date")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "date")]
    pub updated_at: Option<DateTime<Utc>>,
    /// The subscription it belongs to.
    #[serde(default)]
    pub subscription_id: Option<String>,
    /// The policy that whoever runs it must satisfy.
    #[serde(default)]
    pub authentication_policy_id: Option<String>,
}

/// That a definition is good, and which scopes its states need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Validated {
    /// The scopes by the role that needs them.
    pub scopes: Option<Value>,
    /// What the service has to say about the definition.
    pub analysis: Option<Value>,
}

/// An API that was registered for use in flows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredApi {
    /// Its id.
    pub id: RegisteredApiId,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whose it is, by role.
    #[serde(default)]
    pub roles: Option<Value>,
    /// Where and how it is called.
    #[serde(default)]
    pub target: Option<Value>,
    /// When it was registered.
    #[serde(default, deserialize_with = "date")]
    pub created_timestamp: Option<DateTime<Utc>>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "date")]
    pub updated_timestamp: Option<DateTime<Utc>>,
}
