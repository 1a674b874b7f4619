//! From the text to [`Config`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{Config, ConfigError, DeletionMode, EndpointKey, Environment, Place, Setting, bl832, expand};
use crate::endpoint::StorageEndpoint;

const STALL: Duration = Duration::from_secs(60 * 60);
const FATAL_NICE_STATUSES: [&str; 2] = ["FILE_NOT_FOUND", "PERMISSION_DENIED"];

/// Ids are read as text, so that 012 and 1e5 keep every character.
type Text = Spanned<String>;

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

pub(super) fn config(text: &str, file: &str, env: &Environment) -> Result<Config, ConfigError> {
    let reader = Reader { file, env };
    let read: File = yaml(text, file)?;
    let mut extra: BTreeMap<String, Value> = yaml(text, file)?;
    for known in ["globus", "deletion", "stall", "fatal_nice_statuses", "variables"] {
        extra.remove(known);
    }
    let globus = read.globus.unwrap_or_default();
    let endpoints = globus.globus_endpoints.unwrap_or_default().into_iter();
    let fatal = read.fatal_nice_statuses;
    Ok(Config {
        file: file.to_owned(),
        endpoints: endpoints
            .map(|(key, endpoint)| (EndpointKey::new(&key), reader.endpoint(key, endpoint)))
            .collect(),
        app: globus
            .globus_apps
            .and_then(|apps| apps.als_transfer)
            .map(|app| reader.app(&app)),
        deletion: read
            .deletion
            .map_or(Ok(DeletionMode::Report), |text| reader.deletion(&text))?,
        stall: read.stall.map_or(Ok(STALL), |text| reader.stall(&text))?,
        fatal_nice_statuses: fatal
            .unwrap_or_else(|| FATAL_NICE_STATUSES.map(str::to_owned).to_vec())
            .into_iter()
            .collect(),
        variables: reader.expanded(read.variables.unwrap_or_default()),
        extra: reader.expanded(extra),
    })
}

fn yaml<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, ConfigError> {
    let mut options = serde_saphyr::Options::default();
    // A snippet shows the neighbouring lines, and a neighbour may be a secret.
    options.with_snippet = false;
    options.leading_zero_numbers_as_strings = true;
    options.underscored_numbers_as_strings = true;
    serde_saphyr::from_str_with_options(text, options).map_err(|error| match error {
        serde_saphyr::Error::DuplicateMappingKey { key, location } => {
            ConfigError::DuplicateKey(Place::new(file, location), key.unwrap_or_default())
        }
        error => ConfigError::Yaml(file.to_owned(), error.to_string()),
    })
}

struct Reader<'a> {
    file: &'a str,
    env: &'a Environment,
}

impl Reader<'_> {
    fn place(&self, text: &Text) -> Place {
        Place::new(self.file, text.referenced)
    }

    fn setting(&self, key: &str, text: &Text) -> Setting {
        Setting::expanded(&text.value, self.env, key, self.place(text))
    }

    fn endpoint(&self, key: String, read: Endpoint) -> StorageEndpoint {
        let path = format!("globus.globus_endpoints.{key}");
        let setting = |name: &str, text: &Text| self.setting(&format!("{path}.{name}"), text);
        let optional = |name: &str, text: Option<Text>| text.map(|text| setting(name, &text));
        StorageEndpoint {
            uuid: setting("uuid", &read.uuid),
            root_path: setting("root_path", &read.root_path),
            uri: optional("uri", read.uri).unwrap_or_default(),
            name: optional("name", read.name).unwrap_or_default(),
            local_path: optional("local_path", read.local_path),
            on_site: read
                .on_site
                .unwrap_or_else(|| bl832::ON_SITE.contains(&key.as_str())),
            key: EndpointKey::new(key),
        }
    }

    fn app(&self, read: &App) -> (Setting, Setting) {
        let path = "globus.globus_apps.als_transfer";
        let (secret, key) = (&read.client_secret, format!("{path}.client_secret"));
        let secret = Setting::secret(&secret.value, self.env, &key, self.place(secret));
        (
            self.setting(&format!("{path}.client_id"), &read.client_id),
            secret,
        )
    }

    fn deletion(&self, text: &Text) -> Result<DeletionMode, ConfigError> {
        let problem = match expand(&text.value, self.env).0.as_str() {
            "report" => return Ok(DeletionMode::Report),
            // YAML 1.1 reads a plain `on` as true; what counts here is the text.
            "on" => return Ok(DeletionMode::On),
            "quarantine" => {
                "`quarantine` is not supported yet: use `report` (checks, deletes nothing) or `on`"
            }
            _ => "must be `report` (checks, deletes nothing) or `on`",
        };
        Err(self.invalid("deletion", text, problem))
    }

    fn stall(&self, text: &Text) -> Result<Duration, ConfigError> {
        let problem = "must be a time above zero such as 1h, 30m, 90s, or a number of seconds";
        duration(&expand(&text.value, self.env).0).ok_or_else(|| self.invalid("stall", text, problem))
    }

    fn invalid(&self, key: &'static str, text: &Text, problem: &'static str) -> ConfigError {
        ConfigError::Invalid(self.place(text), key, problem)
    }

    fn expanded(&self, values: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let expanded = |(key, value)| (key, self.expanded_value(value));
        values.into_iter().map(expanded).collect()
    }

    fn expanded_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(expand(&text, self.env).0),
            Value::Array(items) => items.into_iter().map(|item| self.expanded_value(item)).collect(),
            Value::Object(entries) => {
                let expanded = |(key, value)| (key, self.expanded_value(value));
                Value::Object(entries.into_iter().map(expanded).collect())
            }
            other => other,
        }
    }
}

/// A number with the unit ms, s, m, h or d; without one, seconds. `None` if it is none of these or not above zero.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text[number.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()?;
    (!time.is_zero()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("1h", Some(3_600_000)),
            ("90s", Some(90_000)),
            ("90", Some(90_000)),
            ("1.5", Some(1_500)),
            ("500ms", Some(500)),
            ("2d", Some(172_800_000)),
            (" 5s ", Some(5_000)),
            ("0", None),
            ("0s", None),
            ("", None),
            ("h", None),
            ("1h30m", None),
            ("-1", None),
            ("1 h", None),
            ("1x", None),
            ("1..2s", None),
            ("inf", None),
            ("NaN", None),
            ("99999999999999999999999d", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
