//! `scicat-ingest-flow` and `scicat_dataset_ingest`: what is on disk, into the catalogue.

use pipeline::ingest::{self, Again, Bodies, Issue, Later, Origin, Subject, derive, ingest};
use rest_core::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::dotenv::Environment;
use crate::facility::Facility;
use crate::failure::Failure;
use crate::progress::Event;
use crate::run::RunContext;
use crate::scan_path::ScanPath;

/// The flow, and its deployment.
pub const FLOW: &str = "scicat-ingest-flow";
/// The rules of a tomography scan of 8.3.2, by the name that the incumbent's ingestor has.
pub const TOMOGRAPHY_832: &str = "als_832_dx_4";
/// The endpoints of 8.3.2 where its scans are raw, the nearest first.
const RAW_832: [&str; 2] = ["data832", "spot832"];

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
    fn list(&self) -> Vec<&str> {
        match self {
            Self::One(path) => vec![path],
            Self::Several(paths) => paths.iter().map(String::as_str).collect(),
        }
    }
}

/// The parameters of `scicat-ingest-flow`, as the incumbent's callers send them. Those of `scicat_dataset_ingest` are
/// other names for the first two.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestParameters {
    /// What is to be catalogued.
    #[serde(alias = "file_path")]
    pub dataset_path: Paths,
    /// By which rules; without them those of `SCICAT_INGEST_INGESTER_SPEC`, else of 8.3.2's tomography.
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
    /// The programs that computed it, with their versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_software: Vec<String>,
    /// With which parameters it was computed.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub job_parameters: Map<String, Value>,
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
            used_software: Vec::new(),
            job_parameters: Map::new(),
            scicat_password: None,
        }
    }

    /// The same with the rules named that count, so that a later try is by the same.
    #[must_use]
    pub fn with_spec(mut self, environment: &Environment) -> Self {
        let names = ["SCICAT_INGEST_INGESTER_SPEC", "SCICAT_INGEST_SPEC"];
        let set = |name: &&str| environment.get(name).filter(|spec| !spec.is_empty());
        let usual = names.iter().find_map(set).unwrap_or(TOMOGRAPHY_832);
        self.ingester_spec.get_or_insert_with(|| usual.to_owned());
        self
    }

    fn spec(&self) -> &str {
        self.ingester_spec.as_deref().unwrap_or(TOMOGRAPHY_832)
    }
}

/// The outcome of one run.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct IngestReport {
    /// The run's id.
    pub run_id: String,
    /// Whether the dataset stands in the catalogue, with its files and its picture.
    pub ok: bool,
    /// The dataset's persistent identifier; under the incumbent's name too.
    pub dataset_id: Option<String>,
    /// What was sent; not kept in the record of runs.
    #[serde(flatten)]
    pub bodies: Option<Bodies>,
    /// What the scan lacks.
    pub issues: Vec<Issue>,
    /// The next try, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
    /// The failure, if any.
    pub error: Option<Failure>,
}

impl IngestReport {
    /// The report without the bodies, as it is kept.
    pub(super) fn kept(&self) -> Value {
        let mut kept = self.clone();
        kept.bodies = None;
        json!(kept)
    }
}

/// Reads what would be catalogued and answers the bodies and what the scan lacks. Sends nothing, records nothing.
///
/// # Errors
/// There are no such rules, or the files cannot be read or are no complete scan.
pub async fn dry_run(
    config: &Config,
    environment: &Environment,
    parameters: &IngestParameters,
) -> Result<Value, Failure> {
    let subjects = subjects(config, parameters)?;
    let subjects: Vec<Subject<'_>> = subjects.iter().map(|one| one.on(config)).collect();
    let record = ingest::read(config, environment, &subjects, parameters.spec()).await?;
    let version = scicat::ApiVersion::default();
    Ok(ingest::document(&record.bodies(version), &record.issues))
}

/// Catalogues a scan, once, however often it is asked for. One that failed is tried again by itself: after 15 minutes,
/// 1 hour, 6 hours, then daily.
pub async fn scicat_ingest(run: &RunContext, flow: &str, parameters: &IngestParameters) -> IngestReport {
    if parameters.owner_username.is_some() {
        let text = "the parameter owner_username is ignored: the scan says who owns it".to_owned();
        run.say(&Event::Notice { text });
    }
    let outcome = Box::pin(steps(run, parameters)).await;
    let kept = json!(parameters);
    let later = Later {
        flow,
        deployment: FLOW,
        parameters: &kept,
        same_run: true,
    };
    let again = ingest::settle(run, later, outcome.as_ref().err()).await;
    let mut report = IngestReport {
        run_id: run.run_id().to_owned(),
        ok: outcome.is_ok(),
        dataset_id: None,
        bodies: None,
        issues: Vec::new(),
        again,
        error: None,
    };
    match outcome {
        Ok(ingested) => {
            report.dataset_id = Some(ingested.pid);
            report.bodies = ingested.bodies;
            report.issues = ingested.issues;
        }
        Err(failure) => {
            run.say(&Event::Failed {
                failure: failure.clone(),
            });
            report.error = Some(failure);
        }
    }
    report
}

async fn steps(run: &RunContext, parameters: &IngestParameters) -> Result<ingest::Ingested, Failure> {
    let facility = run.facility();
    let subjects = subjects(facility.config(), parameters)?;
    let subjects: Vec<Subject<'_>> = subjects.iter().map(|one| one.on(facility.config())).collect();
    let client = client(facility, parameters)?;
    let file = subjects.first().map_or("", |subject| subject.path);
    let ingested = if parameters.input_datasets.is_empty() {
        Box::pin(ingest(run, &client, &subjects, parameters.spec())).await
    } else {
        let inputs: Vec<_> = parameters
            .input_datasets
            .iter()
            .map(scicat::DatasetPid::new)
            .collect();
        let origin = Origin {
            inputs: &inputs,
            software: &parameters.used_software,
            parameters: parameters.job_parameters.clone(),
        };
        Box::pin(derive(run, &client, &subjects, origin)).await
    };
    ingested.map_err(|failure| failure.file(file))
}

fn client(facility: &Facility, parameters: &IngestParameters) -> Result<scicat::Client, Failure> {
    let (url, username) = (&parameters.scicat_url, &parameters.scicat_username);
    let password = parameters.scicat_password.as_ref();
    if url.is_none() && username.is_none() && password.is_none() {
        return facility.catalogue().cloned();
    }
    facility.catalogue_as(url.as_deref(), username.as_deref(), password)
}

/// A path that was checked.
struct Checked<'a> {
    path: &'a str,
    /// The same below `/global`, where it is a scan of 8.3.2.
    scan: Option<ScanPath>,
}

impl Checked<'_> {
    fn on<'a>(&'a self, config: &'a Config) -> Subject<'a> {
        match &self.scan {
            None => Subject::new(self.path),
            Some(scan) => subject_832(config, scan),
        }
    }
}

/// A scan of 8.3.2, on those of its endpoints that the configuration has.
pub(super) fn subject_832<'a>(config: &'a Config, scan: &'a ScanPath) -> Subject<'a> {
    let endpoints = RAW_832.iter().filter_map(|key| config.endpoint(key).ok());
    Subject {
        path: scan.original(),
        relative: scan.relative(),
        endpoints: endpoints.collect(),
    }
}

/// Whether rules are the facility's own, which are those of 8.3.2; another beamline's files lie elsewhere.
fn is_832(spec: &str) -> bool {
    crate::SITE_RULES
        .ingest
        .iter()
        .any(|one| one.names.contains(&spec))
}

fn subjects<'a>(config: &Config, parameters: &'a IngestParameters) -> Result<Vec<Checked<'a>>, Failure> {
    let paths = parameters.dataset_path.list();
    if paths.is_empty() {
        return Err(Failure::new("preflight", "path", "dataset_path is an empty list"));
    }
    let check = |path: &'a str| {
        let bad = path.is_empty() || path.contains('\0') || path.split('/').any(|part| part == "..");
        if bad {
            let text = format!("dataset_path {path:?} is empty, or has a NUL or a `..` part");
            return Err(Failure::new("preflight", "path", text));
        }
        let scan = ScanPath::parse(path).ok();
        let known = RAW_832.iter().any(|key| config.endpoint(key).is_ok()) && is_832(parameters.spec());
        Ok(Checked {
            path,
            scan: scan.filter(|_| known),
        })
    };
    paths.into_iter().map(check).collect()
}
