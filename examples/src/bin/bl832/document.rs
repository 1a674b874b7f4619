//! What `--json` prints, and the table for people.

use std::collections::BTreeMap;

use serde::Serialize;
use splash_flows::failure::Failure;
use splash_flows::hpc::ReconReport;
use splash_flows::report::{Catalogued, ScheduledPrune};

/// The whole outcome.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    pub(crate) ok: bool,
    pub(crate) runs: Vec<RunResult>,
    /// Requests of this process, by service, repeats included.
    pub(crate) requests: BTreeMap<String, u64>,
    pub(crate) elapsed_s: f64,
}

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct RunResult {
    pub(crate) run_id: String,
    pub(crate) ok: bool,
    pub(crate) file: String,
    pub(crate) bytes: Option<u64>,
    /// Of the source; null where this machine cannot read it.
    pub(crate) sha256: Option<String>,
    pub(crate) copies: Vec<Copy>,
    pub(crate) scicat: Option<Catalogued>,
    pub(crate) prunes: Vec<ScheduledPrune>,
    /// The reconstructions that were asked for; their failures are the run's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reconstructions: Vec<ReconReport>,
    pub(crate) error: Option<Failure>,
    pub(crate) further_errors: Vec<Failure>,
}

/// One copy.
#[derive(Debug, Serialize)]
pub(crate) struct Copy {
    pub(crate) endpoint: String,
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: Option<String>,
    pub(crate) verified: bool,
}

impl RunResult {
    /// A run that failed before it had a report.
    pub(crate) fn refused(run_id: &str, file: &str, failure: Failure) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            file: file.to_owned(),
            bytes: None,
            sha256: None,
            copies: Vec::new(),
            scicat: None,
            prunes: Vec::new(),
            reconstructions: Vec::new(),
            error: Some(failure),
            further_errors: Vec::new(),
        }
    }
}

/// The table for people.
pub(crate) fn table(document: &Document) -> String {
    let mut text = String::new();
    for run in &document.runs {
        text.push_str(&run_table(run));
    }
    let requests: Vec<String> = document
        .requests
        .iter()
        .map(|(service, count)| format!("{service} {count}"))
        .collect();
    let verdict = if document.ok { "ok" } else { "FAILED" };
    text + &format!(
        "{verdict} in {:.1} s; requests: {}",
        document.elapsed_s,
        requests.join(", ")
    )
}

fn run_table(run: &RunResult) -> String {
    let mut rows = vec![["endpoint", "path", "bytes", "sha256", ""].map(str::to_owned)];
    rows.extend(run.copies.iter().map(row));
    let verdict = if run.ok { "" } else { "  FAILED" };
    let mut lines = vec![format!("run {}  {:?}{verdict}", run.run_id, run.file)];
    lines.extend(aligned(&rows));
    lines.extend(
        run.scicat
            .iter()
            .map(|catalogued| format!("SciCat dataset {}", catalogued.pid)),
    );
    let reconstructed = run.reconstructions.iter();
    lines.extend(reconstructed.flat_map(|recon| {
        let jobs = recon.steps.iter();
        let jobs = jobs.map(|step| format!("{} at {}: job {} done", step.step, step.site, step.id));
        let copies = recon.copies.iter();
        jobs.chain(copies.map(|copy| {
            format!(
                "{} on {}: verified, {} bytes",
                copy.path, copy.endpoint, copy.bytes
            )
        }))
    }));
    let prunes = run
        .prunes
        .iter()
        .chain(run.reconstructions.iter().flat_map(|recon| &recon.prunes));
    lines.extend(prunes.map(|prune| {
        format!(
            "prune of {} at {} if {} proves it (id {})",
            prune.endpoint,
            prune.at.format("%Y-%m-%d %H:%M:%S UTC"),
            prune.check_endpoint.as_deref().unwrap_or("its age"),
            prune.id
        )
    }));
    lines.extend(
        run.error
            .iter()
            .chain(&run.further_errors)
            .map(ToString::to_string),
    );
    lines.join("\n  ") + "\n\n"
}

fn row(copy: &Copy) -> [String; 5] {
    [
        copy.endpoint.clone(),
        // A path may hold line breaks and control characters.
        format!("{:?}", copy.path).trim_matches('"').to_owned(),
        copy.bytes.to_string(),
        copy.sha256.clone().unwrap_or_else(|| "-".to_owned()),
        if copy.verified { "verified" } else { "NOT VERIFIED" }.to_owned(),
    ]
}

/// Columns as wide as their widest cell; a table without rows is left out.
fn aligned(rows: &[[String; 5]]) -> Vec<String> {
    if rows.len() < 2 {
        return Vec::new();
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
