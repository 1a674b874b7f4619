//! A YAML document as a tree that knows where each value stands.
//!
//! The file holds more than we read (images, Prefect, SciCat and whatever a beamline adds), and all mistakes in it
//! should be named at once with their place, so it is read into a tree first and not straight into structs.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::setting::expand;
use super::{ConfigError, Environment, Place};

/// A value and its place.
#[derive(Debug)]
pub(super) struct Node(Spanned<Kind>);

/// What a value is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A quoted or plain text.
    Text(String),
    /// What YAML takes for a number, a truth value or null.
    Other(Value),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the file's order; keys are unique.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads one document; a duplicate key is an error.
    pub(super) fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let mut options = serde_saphyr::Options::default();
        // Snippets would show neighbouring lines, and a neighbour may be a secret.
        options.with_snippet = false;
        // An id such as 0123 is not the number 123.
        options.leading_zero_numbers_as_strings = true;
        options.underscored_numbers_as_strings = true;
        serde_saphyr::from_str_with_options(text, options).map_err(|error| yaml_error(&error, file))
    }

    /// What the value is.
    pub(super) fn kind(&self) -> &Kind {
        &self.0.value
    }

    /// Takes the value out.
    pub(super) fn into_kind(self) -> Kind {
        self.0.value
    }

    /// Nothing was written after the key, or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.kind(), Kind::Other(Value::Null))
    }

    /// Where the value stands in `file`.
    pub(super) fn place(&self, file: &str) -> Place {
        place(self.0.referenced, file)
    }

    /// A scalar as it was written, also where YAML would take it for a number or a truth value (an id such as `012`
    /// or `1e5` keeps every character); `None` for a list, a mapping and null.
    pub(super) fn scalar<'a>(&'a self, source: &'a str) -> Option<&'a str> {
        match self.kind() {
            Kind::Text(text) => Some(text),
            Kind::Other(Value::Null) | Kind::List(_) | Kind::Map(_) => None,
            Kind::Other(_) => {
                let span = self.0.defined.span();
                let start = usize::try_from(span.byte_offset()?).ok()?;
                let end = start.checked_add(usize::try_from(span.byte_len()?).ok()?)?;
                source.get(start..end).map(str::trim)
            }
        }
    }

    /// The value as JSON, its texts expanded (an unset variable stays as text).
    pub(super) fn to_json(&self, env: &Environment) -> Value {
        match self.kind() {
            Kind::Text(text) => Value::String(expand(text, env).0),
            Kind::Other(value) => value.clone(),
            Kind::List(items) => items.iter().map(|item| item.to_json(env)).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, node)| (key.clone(), node.to_json(env)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

fn place(location: Location, file: &str) -> Place {
    Place {
        file: file.to_owned(),
        line: location.line(),
        column: location.column(),
    }
}

fn yaml_error(error: &serde_saphyr::Error, file: &str) -> ConfigError {
    let error = error.without_snippet();
    let place = place(error.location().unwrap_or(Location::UNKNOWN), file);
    if let serde_saphyr::Error::DuplicateMappingKey { key, .. } = error {
        let key = key.clone().unwrap_or_else(|| "?".to_owned());
        return ConfigError::DuplicateKey { place, key };
    }
    ConfigError::Yaml {
        place,
        message: error.to_string(),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Other(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Other(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Other(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        // JSON has no infinity: such a word stays a text.
        Ok(match serde_json::Number::from_f64(value) {
            Some(number) => Kind::Other(number.into()),
            None => Kind::Text(value.to_string()),
        })
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Other(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Other(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Kind::Map(entries))
    }
}
