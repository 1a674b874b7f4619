//! How a list is told which rows are wanted.

use std::fmt;

use chrono::{DateTime, Utc};
use rest_core::RequestParts;
use serde_json::{Map, Value, json};

use super::find::{FullQuery, Limits, Place};
use crate::{ApiVersion, Filter};

/// What a list is asked for.
pub trait Matching: Clone + Default + fmt::Debug + Send + Sync + 'static + sealed::Ask {}

impl<M: Clone + Default + fmt::Debug + Send + Sync + 'static + sealed::Ask> Matching for M {}

pub(crate) mod sealed {
    use super::{Limits, Place, RequestParts};

    pub trait Ask {
        /// Adds the query; an error says what cannot be sent.
        #[doc(hidden)]
        #[expect(private_interfaces, reason = "sealed")]
        fn ask(&self, parts: RequestParts, place: &Place, limits: &Limits) -> Result<RequestParts, String>;
    }
}

/// The conditions of a [`Find`](super::Find).
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    pub(crate) filter: Filter,
    pub(crate) fields: Vec<String>,
    pub(crate) include: Vec<String>,
}

impl Conditions {
    /// The document, without limits if there are none.
    pub(crate) fn to_json(&self, version: ApiVersion, limits: Option<&Limits>) -> Value {
        let mut filter = json!({ "where": self.filter.to_json(version) });
        if let Some(limits) = limits {
            filter["limits"] = limits.to_json(version);
        }
        if !self.fields.is_empty() {
            filter["fields"] = json!(self.fields);
        }
        if !self.include.is_empty() {
            filter["include"] = includes(&self.include, version);
        }
        filter
    }
}

/// What comes along, in the words of a version.
pub(crate) fn includes(relations: &[String], version: ApiVersion) -> Value {
    match version {
        ApiVersion::V3 => relations.iter().map(|name| json!({ "relation": name })).collect(),
        ApiVersion::V4 => json!(relations),
    }
}

impl sealed::Ask for Conditions {
    #[expect(private_interfaces, reason = "sealed")]
    fn ask(&self, parts: RequestParts, place: &Place, limits: &Limits) -> Result<RequestParts, String> {
        let filter = self.to_json(place.version, Some(limits));
        Ok(parts.query(place.key, filter.to_string()))
    }
}

/// The fields of a [`FullQuery`].
#[derive(Clone, Debug, Default)]
pub struct Query {
    fields: Map<String, Value>,
    problem: Option<String>,
}

impl sealed::Ask for Query {
    #[expect(private_interfaces, reason = "sealed")]
    fn ask(&self, parts: RequestParts, _: &Place, limits: &Limits) -> Result<RequestParts, String> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let fields = Value::Object(self.fields.clone()).to_string();
        let limits = limits.to_json(ApiVersion::V3).to_string();
        Ok(parts.query("fields", fields).query("limits", limits))
    }
}

impl<T> FullQuery<T> {
    /// Only rows that have these words somewhere in their texts, as the backend's text index finds them.
    pub fn text(mut self, words: impl Into<String>) -> Self {
        self.matching.fields.insert("text".into(), json!(words.into()));
        self
    }

    /// Only rows whose field has one of these values. A single value goes as a list too: to a bare one the backend
    /// answers 500.
    pub fn any_of<V: Into<Value>>(
        mut self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        self.matching.fields.insert(field.into(), Value::from(values));
        self
    }

    /// Only rows whose time lies from `begin` to `end`.
    pub fn between(mut self, field: impl Into<String>, begin: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        let range = json!({ "begin": crate::model::iso(begin), "end": crate::model::iso(end) });
        if begin > end {
            self.matching.problem = Some(format!("{range} ends before it begins"));
        }
        self.matching.fields.insert(field.into(), range);
        self
    }

    /// Any other field of the query in the backend's own words, such as `scientific` with its list of conditions.
    pub fn raw(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.matching.fields.insert(field.into(), value.into());
        self
    }
}
