//! What the macros expand to. Not part of the public interface.

use std::fmt;

pub use reqwest;
pub use serde;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};
pub use serde_json;

use crate::error::{Error, Result};

/// Checks an id that a person typed.
pub fn check_id(name: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::config(format!("{name} is empty")));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::config(format!(
            "{name} has control characters: {}",
            text.escape_debug()
        )));
    }
    Ok(())
}

/// A UUID in its hyphenated form, in lower case; blanks around it are dropped. Version and variant bits are not looked
/// at: services hand out ids that have neither.
pub fn check_uuid(name: &str, text: &str) -> Result<String> {
    let trimmed = text.trim();
    let groups: Vec<&str> = trimmed.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    let is_uuid = groups.len() == lengths.len()
        && groups
            .iter()
            .zip(lengths)
            .all(|(group, length)| group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit()));
    if is_uuid {
        return Ok(trimmed.to_ascii_lowercase());
    }
    let text = text.escape_debug();
    Err(Error::config(format!(
        "`{text}` is not a {name}: a UUID such as 01234567-89ab-cdef-0123-456789abcdef is expected"
    )))
}

/// Any JSON value as text: strings as they are, other scalars as JSON writes them.
pub fn any_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Text { scalars_only: false })
}

/// A JSON string or integer as text.
pub fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Text { scalars_only: true })
}

struct Text {
    scalars_only: bool,
}

impl Text {
    fn lenient<E: de::Error>(&self, text: impl Serialize + fmt::Display) -> Result<String, E> {
        if self.scalars_only {
            return Err(E::custom(format_args!("expected text or an integer, not {text}")));
        }
        Ok(text.to_string())
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<String, E> {
        self.lenient(number)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<String, E> {
        self.lenient(truth)
    }

    fn visit_unit<E: de::Error>(self) -> Result<String, E> {
        self.lenient("null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.lenient("[…]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<String, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.lenient("{…}")
    }
}
