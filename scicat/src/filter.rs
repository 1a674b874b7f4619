//! Conditions on lists, written so that the backend takes them as they are meant.

use serde_json::{Map, Value, json};

use crate::ApiVersion;

/// Which rows of a list are wanted. All conditions must hold.
///
/// The v3 backend turns a bare text into a date or a number where JavaScript can (`"1.2.3"`, `"ALS-11532"` and
/// `"2023"` become dates) and then finds nothing, or answers 400. Texts in a list are left alone, so here they always
/// travel in one; v4 converts nothing.
///
/// ```
/// use scicat::{ApiVersion, Filter};
///
/// let filter = Filter::new().is("ownerGroup", "ALS-11532");
/// assert_eq!(filter.to_json(ApiVersion::V3).to_string(), r#"{"ownerGroup":{"inq":["ALS-11532"]}}"#);
/// assert_eq!(filter.to_json(ApiVersion::V4).to_string(), r#"{"ownerGroup":"ALS-11532"}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    OneOf(String, Vec<Value>),
    NoneOf(String, Vec<Value>),
    Contains(String, String),
    Either(Vec<Filter>),
    Raw(String, Value),
}

/// A character class that matches no character, taken or left. It puts a letter behind the digits of a text, which
/// keeps JavaScript from reading a date, and changes nothing of what the pattern finds.
const NO_DATE: &str = r"[^\w\W]?";

impl Filter {
    /// No condition: every row that the account may see.
    pub fn new() -> Self {
        Self::default()
    }

    /// The field has this value; of a list, one of its items has. Called again for the same field, any of the values.
    pub fn is(self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.any_of(field, [value])
    }

    /// The field has one of these values. None at all find nothing.
    pub fn any_of<V: Into<Value>>(
        mut self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let field = field.into();
        let values = values.into_iter().map(Into::into);
        let known = self.conditions.iter_mut().find_map(|condition| match condition {
            Condition::OneOf(name, known) if *name == field => Some(known),
            _ => None,
        });
        match known {
            Some(known) => known.extend(values),
            None => self.conditions.push(Condition::OneOf(field, values.collect())),
        }
        self
    }

    /// The field has none of these values.
    pub fn none_of<V: Into<Value>>(
        mut self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.conditions.push(Condition::NoneOf(field.into(), values));
        self
    }

    /// The field's text has this part, in upper or lower case. Nothing in it is a pattern.
    pub fn contains(mut self, field: impl Into<String>, part: impl Into<String>) -> Self {
        self.conditions
            .push(Condition::Contains(field.into(), part.into()));
        self
    }

    /// One of these filters holds.
    pub fn either(mut self, filters: impl IntoIterator<Item = Filter>) -> Self {
        self.conditions
            .push(Condition::Either(filters.into_iter().collect()));
        self
    }

    /// Any other condition in the backend's own words. The v3 backend converts texts in it.
    pub fn raw(mut self, field: impl Into<String>, condition: impl Into<Value>) -> Self {
        self.conditions
            .push(Condition::Raw(field.into(), condition.into()));
        self
    }

    /// This filter and the other one hold.
    pub fn and(mut self, other: Filter) -> Self {
        self.conditions.extend(other.conditions);
        self
    }

    /// Whether it has no condition.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// The condition as it is sent, the value of `where`.
    pub fn to_json(&self, version: ApiVersion) -> Value {
        let mut plain = Map::new();
        // What names a field that is named already, and alternatives: the backend knows `and` and `or` only as the
        // first word of an object.
        let mut further = Vec::new();
        for condition in &self.conditions {
            match condition.to_json(version) {
                (Some(field), value) if !plain.contains_key(field) => {
                    plain.insert(field.to_owned(), value);
                }
                (Some(field), value) => further.push(json!({ field: value })),
                (None, value) => further.push(value),
            }
        }
        if further.is_empty() {
            return Value::Object(plain);
        }
        if !plain.is_empty() {
            further.insert(0, Value::Object(plain));
        }
        json!({ "and": further })
    }
}

impl Condition {
    /// The field, if there is one, and what is said of it.
    fn to_json(&self, version: ApiVersion) -> (Option<&str>, Value) {
        match self {
            Self::OneOf(field, values) => match values.as_slice() {
                [value] if version == ApiVersion::V4 || !value.is_string() => (Some(field), value.clone()),
                values => (Some(field), json!({ "inq": values })),
            },
            Self::NoneOf(field, values) => (Some(field), json!({ "nin": values })),
            Self::Contains(field, part) => (Some(field), json!({ "like": pattern(part) })),
            Self::Either(filters) => {
                let filters: Vec<Value> = filters.iter().map(|filter| filter.to_json(version)).collect();
                (None, json!({ "or": filters }))
            }
            Self::Raw(field, value) => (Some(field), value.clone()),
        }
    }
}

/// A regular expression that finds `part` and is neither date nor number to JavaScript.
fn pattern(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + NO_DATE.len());
    for c in part.chars() {
        if r"\.+*?()|[]{}^$/-".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push_str(NO_DATE);
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_v3_stands_in_a_list() {
        let filter = Filter::new()
            .is("datasetName", "2023")
            .is("datasetName", "1.2.3")
            .is("isPublished", true)
            .none_of("type", ["derived"]);
        assert_eq!(
            filter.to_json(ApiVersion::V3),
            json!({
                "datasetName": {"inq": ["2023", "1.2.3"]}, "isPublished": true, "type": {"nin": ["derived"]},
            })
        );
        assert_eq!(Filter::new().to_json(ApiVersion::V3), json!({}));
        let none = Filter::new().any_of("pid", Vec::<String>::new());
        assert_eq!(none.to_json(ApiVersion::V4), json!({"pid": {"inq": []}}));
    }

    #[test]
    fn alternatives_come_first_in_their_objects() {
        let either = Filter::new()
            .is("type", "raw")
            .contains("datasetName", "a.b")
            .contains("datasetName", "c")
            .either([Filter::new().is("owner", "A"), Filter::new().is("owner", "B")]);
        let sent = either.to_json(ApiVersion::V3).to_string();
        assert_eq!(
            sent,
            r#"{"and":[{"datasetName":{"like":"a\\.b[^\\w\\W]?"},"type":{"inq":["raw"]}},{"datasetName":{"like":"c[^\\w\\W]?"}},{"or":[{"owner":{"inq":["A"]}},{"owner":{"inq":["B"]}}]}]}"#
        );
    }
}
