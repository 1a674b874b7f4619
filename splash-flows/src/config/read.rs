//! From the text to [`Config`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use settings::dotenv::Environment;
use settings::{Text, Yaml, YamlError};

use super::{Config, DeletionMode, EndpointKey, bl832};
use crate::endpoint::{EndpointSettings, StorageEndpoint};

const STALL: Duration = Duration::from_secs(60 * 60);
const FATAL_NICE_STATUSES: [&str; 2] = ["FILE_NOT_FOUND", "PERMISSION_DENIED"];

// Every part may be absent or empty (`globus:` with nothing below it).
#[derive(Deserialize)]
struct File {
    globus: Option<Globus>,
    deletion: Option<Text>,
    stall: Option<Text>,
    fatal_nice_statuses: Option<Vec<String>>,
    variables: Option<BTreeMap<String, Value>>,
}

#[derive(Default, Deserialize)]
struct Globus {
    globus_endpoints: Option<BTreeMap<String, Endpoint>>,
    globus_apps: Option<Apps>,
}

#[derive(Default, Deserialize)]
struct Apps {
    als_transfer: Option<App>,
}

#[derive(Deserialize)]
struct App {
    client_id: Text,
    client_secret: Text,
}

#[derive(Deserialize)]
struct Endpoint {
    uuid: Text,
    root_path: Text,
    uri: Option<Text>,
    name: Option<Text>,
    local_path: Option<Text>,
    on_site: Option<bool>,
}

pub(super) fn config(text: &str, file: &str, env: &Environment) -> Result<Config, YamlError> {
    let yaml = Yaml::new(file, env);
    let read: File = yaml.read(text)?;
    let mut extra: BTreeMap<String, Value> = yaml.read(text)?;
    for known in ["globus", "deletion", "stall", "fatal_nice_statuses", "variables"] {
        extra.remove(known);
    }
    let globus = read.globus.unwrap_or_default();
    let endpoints = globus.globus_endpoints.unwrap_or_default().into_iter();
    let app = globus.globus_apps.and_then(|apps| apps.als_transfer);
    let mode = read.deletion.map(|text| deletion(yaml, &text));
    let stall = read.stall.map(|text| yaml.duration("stall", &text));
    let fatal = read.fatal_nice_statuses.map(BTreeSet::from_iter);
    Ok(Config {
        file: file.to_owned(),
        endpoints: endpoints
            .map(|(key, read)| (EndpointKey::new(&key), endpoint(yaml, &key, &read)))
            .collect(),
        app: app.map(|app| {
            let path = "globus.globus_apps.als_transfer";
            (
                yaml.setting(&format!("{path}.client_id"), &app.client_id),
                yaml.secret(&format!("{path}.client_secret"), &app.client_secret),
            )
        }),
        deletion: mode.transpose()?.unwrap_or_default(),
        stall: stall.transpose()?.unwrap_or(STALL),
        fatal_nice_statuses: fatal.unwrap_or_else(|| FATAL_NICE_STATUSES.map(str::to_owned).into()),
        variables: yaml.values(read.variables.unwrap_or_default()),
        extra: yaml.values(extra),
    })
}

fn endpoint(yaml: Yaml<'_>, key: &str, read: &Endpoint) -> StorageEndpoint {
    let setting =
        |name: &str, text: &Text| yaml.setting(&format!("globus.globus_endpoints.{key}.{name}"), text);
    let optional = |name: &str, text: &Option<Text>| text.as_ref().map(|text| setting(name, text));
    let settings = EndpointSettings {
        uuid: setting("uuid", &read.uuid),
        root_path: setting("root_path", &read.root_path),
        uri: optional("uri", &read.uri).unwrap_or_default(),
        name: optional("name", &read.name).unwrap_or_default(),
        local_path: optional("local_path", &read.local_path),
        on_site: read.on_site.unwrap_or_else(|| bl832::ON_SITE.contains(&key)),
    };
    StorageEndpoint::from_settings(EndpointKey::new(key), settings)
}

fn deletion(yaml: Yaml<'_>, text: &Text) -> Result<DeletionMode, YamlError> {
    let problem = match yaml.text(text).as_str() {
        "report" => return Ok(DeletionMode::Report),
        // YAML 1.1 reads a plain `on` as true; what counts here is the text.
        "on" => return Ok(DeletionMode::On),
        "quarantine" => "`quarantine` is not supported yet: use `report` (checks, deletes nothing) or `on`",
        _ => "must be `report` (checks, deletes nothing) or `on`",
    };
    Err(yaml.invalid("deletion", text, problem))
}
