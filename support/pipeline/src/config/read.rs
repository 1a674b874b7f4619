//! From the text to [`Config`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proved_transfer::control::{ExportControl, PathPattern};
use serde_json::Value;
use settings::dotenv::Environment;
use settings::{Document, Mistake, Section};

use super::ingest::{self, Ingest};
use super::{Config, DeletionMode, EndpointKey, Inspection, Notify, pruning, pruning::Pruning};
use crate::endpoint::{EndpointSettings, StorageEndpoint};
use crate::site::SiteRules;

const STALL: Duration = Duration::from_secs(60 * 60);
const FATAL_NICE_STATUSES: [&str; 2] = ["FILE_NOT_FOUND", "PERMISSION_DENIED"];

/// The top keys that are read here; every other one is `extra`.
const TOP_KEYS: &[&str] = &[
    "globus",
    "deletion",
    "export_control",
    "batch_across_runs",
    "notify",
    "stall",
    "fatal_nice_statuses",
    "variables",
];

/// Reads the whole file, whatever is wrong in it: what is wrong reads as if it were not there.
pub(super) fn inspect(
    text: &str,
    file: &str,
    env: &Environment,
    site: &'static SiteRules,
) -> Result<Inspection, Mistake> {
    let document = Document::read(text, file, env)?;
    let config = config(&document.top(), file, site);
    Ok(Inspection {
        config,
        mistakes: document.mistakes(),
        unknown: document.unknown_keys(),
    })
}

fn config(top: &Section<'_>, file: &str, site: &'static SiteRules) -> Config {
    let globus = top.section("globus");
    let endpoints_section = globus.section("globus_endpoints");
    let keys = endpoints_section.keys().into_iter();
    let fatal = top.list("fatal_nice_statuses", "must be a text", |text| {
        Some(text.to_owned())
    });
    let endpoints: BTreeMap<EndpointKey, StorageEndpoint> = keys
        .map(|key| {
            (
                EndpointKey::new(key),
                endpoint(key, &endpoints_section.section(key), site),
            )
        })
        .collect();
    let pruning = Pruning::read(top, &endpoints, site);
    let opened =
        |key: &&EndpointKey| endpoints_section.section(key.as_str()).boolean("data_access") == Some(true);
    Config {
        file: file.to_owned(),
        site,
        export_control: ExportControl::new(patterns(top), endpoints.values().cloned()),
        data_access: endpoints.keys().filter(opened).cloned().collect(),
        app: app(&globus.section("globus_apps")),
        endpoints,
        deletion: deletion(top).unwrap_or_default(),
        pruning,
        ingest: Ingest::read(top, site),
        share: share(&globus).unwrap_or(1),
        batch_across_runs: top.boolean("batch_across_runs").unwrap_or(false),
        notify: Notify::read(top),
        stall: top.duration("stall").unwrap_or(STALL),
        fatal_nice_statuses: fatal.map_or_else(
            || FATAL_NICE_STATUSES.map(str::to_owned).into(),
            BTreeSet::from_iter,
        ),
        variables: variables(top),
        own: (site.settings)(top),
        extra: top.others(&[TOP_KEYS, &pruning::KEYS, &ingest::KEYS, site.keys].concat()),
    }
}

fn endpoint(key: &str, section: &Section<'_>, site: &SiteRules) -> StorageEndpoint {
    let settings = EndpointSettings {
        uuid: section.required("uuid"),
        root_path: section.required("root_path"),
        uri: section.setting("uri").unwrap_or_default(),
        name: section.setting("name").unwrap_or_default(),
        local_path: section.setting("local_path"),
        on_site: section
            .boolean("on_site")
            .unwrap_or_else(|| site.on_site.contains(&key)),
    };
    StorageEndpoint::from_settings(EndpointKey::new(key), settings)
}

/// `1/n`: this process is one of n.
fn share(globus: &Section<'_>) -> Option<u32> {
    let problem = "must be 1/n, where n processes share the user: 1/2 for two of them, at most 1/20";
    globus.parsed("share", problem, |text| {
        let processes = text.trim().strip_prefix("1/")?.trim().parse().ok()?;
        (1..=20).contains(&processes).then_some(processes)
    })
}

fn app(apps: &Section<'_>) -> Option<(settings::Setting, settings::Setting)> {
    let app = apps.section("als_transfer");
    if app.keys().is_empty() {
        return None;
    }
    Some((app.required("client_id"), app.required_secret("client_secret")))
}

fn patterns(top: &Section<'_>) -> Vec<PathPattern> {
    let problem = "must be a pattern such as /raw/folder/**, /raw/*/scan.h5 or *_secret_*: `*` stands for part of \
                   one name, `**` for whole folders";
    top.list("export_control", problem, PathPattern::parse)
        .unwrap_or_default()
}

fn deletion(top: &Section<'_>) -> Option<DeletionMode> {
    // YAML 1.1 reads a plain `on` as true; what counts here is the text.
    let problem = "must be `report` (checks, deletes nothing), `quarantine` (moves into the trash) or `on`";
    top.parsed("deletion", problem, |text| match text {
        "report" => Some(DeletionMode::Report),
        "quarantine" => Some(DeletionMode::Quarantine),
        "on" => Some(DeletionMode::On),
        _ => None,
    })
}

fn variables(top: &Section<'_>) -> BTreeMap<String, Value> {
    let variables = top.section("variables");
    let value = |name: &str| (name.to_owned(), variables.value(name).unwrap_or_default());
    variables.keys().into_iter().map(value).collect()
}
