//! Reads the collections from a beamline's `config.yml`, and writes that file again for use with a simulator.

use serde_json::{Map, Value, json};

use crate::collection::{CollectionSpec, default_collections};
use crate::error::SimError;
use crate::sim::Sim;

/// A `config.yml`, of which `globus.globus_endpoints` matters here; everything else is kept as it is.
#[derive(Clone, Debug)]
pub struct Config {
    document: Value,
}

/// Endpoints whose `name` is not their key.
const NAMES: &[(&str, &str)] = &[("alcf832_raw", "alcf_raw"), ("alcf832_scratch", "alcf_scratch")];

impl Config {
    /// Reads a file's text.
    ///
    /// # Errors
    ///
    /// [`SimError::Config`] when it is no YAML or has no mapping `globus.globus_endpoints`.
    pub fn parse(text: &str) -> Result<Self, SimError> {
        let document: Value = serde_saphyr::from_str(text).map_err(|e| SimError::Config(e.to_string()))?;
        let config = Self { document };
        config.endpoints()?;
        Ok(config)
    }

    /// A config with the [`default_collections`].
    pub fn example() -> Self {
        let endpoint = |spec: CollectionSpec| {
            let name = NAMES
                .iter()
                .find(|(key, _)| *key == spec.key)
                .map_or(spec.key.as_str(), |(_, name)| name);
            let facts =
                json!({"root_path": spec.root_path, "uri": spec.host, "uuid": spec.uuid, "name": name});
            (spec.key, facts)
        };
        let endpoints: Map<String, Value> = default_collections().into_iter().map(endpoint).collect();
        let client = json!({"client_id": "${GLOBUS_CLIENT_ID}", "client_secret": "${GLOBUS_CLIENT_SECRET}"});
        Self {
            document: json!({
                "globus": { "globus_endpoints": endpoints, "globus_apps": { "als_transfer": client } },
            }),
        }
    }

    /// The endpoints as collections. One whose uuid is a placeholder, such as `TBD`, is left out.
    ///
    /// # Errors
    ///
    /// [`SimError::Config`] when an endpoint lacks `uuid`, `uri` or `root_path`.
    pub fn collections(&self) -> Result<Vec<CollectionSpec>, SimError> {
        let mut collections = Vec::new();
        for (key, endpoint) in self.endpoints()? {
            let text = |field: &str| {
                let value = endpoint.get(field).and_then(Value::as_str);
                value.ok_or_else(|| SimError::Config(format!("globus_endpoints.{key}: no text {field}")))
            };
            let (uuid, host, root) = (text("uuid")?, text("uri")?, text("root_path")?);
            if uuid::Uuid::parse_str(uuid).is_ok() {
                collections.push(CollectionSpec::new(key, uuid, host, root));
            }
        }
        Ok(collections)
    }

    /// The config as YAML, each simulated endpoint with a `local_path`: the folder that its `root_path` maps to. Where
    /// clients may not know the folders, none has one.
    ///
    /// # Errors
    ///
    /// [`SimError::Config`] when it cannot be written as YAML.
    pub fn with_local_paths(&self, sim: &Sim) -> Result<String, SimError> {
        let mut document = self.document.clone();
        for collection in sim.collections() {
            if let Some(endpoint) = document
                .pointer_mut("/globus/globus_endpoints")
                .and_then(|e| e.get_mut(collection.key()))
            {
                if sim.has_local_mounts() {
                    endpoint["local_path"] = json!(collection.path(""));
                } else if let Some(endpoint) = endpoint.as_object_mut() {
                    endpoint.remove("local_path");
                }
            }
        }
        serde_saphyr::to_string(&document).map_err(|e| SimError::Config(e.to_string()))
    }

    fn endpoints(&self) -> Result<&Map<String, Value>, SimError> {
        let endpoints = self
            .document
            .pointer("/globus/globus_endpoints")
            .and_then(Value::as_object);
        endpoints.ok_or_else(|| SimError::Config("no mapping globus.globus_endpoints".to_owned()))
    }
}
