//! What is wrong in config.yml.

use std::collections::BTreeMap;
use std::path::Path;

use settings::{Document, Mistakes, Place};
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows::endpoint::{EndpointError, StorageEndpoint};
use splash_flows::flows::bl832;

use super::{Finding, folders};

/// The endpoints that the flows of 8.3.2 address.
const USED: [&str; 3] = ["spot832", "data832", "nersc832"];

/// The top keys that other tools read.
const OF_OTHERS: [&str; 4] = ["ghcr_images832", "harbor_images832", "prefect", "scicat"];

/// The keys that are easily missed when they are misspelt: their absence changes what may be deleted or leave the site.
const OURS: &[&str] = &[
    "batch_across_runs",
    "data_access",
    "deletion",
    "export_control",
    "fatal_nice_statuses",
    "globus",
    "globus_apps",
    "globus_endpoints",
    "als_transfer",
    "local_path",
    "maximum_bytes",
    "maximum_files",
    "minimum_age",
    "name",
    "never_delete",
    "notify",
    "on_site",
    "retention",
    "root_path",
    "share",
    "stall",
    "trash_days",
    "uri",
    "uuid",
    "variables",
    "webhook",
];

/// The most characters that a key and its misspelling differ in; of a short one, half as many.
const SPELLING: usize = 2;
const SHORT: usize = 4;

/// The configuration as far as it can be read, and where its keys stand.
pub(super) struct ConfigFile {
    pub(super) config: Config,
    pub(super) places: BTreeMap<String, Place>,
}

/// Reads the file and checks what needs neither variables of the services nor the network.
pub(super) fn check(path: &Path, env: &Environment, findings: &mut Vec<Finding>) -> Option<ConfigFile> {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let remedy = "name another file with --config, or copy config.example.yml to it and fill it in";
            findings.push(Finding::of_file(
                path,
                format!("cannot be read: {error}; {remedy}"),
            ));
            return None;
        }
    };
    let read = Config::inspect(&text, &name, env, &splash_flows::SITE_RULES);
    let places = Document::read(&text, &name, env).map(|document| document.places());
    let (inspection, places) = match (read, places) {
        (Ok(inspection), Ok(places)) => (inspection, places),
        (Err(mistake), _) | (_, Err(mistake)) => {
            findings.push(Finding::from(&mistake));
            return None;
        }
    };
    let mistakes = inspection.mistakes.iter().flat_map(Mistakes::list);
    findings.extend(mistakes.map(Finding::from));
    findings.extend(inspection.unknown.iter().filter_map(unknown));
    let file = ConfigFile {
        config: inspection.config,
        places,
    };
    file.check_endpoints(findings);
    file.check_schedule(env, findings);
    Some(file)
}

/// A key that nothing reads: a mistake if it looks like one of ours.
fn unknown((place, key): &(Place, String)) -> Option<Finding> {
    let name = key.rsplit('.').next().unwrap_or(key);
    if OF_OTHERS.contains(&key.as_str()) || key.starts_with("globus.globus_apps.") {
        return None;
    }
    let distance = |known: &str| strsim::osa_distance(&name.to_lowercase(), known);
    let near = |known: &&&str| {
        distance(known)
            <= if known.len() > SHORT {
                SPELLING
            } else {
                SPELLING / 2
            }
    };
    let meant = OURS.iter().filter(near).min_by_key(|known| distance(known));
    Some(match meant {
        Some(known) => Finding::error(
            Some(place),
            key,
            format!("is no key that is read: it should be `{known}`"),
        ),
        None => Finding::note(Some(place), key, "is not read by these flows"),
    })
}

impl ConfigFile {
    /// Where the value of a key stands.
    pub(super) fn place(&self, key: &str) -> Option<&Place> {
        self.places.get(key)
    }

    fn check_endpoints(&self, findings: &mut Vec<Finding>) {
        for key in USED.iter().filter(|key| self.config.endpoint(key).is_err()) {
            let message = format!("has no endpoint `{key}`, which the flows of 8.3.2 need: add it");
            findings.push(Finding::error(
                self.place("globus.globus_endpoints"),
                "globus.globus_endpoints",
                message,
            ));
        }
        for (key, endpoint) in self.config.endpoints() {
            self.check_endpoint(endpoint, USED.contains(&key.as_str()), findings);
        }
    }

    /// One endpoint: an error where the flows use it, or where it is wrong whoever uses it.
    fn check_endpoint(&self, endpoint: &StorageEndpoint, is_used: bool, findings: &mut Vec<Finding>) {
        let key = |field: &str| format!("globus.globus_endpoints.{}.{field}", endpoint.key());
        let mut add = |field: &str, matters: bool, message: String| {
            let key = key(field);
            // What is missing has been told already.
            if let Some(place) = self.places.get(&key) {
                findings.push(Finding::error(Some(place), &key, message).unless(matters));
            }
        };
        if let Err(error) = endpoint.uuid() {
            add("uuid", is_used, told(&error));
        }
        if let Err(error) = endpoint.root() {
            let matters = is_used || !matches!(error, EndpointError::Unset(_));
            add("root_path", matters, told(&error));
        }
        match endpoint.local("x") {
            Ok(Some(below)) => {
                if let Some(problem) = folders::unreadable(below.parent().unwrap_or(&below)) {
                    add("local_path", true, problem);
                }
            }
            Err(EndpointError::Unset(unset)) => add("local_path", is_used, unset.problem()),
            Ok(None) | Err(_) => {}
        }
    }

    /// Without a Prefect server its variables come from this file.
    fn check_schedule(&self, env: &Environment, findings: &mut Vec<Finding>) {
        if env
            .get("PREFECT_API_URL")
            .is_some_and(|url| !url.trim().is_empty())
        {
            return;
        }
        let key = format!("variables.{}", bl832::VARIABLE);
        let problem = match self.config.variables().get(bl832::VARIABLE) {
            Some(value) => bl832::check_variable(value).err().map(|failure| failure.message),
            None => Some(
                "is needed where there is no Prefect server (PREFECT_API_URL is not set): add it, with the days after \
                 which copies are pruned"
                    .to_owned(),
            ),
        };
        let place = self.place(&key).or_else(|| self.place("variables"));
        findings.extend(problem.map(|problem| Finding::error(place, &key, problem)));
    }
}

/// What is wrong with a value, without the key, and what to do.
fn told(error: &EndpointError) -> String {
    match error {
        EndpointError::Unset(unset) => unset.problem(),
        EndpointError::Uuid(..) => {
            "is no uuid: put the collection's id here, as the Globus web app shows it".to_owned()
        }
        EndpointError::Root(_, text, problem) => format!("{text:?} {problem}"),
        other => other.to_string(),
    }
}
