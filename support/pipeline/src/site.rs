//! What a facility knows about its places and no configuration file says: tables in code, which no parameter and no
//! key of a file can weaken.

use std::any::Any;
use std::sync::Arc;

use serde_json::Value;
use settings::Section;

/// A copy that may be deleted once another one proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneRule {
    /// The key of the endpoint whose copy goes.
    pub source: &'static str,
    /// The key of the endpoint whose copy must stand.
    pub check: &'static str,
}

/// What the catalogue is told of one kind of scan.
#[derive(Debug, Clone, Copy)]
pub struct IngestRules {
    /// The names by which flows ask for it.
    pub names: &'static [&'static str],
    /// The [`scan_ingest::Rules`], as they would be written in config.yml.
    pub rules: &'static str,
}

/// The rules of one facility; endpoints are named by their keys.
#[derive(Debug)]
pub struct SiteRules {
    /// The endpoints that are disks of the facility itself, unless `on_site` is written for one: export-controlled data
    /// may stay on these and go nowhere else.
    pub on_site: &'static [&'static str],
    /// Which copy proves which.
    pub prune_rules: &'static [PruneRule],
    /// The endpoints on which only data lies that can be made again from other data. On any other endpoint, also one
    /// that nobody here has heard of, the last copy never goes.
    pub derived: &'static [&'static str],
    /// The endpoints that hold nothing but raw data: what lies at their place under another key is raw too.
    pub raw_only: &'static [&'static str],
    /// Under which folder the catalogue knows what lies below the root of an endpoint (its key). Endpoints with the same
    /// folder hold copies of the same.
    pub catalogued: &'static [(&'static str, &'static str)],
    /// What the catalogue is told of its scans.
    pub ingest: &'static [IngestRules],
    /// What the facility's set-up gives a new server as the variable of a name.
    pub usual_variable: fn(name: &str) -> Option<Value>,
    /// The top keys of config.yml that the facility's own flows read.
    pub keys: &'static [&'static str],
    /// Reads them and notes what is wrong; [`Config::own`](crate::config::Config::own) hands the outcome out.
    pub settings: fn(top: &Section<'_>) -> Arc<dyn Any + Send + Sync>,
}

impl SiteRules {
    /// Whether raw data may lie on an endpoint, so that its last copy is never deleted.
    pub fn holds_raw(&self, endpoint: &str) -> bool {
        !self.derived.contains(&endpoint)
    }

    /// Under which path the catalogue knows what lies on an endpoint at a relative path, if it does.
    pub fn catalogued(&self, endpoint: &str, relative: &str) -> Option<String> {
        let folder = self.folder(endpoint)?;
        Some(format!("{folder}/{}", relative.trim_matches('/')))
    }

    /// Where on an endpoint, relative to its root, a copy lies of what the catalogue knows as `path`, if one may.
    pub fn relative_on<'p>(&self, endpoint: &str, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(self.folder(endpoint)?)?;
        rest.starts_with('/').then(|| rest.trim_matches('/'))
    }

    fn folder(&self, endpoint: &str) -> Option<&'static str> {
        let mut rows = self.catalogued.iter();
        rows.find(|(key, _)| *key == endpoint).map(|(_, folder)| *folder)
    }

    /// The rules for the catalogue where none are named: the first of the table.
    pub fn usual_ingest(&self) -> Option<&'static str> {
        self.ingest.first().and_then(|rules| rules.names.first().copied())
    }

    /// The rule that lets `check` prove `source`, if there is one.
    pub fn prune_rule(&self, source: &str, check: &str) -> Option<PruneRule> {
        let mut rules = self.prune_rules.iter().copied();
        rules.find(|rule| rule.source == source && rule.check == check)
    }
}
