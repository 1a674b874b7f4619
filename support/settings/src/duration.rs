//! Times as people write them.

use std::time::Duration;

/// A number with the unit ms, s, m, h or d; without one, seconds. `None` if it is none of these or not above zero.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text[number.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()?;
    (!time.is_zero()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("1h", Some(3_600_000)),
            ("90s", Some(90_000)),
            ("90", Some(90_000)),
            ("1.5", Some(1_500)),
            ("500ms", Some(500)),
            ("2d", Some(172_800_000)),
            (" 5s ", Some(5_000)),
            ("0", None),
            ("0s", None),
            ("", None),
            ("h", None),
            ("1h30m", None),
            ("-1", None),
            ("1 h", None),
            ("1x", None),
            ("1..2s", None),
            ("inf", None),
            ("NaN", None),
            ("99999999999999999999999d", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
