//! `scicat-ingest-flow` and `scicat_dataset_ingest`: what is on disk, into the catalogue.

use pipeline::ingest::{
    self, Again, Bodies, Copy, Derivation, Ingested, Issue, Later, Subject, dataset_of, datasets_of, derive,
    ingest, look_for_copies, seen_here, seen_on, tell,
};
use scicat::{Client, Dataset, DatasetPid};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;
use crate::dotenv::Environment;
use crate::facility::Facility;
use crate::failure::Failure;
use crate::progress::Event;
use crate::report::Catalogued;
use crate::run::RunContext;
use crate::scan_path::ScanPath;

pub use pipeline::ingest::{FLOW, IngestParameters, Paths};

/// The rules of a tomography scan of 8.3.2, by the name that the incumbent's ingestor has.
pub const TOMOGRAPHY_832: &str = "als_832_dx_4";
/// The rules of a scan of 7.0.1.2, which stand in config.yml.
pub const PTYCHOGRAPHY_7012: &str = "bl7012";
/// The endpoints of 8.3.2 where its scans are raw, the nearest first.
const RAW_832: [&str; 2] = ["data832", "spot832"];
/// That of its results.
const RESULTS_832: &str = "data832_scratch";

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
    let parameters = &parameters.clone().with_spec(&crate::SITE_RULES, environment);
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
        Ok((pid, ingested)) => {
            report.dataset_id = pid.map(|pid| pid.to_string());
            if let Some(ingested) = ingested {
                report.bodies = ingested.bodies;
                report.issues = ingested.issues;
            }
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

/// Catalogues what is asked for, then sees where its copies are.
async fn steps(
    run: &RunContext,
    parameters: &IngestParameters,
) -> Result<(Option<DatasetPid>, Option<Ingested>), Failure> {
    let facility = run.facility();
    let subjects = subjects(facility.config(), parameters)?;
    let subjects: Vec<Subject<'_>> = subjects.iter().map(|one| one.on(facility.config())).collect();
    let client = client(facility, parameters)?;
    let file = subjects.first().map_or("", |subject| subject.path);
    let done = async {
        let (pid, ingested) = if parameters.only_copies {
            (dataset_of(&client, facility.environment(), file).await?, None)
        } else {
            let ingested = Box::pin(catalogued(run, &client, &subjects, parameters)).await?;
            (Some(DatasetPid::new(&ingested.pid)), Some(ingested))
        };
        let copies = look_for_copies(run, &client, pid.as_ref(), file, &parameters.copies);
        Box::pin(copies).await?;
        Ok((pid, ingested))
    };
    done.await.map_err(|failure: Failure| failure.file(file))
}

/// Catalogues what was moved, by the rules `spec`, and writes down its copies. What fails is tried again by itself, as a
/// run of its own; the first of the answer is when.
pub(super) async fn catalogue_moved(
    run: &RunContext,
    subject: Subject<'_>,
    spec: &str,
    copies: &[Copy<'_>],
) -> (Option<Again>, Result<(Catalogued, Vec<Issue>), Failure>) {
    let path = subject.path;
    let mut parameters = IngestParameters::new(path, Some(spec));
    parameters.copies = copies
        .iter()
        .map(|copy| copy.endpoint.key().to_string())
        .collect();
    let parameters = json!(parameters);
    let catalogue = run.facility().catalogue();
    let ingested = match &catalogue {
        Ok(client) => ingest(run, client, &[subject], spec).await,
        Err(failure) => Err(failure.clone()),
    };
    let later = Later {
        flow: FLOW,
        deployment: FLOW,
        parameters: &parameters,
        same_run: false,
    };
    let again = ingest::settle(run, later, ingested.as_ref().err()).await;
    match (ingested, catalogue) {
        (Ok(ingested), Ok(client)) => {
            let told = Box::pin(tell(run, client, &ingested.pid, path, copies)).await;
            let mut issues = ingested.issues;
            issues.extend(told.issues);
            let catalogued = Catalogued::new(ingested.pid);
            (again.or(told.again), Ok((catalogued, issues)))
        }
        (Err(failure), _) | (_, Err(failure)) => (again, Err(failure)),
    }
}

async fn catalogued(
    run: &RunContext,
    client: &Client,
    subjects: &[Subject<'_>],
    parameters: &IngestParameters,
) -> Result<Ingested, Failure> {
    if !parameters.is_derived() {
        return ingest(run, client, subjects, parameters.spec()).await;
    }
    let key = subjects.first().map_or("", |subject| subject.relative);
    derive(run, client, key, computed(run, client, subjects, parameters)).await
}

/// A result, as this machine or one of its endpoints shows it, and what it was computed from.
async fn computed(
    run: &RunContext,
    client: &Client,
    subjects: &[Subject<'_>],
    parameters: &IngestParameters,
) -> Result<(Derivation, Vec<Dataset>), Failure> {
    let mut pids: Vec<_> = parameters.input_datasets.iter().map(DatasetPid::new).collect();
    let environment = run.facility().environment();
    pids.extend(datasets_of(client, environment, &parameters.input_files).await?);
    let result = match (seen_here(run, subjects).await, subjects) {
        (Err(failure), [one]) => {
            let there = seen_on(run, one.path, &parameters.copies).await?;
            there.ok_or(failure)?
        }
        (here, _) => here?,
    };
    let result = result
        .software(parameters.used_software.iter().cloned())
        .parameters(parameters.job_parameters.clone());
    Ok((result, ingest::inputs(client, &pids).await?))
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
    /// The endpoint on which this machine may see it, for what is no such scan.
    held_by: Option<&'static str>,
}

impl Checked<'_> {
    fn on<'a>(&'a self, config: &'a Config) -> Subject<'a> {
        // What lies below one endpoint has the name that the catalogue gives that endpoint's folder.
        let held = self.held_by.and_then(|key| {
            let relative = crate::SITE_RULES.relative_on(key, self.path)?;
            Some((relative, config.endpoint(key).ok()?))
        });
        match (held, &self.scan) {
            (Some((relative, endpoint)), _) => Subject {
                path: self.path,
                relative,
                endpoints: vec![endpoint],
            },
            (None, Some(scan)) => subject_832(config, scan),
            (None, None) => Subject::new(self.path),
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
        let is_result = known && crate::SITE_RULES.relative_on(RESULTS_832, path).is_some();
        let held_by = match parameters.spec() {
            PTYCHOGRAPHY_7012 => Some("data7012"),
            _ => is_result.then_some(RESULTS_832),
        };
        Ok(Checked {
            path,
            scan: scan.filter(|_| known),
            held_by,
        })
    };
    paths.into_iter().map(check).collect()
}
