//! Questions that runs ask somebody.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::date;
use crate::WebInputId;

rest_core::open_enum! {
    /// Whether a question can be answered.
    pub enum WebInputState {
        /// It can.
        Open = "open",
        /// It was answered or given up.
        Closed = "closed",
    }
}

/// A flow or run, as a question names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Named {
    /// Its id.
    pub id: Option<String>,
    /// The title of a flow.
    pub title: Option<String>,
    /// The label of a run.
    pub label: Option<String>,
}

/// One of the answers to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct WebInputOption {
    /// What to answer with.
    pub option_id: Option<String>,
    /// Its name.
    pub label: Option<String>,
    /// What it means.
    pub description: Option<String>,
}

/// A question that a run asks somebody. In lists it has less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebInput {
    /// Its id.
    pub id: WebInputId,
    /// Whether it can be answered.
    #[serde(default)]
    pub status: Option<WebInputState>,
    /// What the caller is to it.
    #[serde(default)]
    pub user_roles: Vec<String>,
    /// `selection` and others.
    #[serde(default)]
    pub input_type: Option<String>,
    /// The JSON schema of the answer.
    #[serde(default)]
    pub input_schema: Option<Value>,
    /// Its title, in lists.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub context: Option<Value>,
    /// The answers to choose from.
    #[serde(default)]
    pub options: Vec<WebInputOption>,
    /// The flow.
    #[serde(default)]
    pub flow: Option<Named>,
    /// The run.
    #[serde(default)]
    pub run: Option<Named>,
    /// The answer that was given.
    #[serde(default)]
    pub response: Option<Value>,
    /// When it was asked.
    #[serde(default, deserialize_with = "date")]
    pub created_timestamp: Option<DateTime<Utc>>,
    /// When it was answered or given up.
    #[serde(default, deserialize_with = "date")]
    pub closed_timestamp: Option<DateTime<Utc>>,
}

/// That an answer was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Answered {
    /// `ok`.
    pub status: Option<String>,
}
