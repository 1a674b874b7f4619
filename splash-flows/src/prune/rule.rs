//! Which copy proves which: a table in code, so that no parameter can name a weaker witness.

/// A copy that may be deleted once another one proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneRule {
    /// The key of the endpoint whose copy goes.
    pub source: &'static str,
    /// The key of the endpoint whose copy must stand.
    pub check: &'static str,
}

const fn by(source: &'static str, check: &'static str) -> PruneRule {
    PruneRule { source, check }
}

/// The rules of beamline 8.3.2.
pub const RULES_832: &[PruneRule] = &[
    by("spot832", "data832"),
    by("data832", "nersc832"),
    by("alcf832_raw", "data832_raw"),
    by("alcf832_scratch", "data832_scratch"),
    by("data832_scratch", "nersc832_alsdev_scratch"),
    by("nersc832_alsdev_pscratch_raw", "nersc832_alsdev_raw"),
    by("nersc832_alsdev_pscratch_scratch", "nersc832_alsdev_scratch"),
];

/// The endpoints on which only data lies that can be made again from other data. On any other endpoint, also one that
/// nobody here has heard of, the last copy never goes.
const DERIVED: [&str; 4] = [
    "data832_scratch",
    "alcf832_scratch",
    "nersc832_alsdev_scratch",
    "nersc832_alsdev_pscratch_scratch",
];

/// The endpoints that hold nothing but raw data: what lies at their place under another key is raw too.
pub(super) const RAW_ONLY: [&str; 4] = [
    "data832_raw",
    "alcf832_raw",
    "nersc832_alsdev_raw",
    "nersc832_alsdev_pscratch_raw",
];

/// Whether raw data may lie on an endpoint, so that its last copy is never deleted.
pub fn holds_raw(endpoint: &str) -> bool {
    !DERIVED.contains(&endpoint)
}

/// The rule that lets `check` prove `source`, if there is one.
pub fn rule(source: &str, check: &str) -> Option<PruneRule> {
    RULES_832
        .iter()
        .copied()
        .find(|rule| rule.source == source && rule.check == check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_s_pairs_prove_and_only_in_their_direction() {
        assert!(rule("spot832", "data832").is_some());
        assert!(rule("data832", "nersc832").is_some());
        assert!(
            rule("data832", "spot832").is_none(),
            "the source of a copy would prove it for ever"
        );
        assert!(rule("spot832", "spot832").is_none());
        for one in RULES_832 {
            assert!(
                rule(one.check, one.source).is_none(),
                "two copies would prove each other away"
            );
        }
    }

    #[test]
    fn raw_data_is_where_the_table_does_not_say_otherwise() {
        for raw in [
            "spot832",
            "data832",
            "data832_raw",
            "nersc832",
            "nersc832_alsdev_raw",
            "anything",
        ] {
            assert!(holds_raw(raw), "{raw}");
        }
        assert!(
            DERIVED
                .iter()
                .all(|key| !holds_raw(key) && !RAW_ONLY.contains(key))
        );
    }
}
