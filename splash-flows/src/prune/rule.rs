//! Which copy proves which: a table in code, so that no parameter can name a weaker witness.

/// A copy that may be deleted once another one proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneRule {
    /// The key of the endpoint whose copy goes.
    pub source: &'static str,
    /// The key of the endpoint whose copy must stand.
    pub check: &'static str,
}

/// The rules of beamline 8.3.2.
pub const RULES_832: &[PruneRule] = &[
    PruneRule {
        source: "spot832",
        check: "data832",
    },
    PruneRule {
        source: "data832",
        check: "nersc832",
    },
];

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
    }
}
