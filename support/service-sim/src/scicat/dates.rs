//! Times as the service reads and writes them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

/// ISO 8601 with milliseconds.
pub(super) fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads ISO 8601: a date, or a date and a time with a `T` between. Without a zone it is the server's, here UTC.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    if !text.contains('T') {
        return None;
    }
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let bare = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc());
    zoned.or_else(|_| bare()).ok()
}

/// Whether JavaScript's `Date` makes something of this text. It skips words until the first number, so that much
/// is a date that was never meant to be: "8.3.2", "ALS-11532", "2023". Times of day are not judged here.
pub(super) fn is_date_to_javascript(text: &str) -> bool {
    if parse(text).is_some() {
        return true;
    }
    let mut numbers = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        if let Some(digit) = first.to_digit(10) {
            let mut number = u64::from(digit);
            while let Some(digit) = rest.peek().and_then(|next| next.to_digit(10)) {
                number = number.saturating_mul(10).saturating_add(u64::from(digit));
                rest.next();
            }
            numbers.push(number);
        } else if first >= 'A' {
            while rest.next_if(|next| *next >= 'A').is_some() {}
            let touches_number = rest.peek().is_some_and(char::is_ascii_digit);
            if touches_number || !numbers.is_empty() {
                return false;
            }
        }
    }
    is_calendar_date(&numbers)
}

/// Missing parts are 1. A first number that cannot be a day is the year, otherwise it is the month.
fn is_calendar_date(numbers: &[u64]) -> bool {
    let part = |index: usize| numbers.get(index).copied().unwrap_or(1);
    let is_day = |number: u64| (1..=31).contains(&number);
    let is_month = |number: u64| (1..=12).contains(&number);
    match numbers.len() {
        1..=3 if is_day(part(0)) => is_month(part(0)) && is_day(part(1)),
        1..=3 => part(0) <= 275_760 && is_month(part(1)) && is_day(part(2)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_need_their_t() {
        for (given, expected) in [
            ("2023-11-14T22:13:20Z", Some("2023-11-14T22:13:20.000Z")),
            (
                "2023-11-14T22:13:20.123456+01:00",
                Some("2023-11-14T21:13:20.123Z"),
            ),
            ("2023-11-14T22:13:20", Some("2023-11-14T22:13:20.000Z")),
            ("2023-11-14", Some("2023-11-14T00:00:00.000Z")),
            ("2023-11-14 22:13:20", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse(given).map(text).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn what_javascript_takes_for_a_date() {
        for text in [
            "8.3.2",
            "ALS-11532",
            "2023",
            "Beamline 8.3.2",
            "2023-11-14T22:13:20Z",
            "/data/raw/2024",
        ] {
            assert!(is_date_to_javascript(text), "{text}");
        }
        for text in [
            "",
            "raw",
            "/data/raw",
            "data832",
            "20231013_065251_MSB",
            "scan 1 of",
            "13/data",
        ] {
            assert!(!is_date_to_javascript(text), "{text}");
        }
    }
}
