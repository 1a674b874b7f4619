//! How long something runs, in the ways that callers of jobs write it.

use std::time::Duration;

use serde_json::Value;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

/// Reads seconds, ISO 8601 (`PT1H30M`) or `h:mm:ss`. Nothing for anything else, and for less than a second.
pub fn walltime(value: &Value) -> Option<Duration> {
    let time = match value {
        Value::Number(seconds) => Duration::try_from_secs_f64(seconds.as_f64()?).ok()?,
        Value::String(text) => iso(text).or_else(|| clock(text)).or_else(|| {
            let seconds: f64 = text.trim().parse().ok()?;
            Duration::try_from_secs_f64(seconds).ok()
        })?,
        _ => return None,
    };
    (time >= Duration::from_secs(1)).then_some(time)
}

/// Hours, minutes and seconds; Slurm's whole minutes are made of it by [`whole_minutes`].
fn clock(text: &str) -> Option<Duration> {
    let parts: Vec<u64> = text
        .trim()
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts[..] else {
        return None;
    };
    let seconds = (minutes < 60 && seconds < 60)
        .then(|| hours.checked_mul(HOUR)?.checked_add(minutes * MINUTE + seconds))
        .flatten()?;
    Some(Duration::from_secs(seconds))
}

/// `P1DT2H3M4.5S`: days and what is below them; years and months have no fixed length.
fn iso(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds, mut in_time, mut any) = (text.trim().strip_prefix('P')?, 0.0, false, false);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            if in_time {
                return None;
            }
            (rest, in_time) = (time, true);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(end);
        let mut letters = unit.chars();
        let unit = match (letters.next()?, in_time) {
            ('W', false) => 7 * DAY,
            ('D', false) => DAY,
            ('H', true) => HOUR,
            ('M', true) => MINUTE,
            ('S', true) => 1,
            _ => return None,
        };
        #[expect(clippy::cast_precision_loss, reason = "at most a week's seconds")]
        let unit = unit as f64;
        seconds += number.parse::<f64>().ok()? * unit;
        (rest, any) = (letters.as_str(), true);
    }
    any.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

/// Rounded up to whole minutes, as the script writes it.
pub fn whole_minutes(time: Duration) -> Duration {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(seconds.div_ceil(MINUTE).saturating_mul(MINUTE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_ways_to_write_a_time_are_read() {
        for (value, seconds) in [
            (json!(300), 300),
            (json!(300.0), 300),
            (json!("300"), 300),
            (json!("PT5M"), 300),
            (json!("P1DT1H0M1S"), 90_001),
            (json!("PT1.5M"), 90),
            (json!("0:05:00"), 300),
            (json!("30:00:00"), 108_000),
        ] {
            assert_eq!(walltime(&value), Some(Duration::from_secs(seconds)), "{value}");
        }
        let wrong = [
            json!(0),
            json!(-1),
            json!(null),
            json!("PT"),
            json!("P5M"),
            json!("5M"),
            json!("0:00:00"),
            json!("1:60:00"),
            json!("1:2"),
            json!("PTT5M"),
            json!("soon"),
            json!("NaN"),
            json!("inf"),
            json!(1e300),
            json!("PT9999999999999999999999H"),
        ];
        for value in wrong {
            assert_eq!(walltime(&value), None, "{value}");
        }
    }

    #[test]
    fn a_script_takes_whole_minutes() {
        for (seconds, minutes) in [(1, 1), (60, 1), (61, 2), (300, 5)] {
            assert_eq!(
                whole_minutes(Duration::from_secs(seconds)),
                Duration::from_secs(minutes * 60)
            );
        }
        assert_eq!(
            whole_minutes(Duration::from_millis(60_001)),
            Duration::from_secs(120)
        );
    }
}
