//! Times as Slurm writes them.

use std::time::Duration;

use crate::{Error, Result};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

/// The longest time of the qualities of service that NERSC documents (docs.nersc.gov, "Queues and charges").
/// `realtime` is agreed with each project, and so are others that are not listed.
const LONGEST: [(&str, u64); 9] = [
    ("regular", 48 * HOUR),
    ("premium", 48 * HOUR),
    ("preempt", 48 * HOUR),
    ("overrun", 48 * HOUR),
    ("shared", 48 * HOUR),
    ("debug", 30 * MINUTE),
    ("interactive", 4 * HOUR),
    ("shared_interactive", 4 * HOUR),
    ("jupyter", 6 * HOUR),
];

/// The longest time that a quality of service allows, if it is documented.
pub fn longest_time(qos: &str) -> Option<Duration> {
    let found = LONGEST.iter().find(|(name, _)| *name == qos)?;
    Some(Duration::from_secs(found.1))
}

/// Whether a job of this quality of service may ask for this time.
///
/// # Errors
/// No time, which would be no limit, or more than the [`longest_time`]. Nothing is sent.
pub fn check_time(qos: &str, time: Duration) -> Result<()> {
    check_within(qos, longest_time(qos), time)
}

pub(super) fn check_within(qos: &str, longest: Option<Duration>, time: Duration) -> Result<()> {
    if time.is_zero() {
        return Err(Error::config(
            "a job's time of 0 would mean no limit: give it some time",
        ));
    }
    match longest {
        Some(longest) if time > longest => Err(Error::config(format!(
            "a job's time of {} is more than the {} that qos {qos:?} allows",
            format_time(time),
            format_time(longest)
        ))),
        _ => Ok(()),
    }
}

/// `0:15:00`, `30:00:00`: hours, minutes, seconds; a fraction of a second counts as one.
pub fn format_time(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    format!(
        "{}:{:02}:{:02}",
        seconds / HOUR,
        seconds % HOUR / MINUTE,
        seconds % MINUTE
    )
}

/// Reads `MM`, `MM:SS`, `HH:MM:SS`, `D-HH`, `D-HH:MM` and `D-HH:MM:SS`, with or without fractions of a second. `None`
/// for `UNLIMITED`, `Partition_Limit` and whatever else is no time.
pub fn parse_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let text = text.split_once('.').map_or(text, |(whole, _)| whole);
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u64>().ok()?), rest),
        None => (None, text),
    };
    let parts: Vec<u64> = rest
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let seconds = match (days, parts.as_slice()) {
        (None, [minutes]) => minutes.checked_mul(MINUTE)?,
        (None, [minutes, seconds]) => minutes.checked_mul(MINUTE)?.checked_add(*seconds)?,
        (Some(_), [hours]) => hours.checked_mul(HOUR)?,
        (Some(_), [hours, minutes]) => hours
            .checked_mul(HOUR)?
            .checked_add(minutes.checked_mul(MINUTE)?)?,
        (_, [hours, minutes, seconds]) => hours
            .checked_mul(HOUR)?
            .checked_add(minutes.checked_mul(MINUTE)?)?
            .checked_add(*seconds)?,
        _ => return None,
    };
    let days = days.unwrap_or(0).checked_mul(DAY)?;
    Some(Duration::from_secs(days.checked_add(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_slurm_writes_them() {
        for (text, seconds) in [
            ("5:00", 300),
            ("5", 300),
            ("0:15:00", 900),
            ("00:00:10.123", 10),
            ("1-00", 86_400),
            ("1-00:30", 88_200),
            ("2-01:00:01", 176_401),
        ] {
            assert_eq!(parse_time(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "UNLIMITED",
            "Partition_Limit",
            "",
            "1:2:3:4",
            "-5",
            "99999999999999999999",
            "18446744073709551615",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_and_read_back() {
        for seconds in [1, 59, 60, 900, 3599, 3600, 172_800, 360_001] {
            let time = Duration::from_secs(seconds);
            assert_eq!(parse_time(&format_time(time)), Some(time));
        }
        assert_eq!(format_time(Duration::from_millis(900_001)), "0:15:01");
    }
}
