//! A place where files lie: a Globus collection and a folder in it.

use std::path::PathBuf;

use serde_json::{Value, json};
use settings::{Setting, UnsetVariable};

rest_core::newtype_id! {
    /// The key of an endpoint in the configuration, which is how it is addressed (not its `name`).
    pub struct EndpointKey;
}

/// An endpoint cannot be used as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// A value names a variable that is not set.
    #[error(transparent)]
    Unset(#[from] UnsetVariable),
    /// The uuid of this endpoint is none.
    #[error(
        "endpoint {0}: the uuid {1:?} is none: put the collection's id (as the Globus web app shows it) into globus.globus_endpoints.{0}.uuid"
    )]
    Uuid(EndpointKey, String),
    /// The `root_path` of this endpoint, and why it cannot be one.
    #[error("endpoint {0}: the root_path {1:?} {2}")]
    Root(EndpointKey, String, &'static str),
    /// A path relative to this endpoint, and why it is refused.
    #[error("endpoint {0}: the path {1:?} {2}")]
    Path(EndpointKey, String, &'static str),
    /// A flow parameter is no endpoint.
    #[error("the parameter is no endpoint: {0}")]
    Parameter(String),
}

/// A folder of a Globus collection, addressed by its key. Several may share one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageEndpoint {
    key: EndpointKey,
    name: Setting,
    uuid: Setting,
    uri: Setting,
    root_path: Setting,
    local_path: Option<Setting>,
    on_site: bool,
}

/// Where an endpoint's values come from: a configuration file, with variables in it.
#[derive(Debug, Clone)]
pub struct EndpointSettings {
    /// The incumbent's `name`; empty if there is none.
    pub name: Setting,
    /// The collection's id.
    pub uuid: Setting,
    /// The name of the host.
    pub uri: Setting,
    /// The folder in the collection.
    pub root_path: Setting,
    /// Where this machine sees the files.
    pub local_path: Option<Setting>,
    /// Whether export-controlled data may lie there.
    pub on_site: bool,
}

impl StorageEndpoint {
    /// An endpoint from the texts of a configuration file. Nothing is checked before it is used.
    pub fn from_settings(key: EndpointKey, settings: EndpointSettings) -> Self {
        let EndpointSettings {
            name,
            uuid,
            uri,
            root_path,
            local_path,
            on_site,
        } = settings;
        Self {
            key,
            name,
            uuid,
            uri,
            root_path,
            local_path,
            on_site,
        }
    }

    /// An endpoint from plain values; off site, with no local path and no name. Nothing is checked before it is used.
    pub fn new(key: &str, uuid: &str, uri: &str, root_path: &str) -> Self {
        Self {
            key: EndpointKey::new(key),
            name: Setting::default(),
            uuid: Setting::literal(uuid),
            uri: Setting::literal(uri),
            root_path: Setting::literal(root_path),
            local_path: None,
            on_site: false,
        }
    }

    /// Sets the incumbent's `name`.
    pub fn with_name(self, name: &str) -> Self {
        let name = Setting::literal(name);
        Self { name, ..self }
    }

    /// Sets where this machine sees the files.
    pub fn with_local_path(self, path: &str) -> Self {
        let local_path = Some(Setting::literal(path));
        Self { local_path, ..self }
    }

    /// Sets whether export-controlled data may lie here.
    pub fn with_on_site(self, on_site: bool) -> Self {
        Self { on_site, ..self }
    }

    /// The key under `globus.globus_endpoints`; for an endpoint from a flow parameter its name, else its uuid.
    pub fn key(&self) -> &EndpointKey {
        &self.key
    }

    /// The incumbent's `name`; empty if there is none.
    pub fn name(&self) -> &str {
        self.name.text()
    }

    /// The name of the host; for messages.
    pub fn uri(&self) -> &str {
        self.uri.text()
    }

    /// Whether export-controlled data may lie here.
    pub fn on_site(&self) -> bool {
        self.on_site
    }

    /// The collection's id.
    ///
    /// # Errors
    /// It is no uuid ("TBD" occurs), or names a variable that is not set.
    pub fn uuid(&self) -> Result<&str, EndpointError> {
        let text = self.uuid.get()?;
        // Only the form with hyphens: the service knows no other.
        if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() {
            return Ok(text);
        }
        Err(EndpointError::Uuid(self.key.clone(), text.to_owned()))
    }

    /// The folder in the collection, absolute, without a slash at its end; empty for the collection's own root.
    ///
    /// # Errors
    /// It is not absolute, has a `.` or `..` part or a NUL, or names a variable that is not set.
    pub fn root(&self) -> Result<String, EndpointError> {
        let root = self.root_path.get()?;
        let problem = match parts(root) {
            _ if !root.starts_with('/') => "must be absolute (begin with a slash)",
            Err(problem) => problem,
            Ok(parts) => return Ok(absolute(&parts)),
        };
        Err(EndpointError::Root(self.key.clone(), root.to_owned(), problem))
    }

    /// The path in the collection of `rel`, which is below the root even if it begins with a slash (`/raw/x` below
    /// `/data` is `/data/raw/x`). Repeated slashes and one at the end count as one and none; everything else in a name
    /// (spaces, quotes, newlines, `$(…)`) is data and kept byte for byte.
    ///
    /// # Errors
    /// `rel` is empty, has a `.` or `..` part or a NUL; or the root is unusable.
    pub fn join(&self, rel: &str) -> Result<String, EndpointError> {
        Ok(self.root()? + &absolute(&self.relative(rel)?))
    }

    /// Where this machine sees the file `rel`, or `None` if the endpoint has no `local_path`.
    ///
    /// # Errors
    /// As [`StorageEndpoint::join`] for `rel`; or `local_path` names a variable that is not set.
    pub fn local(&self, rel: &str) -> Result<Option<PathBuf>, EndpointError> {
        let parts = self.relative(rel)?;
        let Some(base) = &self.local_path else {
            return Ok(None);
        };
        let mut path = PathBuf::from(base.get()?);
        path.extend(parts);
        Ok(Some(path))
    }

    fn relative<'a>(&self, rel: &'a str) -> Result<Vec<&'a str>, EndpointError> {
        let problem = match parts(rel) {
            Ok(parts) if !parts.is_empty() => return Ok(parts),
            Ok(_) => "names no file or folder",
            Err(problem) => problem,
        };
        Err(EndpointError::Path(self.key.clone(), rel.to_owned(), problem))
    }

    /// The incumbent's flow parameter `{"uuid", "uri", "root_path", "name"}`, as Prefect stores it in scheduled runs.
    /// Nothing is checked: a variable that is not set stays as it was written, and is found when the flow uses it.
    pub fn to_parameter(&self) -> Value {
        json!({
            "uuid": self.uuid.text(),
            "uri": self.uri.text(),
            "root_path": self.root_path.text(),
            "name": self.name.text(),
        })
    }

    /// Reads [`StorageEndpoint::to_parameter`]'s document (`name` may be absent). It is taken as off site:
    /// what may lie there is for the configuration to say.
    ///
    /// # Errors
    /// It is no such document.
    pub fn from_parameter(value: &Value) -> Result<Self, EndpointError> {
        let field = |name: &str| {
            let text = value.get(name).and_then(Value::as_str);
            text.ok_or_else(|| {
                EndpointError::Parameter(format!(
                    "`{name}` must be a text in {{uuid, uri, root_path, name}}"
                ))
            })
        };
        let (uuid, uri, root) = (field("uuid")?, field("uri")?, field("root_path")?);
        let name = match value.get("name") {
            None | Some(Value::Null) => "",
            Some(_) => field("name")?,
        };
        let key = if name.is_empty() { uuid } else { name };
        Ok(Self::new(key, uuid, uri, root).with_name(name))
    }

    /// Whether both are the same folder of the same collection, however it is written.
    pub fn same_place(&self, other: &Self) -> bool {
        let root = |endpoint: &Self| endpoint.root().ok();
        self.uuid.text().eq_ignore_ascii_case(other.uuid.text())
            && root(self).is_some()
            && root(self) == root(other)
    }
}

/// The parts of a path between its slashes.
fn parts(path: &str) -> Result<Vec<&str>, &'static str> {
    if path.contains('\0') {
        return Err("has a NUL character");
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err("has a `.` or `..` part, which could lead out of the endpoint");
    }
    Ok(parts)
}

fn absolute(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| ["/", part]).collect()
}

#[cfg(test)]
mod tests;
