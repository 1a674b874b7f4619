//! What `scicat-ingest-flow` is asked for.

use rest_core::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::dotenv::Environment;
use crate::site::SiteRules;

/// The flow that catalogues, and its deployment.
pub const FLOW: &str = "scicat-ingest-flow";

/// One path or several.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Paths {
    /// A file or a folder.
    One(String),
    /// Several that are one dataset.
    Several(Vec<String>),
}

impl Paths {
    /// Each of them.
    pub fn list(&self) -> Vec<&str> {
        match self {
            Self::One(path) => vec![path],
            Self::Several(paths) => paths.iter().map(String::as_str).collect(),
        }
    }
}

/// The parameters of `scicat-ingest-flow`, as the incumbent's callers send them. Those of `scicat_dataset_ingest` are
/// other names for the first two. What the incumbent does not know is written only where it is set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestParameters {
    /// What is to be catalogued.
    #[serde(alias = "file_path")]
    pub dataset_path: Paths,
    /// By which rules; without them those of `SCICAT_INGEST_INGESTER_SPEC`, else the facility's first.
    #[serde(default, alias = "ingestor")]
    pub ingester_spec: Option<String>,
    /// Ignored, as the incumbent does: the scan says who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_username: Option<String>,
    /// Another catalogue than the environment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scicat_url: Option<String>,
    /// Another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scicat_username: Option<String>,
    /// The datasets that it was computed from: it is a derived one then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_datasets: Vec<String>,
    /// The same by the paths of files that the catalogue has of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_files: Vec<String>,
    /// The programs that computed it, with their versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_software: Vec<String>,
    /// With which parameters it was computed.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub job_parameters: Map<String, Value>,
    /// The endpoints, by their keys, on which copies of it are looked for: the catalogue is told of those that stand.
    /// Of a result that this machine does not see the first that stands shows the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
    /// Nothing is catalogued, and the catalogue only told where copies stand, of what it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_copies: bool,
    /// Its password; kept nowhere, so a later try takes the environment's.
    #[serde(default, skip_serializing, deserialize_with = "secret")]
    pub scicat_password: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

impl IngestParameters {
    /// A file or folder, by the rules of a name.
    pub fn new(path: impl Into<String>, spec: Option<&str>) -> Self {
        Self {
            dataset_path: Paths::One(path.into()),
            ingester_spec: spec.map(str::to_owned),
            owner_username: None,
            scicat_url: None,
            scicat_username: None,
            input_datasets: Vec::new(),
            input_files: Vec::new(),
            used_software: Vec::new(),
            job_parameters: Map::new(),
            copies: Vec::new(),
            only_copies: false,
            scicat_password: None,
        }
    }

    /// Only where copies stand, on these endpoints.
    pub fn of_copies(path: impl Into<String>, copies: Vec<String>) -> Self {
        Self {
            copies,
            only_copies: true,
            ..Self::new(path, None)
        }
    }

    /// The same with the rules named that count, so that a later try is by the same.
    #[must_use]
    pub fn with_spec(mut self, site: &SiteRules, environment: &Environment) -> Self {
        let names = ["SCICAT_INGEST_INGESTER_SPEC", "SCICAT_INGEST_SPEC"];
        let set = |name: &&str| environment.get(name).filter(|spec| !spec.is_empty());
        let usual = names.iter().find_map(set).or_else(|| site.usual_ingest());
        if self.ingester_spec.is_none() {
            self.ingester_spec = usual.map(str::to_owned);
        }
        self
    }

    /// The name of its rules; empty if there is none.
    pub fn spec(&self) -> &str {
        self.ingester_spec.as_deref().unwrap_or_default()
    }

    /// Whether it was computed from other datasets.
    pub fn is_derived(&self) -> bool {
        !(self.input_datasets.is_empty() && self.input_files.is_empty())
    }
}
