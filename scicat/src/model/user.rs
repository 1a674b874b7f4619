//! Accounts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::UserId;

/// An account as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The identifier.
    #[serde(default)]
    pub id: Option<UserId>,
    /// The identifier, as some routes call it.
    #[serde(rename = "_id", default)]
    pub internal_id: Option<UserId>,
    /// The name to log in with.
    #[serde(default)]
    pub username: Option<String>,
    /// The email address.
    #[serde(default)]
    pub email: Option<String>,
    /// Its groups.
    #[serde(default)]
    pub current_groups: Option<Vec<String>>,
    /// How it logs in.
    #[serde(default)]
    pub auth_strategy: Option<String>,
}

/// Who an account is at the place where it logs in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserIdentity {
    /// The account.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// The identifier at that place.
    #[serde(default)]
    pub external_id: Option<String>,
    /// That place.
    #[serde(default)]
    pub provider: Option<String>,
    /// How it logs in.
    #[serde(default)]
    pub auth_strategy: Option<String>,
    /// What that place says of it.
    #[serde(default)]
    pub profile: Option<Map<String, Value>>,
}

/// What an account has set in the catalogue's web pages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserSettings {
    /// The account.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// Datasets a page.
    #[serde(default)]
    pub dataset_count: Option<u64>,
    /// Jobs a page.
    #[serde(default)]
    pub job_count: Option<u64>,
    /// What the web pages keep.
    #[serde(default)]
    pub external_settings: Option<Map<String, Value>>,
}
