//! Reading what the service leaves out or writes in more than one way.

use chrono::{DateTime, Utc};
use rest_core::SecretString;
use serde::{Deserialize, Deserializer};

/// For `#[serde(deserialize_with)]`: a list that may be null; so may its items, which are then left out.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items = Option::<Vec<Option<T>>>::deserialize(deserializer)?;
    Ok(items.into_iter().flatten().flatten().collect())
}

/// For `#[serde(deserialize_with)]`: a list for which null means something; its items may be null, and are left out.
pub(crate) fn optional_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let items = Option::<Vec<Option<T>>>::deserialize(deserializer)?;
    Ok(items.map(|items| items.into_iter().flatten().collect()))
}

/// For `#[serde(deserialize_with)]`: a value that may be null: then its default.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// For `#[serde(deserialize_with)]`: a secret that may be null.
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Into::into))
}

/// For `#[serde(deserialize_with)]`: a whole number that may be null or written as text.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Text(String),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Number(number)) => Ok(Some(number)),
        Some(Written::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Written::Text(text)) => text.trim().parse().map(Some).map_err(serde::de::Error::custom),
    }
}

/// For `#[serde(deserialize_with)]`: a time in seconds since 1970 that may be null, a number or text.
pub(crate) fn epoch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(number(deserializer)?.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
}

/// For `#[serde(deserialize_with)]`: a date that may be null or empty; blank or `T` between day and time.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty())
    else {
        return Ok(None);
    };
    let spelled = text.trim().replacen(' ', "T", 1);
    let date = DateTime::parse_from_rfc3339(&spelled).or_else(|_| {
        // A date without an offset is one in UTC.
        DateTime::parse_from_rfc3339(&format!("{spelled}Z"))
    });
    date.map(|date| Some(date.with_timezone(&Utc)))
        .map_err(serde::de::Error::custom)
}

/// For `#[serde(deserialize_with)]`: one text or a list of them.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Many(Vec<Option<String>>),
    }
    Ok(match Option::<Written>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Written::One(text)) => vec![text],
        Some(Written::Many(texts)) => texts.into_iter().flatten().collect(),
    })
}
