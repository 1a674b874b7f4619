//! A YAML document as a tree whose every node knows where it stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};

/// How deep mappings and lists may nest. The reader's own limit of 64 is too deep for the stack of a thread in a debug
/// build; no settings come near it.
const DEEPEST: usize = 24;

/// Line and column, from 1.
pub(crate) type Position = (u64, u64);

/// A value and where it stands (where it is used, if it is an alias).
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// A scalar: as YAML means it, and as it was written (`012`, `1e5`, `on`).
    Scalar { value: Value, written: String },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; a key may stand twice.
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping.
pub(crate) struct Key {
    pub(crate) position: Position,
    pub(crate) name: String,
}

impl Node {
    /// Whether there is no value (`key:`, `key: ~`).
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { value, .. } if value.is_null())
    }
}

/// Reads one document; an empty text is a null.
///
/// # Errors
/// The text is not YAML, with its place and what the YAML reader says. A key that stands twice is none.
pub(crate) fn read(text: &str) -> Result<Node, (Position, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut options = serde_saphyr::Options::default();
    // A snippet shows the neighbouring lines, and a neighbour may be a secret.
    options.with_snippet = false;
    options.leading_zero_numbers_as_strings = true;
    options.underscored_numbers_as_strings = true;
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    options.non_finite_float_policy = NonFiniteFloatPolicy::AsString;
    options.budget = serde_saphyr::budget! { max_depth: DEEPEST };
    match serde_saphyr::from_str_with_options::<Spanned<Parsed>>(text, options) {
        Ok(parsed) => Ok(located(parsed, text)),
        Err(error) => {
            let location = error.location().unwrap_or(Location::UNKNOWN);
            let position = (location.line(), location.column());
            let told = format!(" at line {}, column {}", position.0, position.1);
            Err((position, error.to_string().replace(&told, "")))
        }
    }
}

/// What the YAML reader hands over.
enum Parsed {
    Scalar(Value),
    List(Vec<Spanned<Parsed>>),
    Mapping(Vec<(Spanned<String>, Spanned<Parsed>)>),
}

fn located(parsed: Spanned<Parsed>, text: &str) -> Node {
    let written = source(text, parsed.defined);
    let kind = match parsed.value {
        Parsed::Scalar(Value::String(value)) => Kind::Scalar {
            written: value.clone(),
            value: Value::String(value),
        },
        Parsed::Scalar(value) => {
            let written = written.map_or_else(|| value.to_string(), |text| text.trim().to_owned());
            Kind::Scalar { value, written }
        }
        Parsed::List(items) => Kind::List(items.into_iter().map(|item| located(item, text)).collect()),
        Parsed::Mapping(entries) => {
            let entry = |(key, value): (Spanned<String>, _)| {
                let position = position(key.referenced);
                let name = key.value;
                (Key { position, name }, located(value, text))
            };
            Kind::Mapping(entries.into_iter().map(entry).collect())
        }
    };
    Node {
        position: position(parsed.referenced),
        kind,
    }
}

fn position(location: Location) -> Position {
    (location.line(), location.column())
}

/// The characters of the file at a place.
fn source(text: &str, location: Location) -> Option<&str> {
    let span = location.span();
    let begin = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    text.get(begin..begin.checked_add(length)?)
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.to_string().into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Parsed, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Parsed::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Parsed, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Parsed::Mapping(entries))
    }
}
