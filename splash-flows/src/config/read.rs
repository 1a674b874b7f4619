//! From the YAML tree to [`Config`]: takes what we know, keeps the rest, collects the mistakes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::node::{Kind, Node};
use super::{Config, ConfigError, DeletionMode, EndpointKey, Environment, Mistake, Setting, bl832};
use crate::endpoint::StorageEndpoint;

const STALL: Duration = Duration::from_secs(60 * 60);
const FATAL_NICE_STATUSES: [&str; 2] = ["FILE_NOT_FOUND", "PERMISSION_DENIED"];

pub(super) fn config(text: &str, file: &str, env: &Environment) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        file,
        env,
        mistakes: Vec::new(),
        extra: BTreeMap::new(),
    };
    let mut top = reader.map("", Some(Node::parse(text, file)?));
    let mut globus = reader.map("globus", top.remove("globus"));
    let mut apps = reader.map("globus.globus_apps", globus.remove("globus_apps"));
    let config = Config {
        file: file.to_owned(),
        endpoints: reader.endpoints(globus.remove("globus_endpoints")),
        app: reader.app(apps.remove("als_transfer")),
        deletion: reader.deletion(top.remove("deletion").as_ref()),
        stall: reader.stall(top.remove("stall").as_ref()),
        fatal_nice_statuses: reader.statuses(top.remove("fatal_nice_statuses")),
        variables: reader.variables(top.remove("variables")),
        extra: BTreeMap::new(),
    };
    reader.keep("globus.globus_apps.", apps);
    reader.keep("globus.", globus);
    reader.keep("", top);
    if !reader.mistakes.is_empty() {
        reader
            .mistakes
            .sort_by_key(|mistake| (mistake.place.line, mistake.place.column));
        return Err(ConfigError::Invalid(reader.mistakes));
    }
    Ok(Config {
        extra: reader.extra,
        ..config
    })
}

type Entries = BTreeMap<String, Node>;

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    env: &'a Environment,
    mistakes: Vec<Mistake>,
    extra: BTreeMap<String, Value>,
}

impl Reader<'_> {
    fn mistake(&mut self, key: &str, node: &Node, problem: impl Into<String>) {
        let key = if key.is_empty() { "the file" } else { key };
        self.mistakes.push(Mistake {
            place: node.place(self.file),
            key: key.to_owned(),
            problem: problem.into(),
        });
    }

    fn keep(&mut self, prefix: &str, entries: Entries) {
        let env = self.env;
        let named = |(key, node): (String, Node)| (format!("{prefix}{key}"), node.to_json(env));
        self.extra.extend(entries.into_iter().map(named));
    }

    /// A mapping; absent and null are an empty one.
    fn map(&mut self, key: &str, node: Option<Node>) -> Entries {
        match node {
            None => Entries::new(),
            Some(node) if node.is_null() => Entries::new(),
            Some(node) if matches!(node.kind(), Kind::Map(_)) => match node.into_kind() {
                Kind::Map(entries) => entries.into_iter().collect(),
                _ => Entries::new(),
            },
            Some(node) => {
                self.mistake(key, &node, "must be a mapping (`key: value` lines below it)");
                Entries::new()
            }
        }
    }

    /// A scalar as written; absent and null are `None`.
    fn scalar(&mut self, key: &str, node: Option<&Node>) -> Option<String> {
        let node = node.filter(|node| !node.is_null())?;
        let scalar = node.scalar(self.text).map(str::to_owned);
        if scalar.is_none() {
            self.mistake(key, node, "must be a single value, not a list or a mapping");
        }
        scalar
    }

    fn setting(&mut self, key: &str, node: Option<&Node>) -> Option<Setting> {
        let text = self.scalar(key, node)?;
        Some(Setting::expanded(&text, self.env, key, node?.place(self.file)))
    }

    fn endpoints(&mut self, node: Option<Node>) -> BTreeMap<EndpointKey, StorageEndpoint> {
        let entries = self.map("globus.globus_endpoints", node);
        let mut endpoints = BTreeMap::new();
        for (key, node) in entries {
            let path = format!("globus.globus_endpoints.{key}");
            if let Some(endpoint) = self.endpoint(&key, &path, node) {
                endpoints.insert(EndpointKey::new(key), endpoint);
            }
        }
        endpoints
    }

    fn endpoint(&mut self, key: &str, path: &str, node: Node) -> Option<StorageEndpoint> {
        let place = node.place(self.file);
        let before = self.mistakes.len();
        let mut fields = self.map(path, Some(node));
        let mut field = |reader: &mut Self, name: &str| {
            let node = fields.remove(name);
            reader.setting(&format!("{path}.{name}"), node.as_ref())
        };
        let [uuid, root, uri, name, local] =
            ["uuid", "root_path", "uri", "name", "local_path"].map(|name| field(self, name));
        let on_site = fields.remove("on_site");
        let on_site = self.truth(&format!("{path}.on_site"), on_site.as_ref());
        self.keep(&format!("{path}."), fields);
        let (Some(uuid), Some(root)) = (uuid, root) else {
            // A field that is there but of the wrong kind has been named already.
            if self.mistakes.len() == before {
                let problem = "an endpoint needs `uuid` and `root_path`".to_owned();
                self.mistakes.push(Mistake {
                    place,
                    key: path.to_owned(),
                    problem,
                });
            }
            return None;
        };
        let on_site = on_site.unwrap_or_else(|| bl832::ON_SITE.contains(&key));
        let empty = || Setting::literal("");
        let endpoint =
            StorageEndpoint::from_settings(EndpointKey::new(key), uuid, uri.unwrap_or_else(empty), root);
        Some(
            endpoint
                .with_setting_name(name.unwrap_or_else(empty))
                .with_setting_local(local)
                .with_on_site(on_site),
        )
    }

    fn app(&mut self, node: Option<Node>) -> Option<(Setting, Setting)> {
        let path = "globus.globus_apps.als_transfer";
        let mut fields = self.map(path, node);
        let (id, secret) = (fields.remove("client_id"), fields.remove("client_secret"));
        self.keep(&format!("{path}."), fields);
        let id = self.setting(&format!("{path}.client_id"), id.as_ref());
        let secret_key = format!("{path}.client_secret");
        let text = self.scalar(&secret_key, secret.as_ref())?;
        let secret = Setting::secret(&text, self.env, &secret_key, secret?.place(self.file));
        Some((id?, secret))
    }

    /// The words that PyYAML takes for truth values, as the incumbent's reader does; quoted or from a variable too.
    fn truth(&mut self, key: &str, node: Option<&Node>) -> Option<bool> {
        let setting = self.setting(key, node)?;
        match setting.text().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                self.mistake(key, node?, "must be true or false");
                None
            }
        }
    }

    fn deletion(&mut self, node: Option<&Node>) -> DeletionMode {
        let Some(setting) = self.setting("deletion", node) else {
            return DeletionMode::default();
        };
        let problem = match setting.text() {
            "report" => return DeletionMode::Report,
            // YAML 1.1 reads a plain `on` as true; the text is what counts here.
            "on" => return DeletionMode::On,
            "quarantine" => {
                "`quarantine` is not supported yet: use `report` (checks, deletes nothing) or `on`"
            }
            _ => "must be `report` (checks, deletes nothing) or `on`",
        };
        if let Some(node) = node {
            self.mistake("deletion", node, problem);
        }
        DeletionMode::default()
    }

    fn stall(&mut self, node: Option<&Node>) -> Duration {
        let Some(setting) = self.setting("stall", node) else {
            return STALL;
        };
        let parsed = duration(setting.text());
        if let (None, Some(node)) = (parsed, node) {
            let problem = "must be a time above zero such as 1h, 30m, 90s, 1h30m, or a number of seconds";
            self.mistake("stall", node, problem);
        }
        parsed.unwrap_or(STALL)
    }

    fn statuses(&mut self, node: Option<Node>) -> BTreeSet<String> {
        let key = "fatal_nice_statuses";
        let Some(node) = node.filter(|node| !node.is_null()) else {
            return FATAL_NICE_STATUSES.map(str::to_owned).into();
        };
        if let Kind::List(items) = node.kind() {
            return items
                .iter()
                .filter_map(|item| self.scalar(key, Some(item)))
                .collect();
        }
        self.mistake(
            key,
            &node,
            "must be a list, such as [FILE_NOT_FOUND, PERMISSION_DENIED]",
        );
        BTreeSet::new()
    }

    fn variables(&mut self, node: Option<Node>) -> BTreeMap<String, Value> {
        let entries = self.map("variables", node);
        entries
            .into_iter()
            .map(|(key, node)| (key, node.to_json(self.env)))
            .collect()
    }
}

/// `1h`, `90s`, `1h30m`, `500ms`, or a number of seconds; `None` if it is none of these or not above zero.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            // A bare number is the whole text.
            "" if number == text.trim() => 1.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        total = total.checked_add(part)?;
        rest = tail;
    }
    (!total.is_zero()).then_some(total)
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
            ("1h30m", Some(5_400_000)),
            ("500ms", Some(500)),
            ("2d", Some(172_800_000)),
            (" 5s ", Some(5_000)),
            ("0", None),
            ("0s", None),
            ("", None),
            ("h", None),
            ("1h30", None),
            ("-1", None),
            ("1 h", None),
            ("1x", None),
            ("1e5", None),
            ("1..2s", None),
            ("inf", None),
            ("99999999999999999999999d", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
