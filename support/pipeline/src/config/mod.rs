//! `config.yml`: the incumbent's own file, read unchanged, and a few keys of ours.
//!
//! This crate owns the whole file; the clients take plain values. Keys we do not know are kept, not refused. Texts are
//! expanded as Python's `os.path.expandvars` does, from the process environment and `.env`. A variable that is not set,
//! and an endpoint's uuid that is none, is an error when the value is used and not before: the file also holds entries
//! for beamlines and sites that a run never touches.

mod error;
mod ingest;
mod notify;
mod pruning;
mod read;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use proved_transfer::control::ExportControl;
use rest_core::SecretString;
use serde_json::Value;
use settings::Setting;
use settings::dotenv::Environment;

use crate::endpoint::{EndpointError, StorageEndpoint};
use crate::site::SiteRules;

pub use error::ConfigError;
pub use ingest::{Ingest, Validate, builtin};
pub use notify::{Notify, Occasion};
pub use proved_transfer::endpoint::EndpointKey;
pub use pruning::{Protected, Pruning};
pub use settings::{Mistake, Mistakes, Place, UnsetVariable};

/// What a prune does once a copy is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DeletionMode {
    /// The whole check runs, and the report says what would be deleted.
    #[default]
    Report,
    /// What is proved is renamed into the trash of its endpoint, and deleted when its time there is over.
    Quarantine,
    /// What is proved is deleted.
    On,
}

/// The Globus application that transfers run as.
#[derive(Debug, Clone)]
pub struct GlobusApp {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: SecretString,
}

/// The configuration of the flows.
#[derive(Clone)]
pub struct Config {
    file: String,
    site: &'static SiteRules,
    endpoints: BTreeMap<EndpointKey, StorageEndpoint>,
    app: Option<(Setting, Setting)>,
    data_access: BTreeSet<EndpointKey>,
    deletion: DeletionMode,
    pruning: Pruning,
    export_control: ExportControl,
    ingest: Ingest,
    share: u32,
    batch_across_runs: bool,
    notify: Option<Notify>,
    stall: Duration,
    fatal_nice_statuses: BTreeSet<String>,
    variables: BTreeMap<String, Value>,
    own: Arc<dyn Any + Send + Sync>,
    extra: BTreeMap<String, Value>,
}

/// A file read to its end.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// What could be read; what is wrong is as if it were not there.
    pub config: Config,
    /// Everything that is wrong.
    pub mistakes: Option<Mistakes>,
    /// Keys that nothing reads, dotted from the top, and where they stand: other tools' keys, or misspelt ones.
    pub unknown: Vec<(Place, String)>,
}

impl Config {
    /// Reads the file at `path`; `site` is what the facility knows beyond it.
    ///
    /// # Errors
    /// It is missing, unreadable, not YAML, has a key twice, or a value that cannot be right.
    pub fn load(path: &Path, env: &Environment, site: &'static SiteRules) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
            _ => ConfigError::Read(path.to_owned(), error),
        })?;
        Self::parse(&text, &path.display().to_string(), env, site)
    }

    /// Reads `text`; `file` is the name that messages give it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(
        text: &str,
        file: &str,
        env: &Environment,
        site: &'static SiteRules,
    ) -> Result<Self, ConfigError> {
        let inspection = Self::inspect(text, file, env, site).map_err(Mistakes::from)?;
        match inspection.mistakes {
            None => Ok(inspection.config),
            Some(mistakes) => Err(mistakes.into()),
        }
    }

    /// Reads `text` to its end whatever is wrong in it.
    ///
    /// # Errors
    /// It is not YAML: nothing can be said of the rest.
    pub fn inspect(
        text: &str,
        file: &str,
        env: &Environment,
        site: &'static SiteRules,
    ) -> Result<Inspection, Mistake> {
        read::inspect(text, file, env, site)
    }

    /// What the facility knows beyond the file.
    pub fn site(&self) -> &'static SiteRules {
        self.site
    }

    /// The file's name, for messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The endpoint with this key.
    ///
    /// # Errors
    /// There is none; the message lists the keys there are.
    pub fn endpoint(&self, key: &str) -> Result<&StorageEndpoint, ConfigError> {
        self.endpoints.get(&EndpointKey::new(key)).ok_or_else(|| {
            let known: Vec<_> = self.endpoints.keys().map(EndpointKey::as_str).collect();
            ConfigError::UnknownEndpoint {
                file: self.file.clone(),
                key: key.to_owned(),
                known: known.join(", "),
            }
        })
    }

    /// All endpoints by key.
    pub fn endpoints(&self) -> &BTreeMap<EndpointKey, StorageEndpoint> {
        &self.endpoints
    }

    /// The endpoint that a flow parameter means: a key, or the incumbent's document `{uuid, uri, root_path, name}`.
    /// A document that matches an endpoint of this file in uuid and root is that endpoint, with its `local_path` and
    /// `on_site` (of several the one whose key or `name` is the document's); any other is taken as off site.
    ///
    /// # Errors
    /// The value is neither, or the key is unknown.
    pub fn endpoint_from_parameter(&self, value: &Value) -> Result<StorageEndpoint, EndpointError> {
        if let Value::String(key) = value {
            let unknown = |error: ConfigError| EndpointError::Parameter(error.to_string());
            return self.endpoint(key).cloned().map_err(unknown);
        }
        let given = StorageEndpoint::from_parameter(value)?;
        let same: Vec<_> = self
            .endpoints
            .values()
            .filter(|known| known.same_place(&given))
            .collect();
        let named = same
            .iter()
            .find(|known| known.name() == given.name() || known.key().as_str() == given.name());
        Ok(named.or(same.first()).map_or(given, |known| (*known).clone()))
    }

    /// `globus.globus_apps.als_transfer`, or `None` if the file has no such entry.
    ///
    /// # Errors
    /// A variable that it names is not set.
    pub fn globus_app(&self) -> Result<Option<GlobusApp>, UnsetVariable> {
        let Some((id, secret)) = &self.app else {
            return Ok(None);
        };
        Ok(Some(GlobusApp {
            client_id: id.get()?.to_owned(),
            client_secret: SecretString::from(secret.get()?),
        }))
    }

    /// The endpoints with `data_access: true`: mapped collections, whose data a token must ask for.
    pub fn data_access(&self) -> impl Iterator<Item = &StorageEndpoint> {
        self.data_access.iter().filter_map(|key| self.endpoints.get(key))
    }

    /// `deletion`: `report` (the default), `quarantine` or `on`.
    pub fn deletion(&self) -> DeletionMode {
        self.deletion
    }

    /// The keys beside `deletion`: what a prune may take.
    pub fn pruning(&self) -> &Pruning {
        &self.pruning
    }

    /// `export_control`: the paths that may not leave the site, besides those on record.
    pub fn export_control(&self) -> &ExportControl {
        &self.export_control
    }

    /// `ingest` and `validate`: what the catalogue is told, and what is looked at before a scan is moved.
    pub fn ingest(&self) -> &Ingest {
        &self.ingest
    }

    /// `globus.share`: this process is one of so many that share the Globus user (`1/n`; 1 by default).
    pub fn share(&self) -> u32 {
        self.share
    }

    /// `batch_across_runs`: whether files of several runs may go in one Globus task (no by default).
    pub fn batch_across_runs(&self) -> bool {
        self.batch_across_runs
    }

    /// `notify`: who is told of what went wrong, if anybody is.
    pub fn notify(&self) -> Option<&Notify> {
        self.notify.as_ref()
    }

    /// `stall`: how long a transfer may show no progress before it is cancelled (1 hour by default).
    pub fn stall(&self) -> Duration {
        self.stall
    }

    /// `fatal_nice_statuses`: the `nice_status` values of a Globus task that cancel it at once
    /// (`FILE_NOT_FOUND` and `PERMISSION_DENIED` by default).
    pub fn fatal_nice_statuses(&self) -> &BTreeSet<String> {
        &self.fatal_nice_statuses
    }

    /// `variables`: local values for Prefect variables, used where there is no Prefect server.
    pub fn variables(&self) -> &BTreeMap<String, Value> {
        &self.variables
    }

    /// What the facility's own flows read, by [`SiteRules::settings`].
    pub fn own<T: 'static>(&self) -> Option<&T> {
        self.own.downcast_ref()
    }

    /// The parts of the file that we do not read (`ghcr_images832`, `prefect`…) by their top key; texts expanded,
    /// variables that are not set left as written.
    pub fn extra(&self) -> &BTreeMap<String, Value> {
        &self.extra
    }
}

impl fmt::Debug for Config {
    /// Of keys that we do not know only the names: their values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("file", &self.file)
            .field("endpoints", &self.endpoints)
            .field("deletion", &self.deletion)
            .field("pruning", &self.pruning)
            .field("share", &self.share)
            .field("batch_across_runs", &self.batch_across_runs)
            .field("notify", &self.notify)
            .field("stall", &self.stall)
            .field("fatal_nice_statuses", &self.fatal_nice_statuses)
            .field("variables", &self.variables.keys())
            .field("extra", &self.extra.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
