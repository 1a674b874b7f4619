//! The names of what can be asked of samples, proposals and their like.

use super::resources::Resource;

/// The operations of a resource.
pub(super) struct Names {
    pub(super) create: &'static str,
    pub(super) get: &'static str,
    pub(super) find: &'static str,
    pub(super) update: &'static str,
    pub(super) delete: &'static str,
    pub(super) count: Option<&'static str>,
    pub(super) find_one: Option<&'static str>,
    pub(super) full_query: Option<&'static str>,
}

impl Names {
    pub(super) fn of(resource: &Resource) -> Self {
        macro_rules! names {
            ($name:literal, $count:expr, $find_one:expr, $full_query:expr) => {
                Self {
                    create: concat!("scicat.", $name, "_create"),
                    get: concat!("scicat.", $name, "_get"),
                    find: concat!("scicat.", $name, "_find"),
                    update: concat!("scicat.", $name, "_update"),
                    delete: concat!("scicat.", $name, "_delete"),
                    count: $count,
                    find_one: $find_one,
                    full_query: $full_query,
                }
            };
        }
        match resource.kind {
            "samples" => names!(
                "sample",
                Some("scicat.sample_count"),
                None,
                Some("scicat.sample_full_query")
            ),
            "proposals" => names!(
                "proposal",
                Some("scicat.proposal_count"),
                None,
                Some("scicat.proposal_full_query")
            ),
            "instruments" => names!(
                "instrument",
                Some("scicat.instrument_count"),
                Some("scicat.instrument_find_one"),
                None
            ),
            "policies" => names!("policy", Some("scicat.policy_count"), None, None),
            _ => names!("job", None, None, None),
        }
    }
}
