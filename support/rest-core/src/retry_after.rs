//! The `Retry-After` header.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

/// Reads a `Retry-After` value: seconds (a fraction is accepted) or an HTTP date, which `now` turns into a wait.
/// A date in the past is no wait; anything else is `None`.
pub fn parse_retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit in 64 bits still mean "not before long".
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(SystemTime::from(now)).unwrap_or_default())
}
