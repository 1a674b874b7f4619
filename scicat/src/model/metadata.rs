//! Scientific metadata without what would stop the backend.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The scientific metadata of a dataset: values by key, never with a null at the top.
///
/// The backend stores a dataset with a top-level null and then its process ends; so a null is dropped at the door
/// and kept as a [`DroppedValue`] for the caller to report. A number that is not finite becomes null in JSON and is
/// dropped in the same way. A null inside a list or an object does no harm and stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScientificMetadata {
    values: Map<String, Value>,
    dropped: Vec<DroppedValue>,
}

impl ScientificMetadata {
    /// No values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one value; a later one of the same key replaces it.
    ///
    /// Returns whether the value was taken. If not, [`Self::dropped`] says why.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> bool {
        let (key, value) = (key.into(), value.into());
        let reason = if key.is_empty() {
            DropReason::EmptyKey
        } else if value.is_null() {
            DropReason::Null
        } else {
            self.values.insert(key, value);
            return true;
        };
        self.dropped.push(DroppedValue { key, reason });
        false
    }

    /// The values that will be sent.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// What was not taken, in the order of insertion.
    pub fn dropped(&self) -> &[DroppedValue] {
        &self.dropped
    }

    /// Whether nothing will be sent.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for ScientificMetadata {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut metadata = Self::new();
        for (key, value) in entries {
            metadata.insert(key, value);
        }
        metadata
    }
}

impl From<Map<String, Value>> for ScientificMetadata {
    fn from(values: Map<String, Value>) -> Self {
        values.into_iter().collect()
    }
}

impl Serialize for ScientificMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

/// A value that [`ScientificMetadata`] did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedValue {
    /// The key it was given.
    pub key: String,
    /// Why it was dropped.
    pub reason: DropReason,
}

impl fmt::Display for DroppedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            DropReason::Null => "it is null or not a finite number",
            DropReason::EmptyKey => "its key is empty",
        };
        write!(f, "scientificMetadata {:?} was left out: {reason}", self.key)
    }
}

/// Why a value was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// Null, or a number that JSON cannot hold.
    Null,
    /// A value needs a key.
    EmptyKey,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DropReason, ScientificMetadata};

    #[test]
    fn a_top_level_null_is_dropped_and_reported() {
        let mut metadata = ScientificMetadata::new();
        assert!(metadata.insert("/a", 1));
        assert!(!metadata.insert("/b", json!(null)));
        assert!(!metadata.insert("/c", f64::NAN));
        assert!(!metadata.insert("", 1));
        assert!(metadata.insert("/d", json!({"list": [1.0, null], "x": null})));
        assert_eq!(
            serde_json::to_value(&metadata).unwrap(),
            json!({"/a": 1, "/d": {"list": [1.0, null], "x": null}})
        );
        let reasons: Vec<_> = metadata
            .dropped()
            .iter()
            .map(|d| (d.key.as_str(), d.reason))
            .collect();
        assert_eq!(
            reasons,
            [
                ("/b", DropReason::Null),
                ("/c", DropReason::Null),
                ("", DropReason::EmptyKey)
            ]
        );
        assert_eq!(
            metadata.dropped()[1].to_string(),
            "scientificMetadata \"/c\" was left out: it is null or not a finite number"
        );
    }
}
