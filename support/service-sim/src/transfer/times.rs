//! Times as Globus writes and reads them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// As in task documents: `2021-09-02T18:04:47+00:00`.
pub(crate) fn task_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// As in listings: a blank instead of the `T`.
pub(crate) fn file_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S+00:00").to_string()
}

/// ISO 8601 with `T` or a blank, with or without fraction and zone (UTC then), or a date alone.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().replacen(' ', "T", 1);
    if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
        return Some(at.to_utc());
    }
    if let Ok(at) = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(at.and_utc());
    }
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let at = parse("2021-09-02T18:04:47+00:00").unwrap();
        for text in [
            "2021-09-02 18:04:47",
            "2021-09-02T18:04:47Z",
            "2021-09-02 20:04:47+02:00",
            "2021-09-02T18:04:47.0",
        ] {
            assert_eq!(parse(text), Some(at), "{text}");
        }
        assert_eq!(task_time(at), "2021-09-02T18:04:47+00:00");
        assert_eq!(file_time(at), "2021-09-02 18:04:47+00:00");
        assert_eq!(
            parse("2021-09-02").map(task_time).as_deref(),
            Some("2021-09-02T00:00:00+00:00")
        );
        assert_eq!(parse("tomorrow"), None);
    }
}
