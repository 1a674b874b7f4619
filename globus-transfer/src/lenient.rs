//! Reading what the service writes in more than one way: dates with a blank or a `T`, numbers as text.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer};

/// The spellings of a date that carries its offset.
const WITH_OFFSET: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z"];

/// Reads `2026-04-04T18:30:26+00:00` (tasks) and `2026-04-04 18:30:26+00:00` (listings), with or without
/// fractions, `Z` or a missing offset (then UTC).
pub(crate) fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().replacen(' ', "T", 1);
    let text = text
        .strip_suffix(['Z', 'z'])
        .map(|bare| format!("{bare}+00:00"))
        .unwrap_or(text);
    WITH_OFFSET
        .iter()
        .find_map(|format| DateTime::parse_from_str(&text, format).ok())
        .map(|date| date.with_timezone(&Utc))
        .or_else(|| {
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f")
                .ok()
                .map(|date| date.and_utc())
        })
}

/// For `#[serde(deserialize_with)]`: a date that may be null or empty.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) if text.trim().is_empty() => Ok(None),
        Some(text) => parse_date(&text)
            .map(Some)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a date"))),
    }
}

/// For `#[serde(deserialize_with)]`: a whole number that may be null, or written as text.
pub(crate) fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Unsigned(u64),
        Signed(i64),
        Text(String),
    }
    let (whole, written) = match Option::<Written>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Written::Unsigned(number)) => (Some(i128::from(number)), number.to_string()),
        Some(Written::Signed(number)) => (Some(i128::from(number)), number.to_string()),
        Some(Written::Text(text)) if text.trim().is_empty() => return Ok(None),
        Some(Written::Text(text)) => (text.trim().parse().ok(), text),
    };
    whole
        .and_then(|number| T::try_from(number).ok())
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("`{written}` is not a number that fits here")))
}

/// For `#[serde(deserialize_with)]`: text that may be null, or written as a number (markers are).
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(match Option::<Written>::deserialize(deserializer)? {
        None => None,
        Some(Written::Text(text)) if text.is_empty() => None,
        Some(Written::Text(text)) => Some(text),
        Some(Written::Number(number)) => Some(number.to_string()),
    })
}

/// For `#[serde(deserialize_with)]`: a list that may be null.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "number")]
        count: Option<u64>,
        #[serde(default, deserialize_with = "date")]
        at: Option<DateTime<Utc>>,
        #[serde(default, deserialize_with = "text")]
        marker: Option<String>,
    }

    fn row(json: &str) -> Result<Row, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn every_spelling_of_a_date_is_the_same_moment() {
        let expected = parse_date("2026-04-04T18:30:26+00:00").unwrap();
        for text in [
            "2026-04-04 18:30:26+00:00",
            "2026-04-04T18:30:26Z",
            "2026-04-04T18:30:26",
            "2026-04-04 18:30:26",
            "2026-04-04T20:30:26+0200",
            "2026-04-04 20:30:26.000000+02:00",
        ] {
            assert_eq!(parse_date(text), Some(expected), "{text}");
        }
        assert_eq!(parse_date("yesterday"), None);
    }

    #[test]
    fn nulls_blanks_and_absent_keys_are_nothing() {
        for json in [
            "{}",
            r#"{"count":null,"at":null,"marker":null}"#,
            r#"{"count":" ","at":"","marker":""}"#,
        ] {
            let row = row(json).unwrap();
            assert!(
                row.count.is_none() && row.at.is_none() && row.marker.is_none(),
                "{json}"
            );
        }
    }

    #[test]
    fn numbers_and_markers_come_as_either() {
        let text = row(r#"{"count":"18446744073709551615","marker":93979}"#).unwrap();
        assert_eq!(text.count, Some(u64::MAX));
        assert_eq!(text.marker.as_deref(), Some("93979"));
        assert_eq!(row(r#"{"count":7,"marker":"abc"}"#).unwrap().count, Some(7));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_quotes_it() {
        assert!(row(r#"{"count":-1}"#).unwrap_err().to_string().contains("`-1`"));
        assert!(
            row(r#"{"count":"many"}"#)
                .unwrap_err()
                .to_string()
                .contains("`many`")
        );
        assert!(
            row(r#"{"at":"soon"}"#)
                .unwrap_err()
                .to_string()
                .contains("`soon`")
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse_date(&text);
        }
    }
}
