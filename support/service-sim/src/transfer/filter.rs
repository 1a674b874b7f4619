//! The filter language: `key:value,value/key:value`. Clauses are joined by AND, values by OR.

use chrono::{DateTime, Utc};

use super::refusal::Refusal;
use super::times;
use crate::operations::glob;

/// A filter, clause by clause.
#[derive(Debug)]
pub(crate) struct Filter<'a> {
    clauses: Vec<(&'a str, &'a str)>,
}

impl<'a> Filter<'a> {
    /// Splits a filter; `known` are the keys that may occur.
    pub(crate) fn parse(text: &'a str, known: &[&str]) -> Result<Self, Refusal> {
        let clause = |part: &'a str| match part.split_once(':') {
            Some((key, value)) if known.contains(&key) => Ok((key, value)),
            Some((key, _)) => Err(Refusal::bad_request(format!("filter: unknown field '{key}'"))),
            None => Err(Refusal::bad_request(format!(
                "filter: '{part}' is not 'field:value'"
            ))),
        };
        let parts = text.split('/').filter(|part| !part.is_empty());
        Ok(Self {
            clauses: parts.map(clause).collect::<Result<_, _>>()?,
        })
    }

    /// Whether every clause holds; `holds` judges one.
    pub(crate) fn matches(&self, holds: impl Fn(&str, &str) -> bool) -> bool {
        self.clauses.iter().all(|(key, value)| holds(key, value))
    }
}

/// One of the comma-separated values is the text.
pub(crate) fn is_one_of(values: &str, text: &str) -> bool {
    values.split(',').any(|value| value == text)
}

/// Text against values with operators: `x` or `=x` equals, `!x` or `!=x` does not, `~x` and `!~x` with a glob.
/// `exact_case` is false for task labels.
pub(crate) fn text(values: &str, text: &str, exact_case: bool) -> bool {
    let fold = |s: &str| {
        if exact_case {
            s.to_owned()
        } else {
            s.to_lowercase()
        }
    };
    let text = fold(text);
    let (mut wanted, mut found) = (false, false);
    for value in values.split(',') {
        let value = fold(value);
        if let Some(pattern) = value.strip_prefix("!~") {
            if glob(pattern, &text) {
                return false;
            }
        } else if let Some(other) = value.strip_prefix("!=").or_else(|| value.strip_prefix('!')) {
            if other == text {
                return false;
            }
        } else {
            wanted = true;
            found |= match value.strip_prefix('~') {
                Some(pattern) => glob(pattern, &text),
                None => value.strip_prefix('=').unwrap_or(&value) == text,
            };
        }
    }
    found || !wanted
}

/// A number against values with operators: `>5`, `>=5`, `<5`, `<=5`, `5`.
pub(crate) fn number(values: &str, number: u64) -> bool {
    let compare =
        |text: &str, holds: fn(u64, u64) -> bool| text.parse().is_ok_and(|limit| holds(number, limit));
    values.split(',').any(|value| {
        if let Some(limit) = value.strip_prefix(">=") {
            compare(limit, |n, limit| n >= limit)
        } else if let Some(limit) = value.strip_prefix("<=") {
            compare(limit, |n, limit| n <= limit)
        } else if let Some(limit) = value.strip_prefix('>') {
            compare(limit, |n, limit| n > limit)
        } else if let Some(limit) = value.strip_prefix('<') {
            compare(limit, |n, limit| n < limit)
        } else {
            compare(value.strip_prefix('=').unwrap_or(value), |n, limit| n == limit)
        }
    })
}

/// A time against `after,before`, either of which may be blank.
pub(crate) fn time(range: &str, at: Option<DateTime<Utc>>) -> bool {
    let Some(at) = at else { return false };
    let (after, before) = range.split_once(',').unwrap_or((range, ""));
    let bound = |text: &str| if text.is_empty() { None } else { times::parse(text) };
    bound(after).is_none_or(|after| at >= after) && bound(before).is_none_or(|before| at < before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (values, name, holds) in [
            ("a,b", "b", true),
            ("~*.h5", "x.h5", true),
            ("~*.h5", "X.H5", false),
            ("!~*.h5", "x.h5", false),
            ("!a,!b", "c", true),
            ("!a,!b", "b", false),
            ("=a", "a", true),
            ("!=a", "a", false),
        ] {
            assert_eq!(text(values, name, true), holds, "{values} {name}");
        }
        assert!(text("~SCAN*", "scan 1", false));
        assert!(number(">5", 6) && !number(">5", 5) && number("<=5", 5) && number("3,5", 5));
        let noon = times::parse("2024-01-01 12:00:00");
        assert!(time("2024-01-01,", noon) && time(",2024-01-02", noon) && !time("2024-01-02,", noon));
    }
}
