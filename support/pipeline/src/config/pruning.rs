//! What a prune may take: the keys beside `deletion`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use proved_transfer::delete::Limits;
use settings::Section;

use super::EndpointKey;
use crate::endpoint::StorageEndpoint;
use crate::site::SiteRules;

/// The top keys that are read here.
pub(super) const KEYS: [&str; 6] = [
    "trash_days",
    "never_delete",
    "minimum_age",
    "maximum_files",
    "maximum_bytes",
    "retention",
];
const TRASH_DAYS: u64 = 14;
/// Longer than any disk lasts, and still a date.
const MOST_DAYS: u64 = 36_500;

/// What a prune may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruning {
    pub(super) trash: TimeDelta,
    pub(super) never_delete: Vec<Protected>,
    pub(super) limits: Limits,
    pub(super) retention: BTreeMap<EndpointKey, TimeDelta>,
}

/// A path under which nothing is deleted: `endpoint:/path`, or `/path` on every endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    endpoint: Option<EndpointKey>,
    path: String,
}

impl Protected {
    fn parse(text: &str, endpoints: &BTreeMap<EndpointKey, StorageEndpoint>) -> Option<Self> {
        let (key, path) = match text.split_once(":/") {
            Some((key, path)) if !text.starts_with('/') => (Some(EndpointKey::new(key)), path),
            _ => (None, text.strip_prefix('/')?),
        };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if path.contains('\0') || parts.iter().any(|part| matches!(*part, "." | "..")) {
            return None;
        }
        if key.as_ref().is_some_and(|key| !endpoints.contains_key(key)) {
            return None;
        }
        Some(Self {
            endpoint: key,
            path: parts.iter().flat_map(|part| ["/", part]).collect(),
        })
    }

    /// The endpoint whose paths it means; none for all.
    pub fn endpoint(&self) -> Option<&EndpointKey> {
        self.endpoint.as_ref()
    }

    /// The path, without a slash at its end; empty for everything.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Pruning {
    /// `trash_days`: how long quarantined data stays in the trash (14 days by default).
    pub fn trash(&self) -> TimeDelta {
        self.trash
    }

    /// `never_delete`: what no prune takes, whatever proves it.
    pub fn never_delete(&self) -> &[Protected] {
        &self.never_delete
    }

    /// `minimum_age`, `maximum_files`, `maximum_bytes`: what is too much for one prune.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// `retention`: how old the last copy of derived data on an endpoint must be to go without another copy.
    pub fn retention(&self, endpoint: &str) -> Option<TimeDelta> {
        self.retention.get(&EndpointKey::new(endpoint)).copied()
    }

    pub(super) fn read(
        top: &Section<'_>,
        endpoints: &BTreeMap<EndpointKey, StorageEndpoint>,
        site: &SiteRules,
    ) -> Self {
        let problem = "must be `/path`, or `endpoint:/path` with an endpoint of this file";
        let protected = top.list("never_delete", problem, |text| Protected::parse(text, endpoints));
        let days = top.count("trash_days").unwrap_or(TRASH_DAYS);
        if days > MOST_DAYS {
            top.mistake("trash_days", "must be at most 36500");
        }
        Self {
            trash: TimeDelta::try_days(i64::try_from(days.min(MOST_DAYS)).unwrap_or_default())
                .unwrap_or_default(),
            never_delete: protected.unwrap_or_default(),
            limits: Limits {
                minimum_age: top.duration("minimum_age").and_then(delta).unwrap_or_default(),
                maximum_files: top.count("maximum_files"),
                maximum_bytes: top.count("maximum_bytes"),
            },
            retention: retention(&top.section("retention"), endpoints, site),
        }
    }
}

/// Only what is derived from other data may lose its last copy.
fn retention(
    section: &Section<'_>,
    endpoints: &BTreeMap<EndpointKey, StorageEndpoint>,
    site: &SiteRules,
) -> BTreeMap<EndpointKey, TimeDelta> {
    let mut rules = BTreeMap::new();
    for name in section.keys() {
        let key = EndpointKey::new(name);
        match (endpoints.get(&key), section.duration(name).and_then(delta)) {
            (None, _) => section.mistake(name, "is no endpoint of this file"),
            (Some(_), _) if site.holds_raw(name) => {
                section.mistake(name, "holds raw data, whose last copy is never deleted");
            }
            (Some(_), Some(age)) => {
                rules.insert(key, age);
            }
            (Some(_), None) => {}
        }
    }
    rules
}

fn delta(time: Duration) -> Option<TimeDelta> {
    TimeDelta::from_std(time)
        .ok()
        .filter(|time| time.num_days() <= i64::try_from(MOST_DAYS).unwrap_or(i64::MAX))
}
