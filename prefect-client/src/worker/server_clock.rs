//! The server's time of day, learnt from its answers: what is due is due by its clock, not by ours.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;

/// A difference up to this is the header's own coarseness and the way here.
const TOLERATED: TimeDelta = TimeDelta::seconds(3);

/// How far the server's clock is ahead of ours, in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct ServerClock(AtomicI64);

impl ServerClock {
    /// The server's time of day.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead()
    }

    /// How far the server's clock is ahead of ours.
    pub(crate) fn ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.load(Ordering::Relaxed))
    }

    /// Learns from the `Date` of an answer that has just come to what was asked at `asked`; says so when the clocks turn
    /// out to differ. A server that is slow to answer is not behind: any time in between will do.
    pub(crate) fn learn(&self, headers: &HeaderMap, asked: DateTime<Utc>, here: DateTime<Utc>) {
        let date = headers
            .get(http::header::DATE)
            .and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
            return;
        };
        let date = date.to_utc();
        let ahead = if date > here + TOLERATED {
            date - here
        } else if date < asked - TOLERATED {
            date - asked
        } else {
            TimeDelta::zero()
        };
        let before = self.0.swap(ahead.num_milliseconds(), Ordering::Relaxed);
        if (ahead.num_milliseconds() - before).abs() > TOLERATED.num_milliseconds() {
            tracing::warn!(
                ahead_s = ahead.num_seconds(),
                "the server's clock differs from this machine's; the server's counts"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_server_s_date_counts_where_it_differs() {
        let clock = ServerClock::default();
        let here = DateTime::parse_from_rfc3339("2026-03-01T12:00:00Z")
            .unwrap()
            .to_utc();
        let mut headers = HeaderMap::new();
        for (date, ahead) in [
            ("Sun, 01 Mar 2026 12:00:01 GMT", 0),
            ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
            ("nonsense", 300),
            ("Sun, 01 Mar 2026 11:59:58 GMT", 0),
            ("Sun, 01 Mar 2026 11:55:00 GMT", -300),
        ] {
            headers.insert(http::header::DATE, HeaderValue::from_static(date));
            clock.learn(&headers, here, here);
            assert_eq!(clock.ahead().num_seconds(), ahead, "{date}");
        }
        clock.learn(&headers, here - TimeDelta::minutes(6), here);
        assert_eq!(clock.ahead().num_seconds(), 0, "the answer took that long");
    }
}
