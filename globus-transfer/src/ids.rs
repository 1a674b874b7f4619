//! Identifiers, each a type of its own so that they cannot be mistaken for one another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Error, Result};

rest_core::newtype_id! {
    /// The id of a transfer or delete task.
    pub struct TaskId;
}

rest_core::newtype_id! {
    /// The id under which one submission is accepted at most once, given out by the service.
    ///
    /// It is never the same as the id of the task it leads to.
    pub struct SubmissionId;
}

/// The id of a collection (or endpoint): a UUID in its hyphenated form, kept in lower case.
///
/// Configurations hold placeholders such as `TBD` where a collection does not exist yet; parsing refuses
/// them, so nothing that is not a UUID ever reaches a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EndpointId(String);

impl EndpointId {
    /// Reads a UUID in its hyphenated form, in either case; blanks around it are dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the text is anything else; the message quotes it.
    pub fn parse(text: &str) -> Result<Self> {
        let trimmed = text.trim();
        if is_uuid(trimmed) {
            Ok(Self(trimmed.to_ascii_lowercase()))
        } else {
            Err(Error::config(format!(
                "`{text}` is not a collection id: a UUID such as 01234567-89ab-cdef-0123-456789abcdef is expected"
            )))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits. Version and variant bits are not looked at: the service
/// hands out ids that have neither.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    groups.len() == lengths.len()
        && groups
            .iter()
            .zip(lengths)
            .all(|(group, length)| group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl FromStr for EndpointId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for EndpointId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for EndpointId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn either_case_and_outer_blanks_are_read() {
        let id = EndpointId::parse(" AF7BDA53-6D04-11E5-BA46-22000B92C6EC\n").unwrap();
        assert_eq!(id.as_str(), "af7bda53-6d04-11e5-ba46-22000b92c6ec");
        assert_eq!(id.to_string(), id.as_ref());
    }

    #[test]
    fn placeholders_are_refused_with_the_text_named() {
        for text in [
            "",
            "TBD",
            "af7bda53",
            "af7bda53-6d04-11e5-ba46-22000b92c6eg",
            "af7bda53-6d04-11e5-ba46-22000b92c6ec/x",
        ] {
            let error = EndpointId::parse(text).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Config);
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_uuid_is_read_and_nothing_panics(text in "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", other in ".*") {
            prop_assert!(EndpointId::parse(&text).is_ok());
            let _ = EndpointId::parse(&other);
        }
    }
}
