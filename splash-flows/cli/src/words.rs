//! The end of a run in words.

use serde_json::Value;
use splash_flows::failure::Failure;

/// The lines that people read after a run; `report` is the flow's report.
pub fn summary(report: &Value) -> String {
    let mut lines = Vec::new();
    let run = text(&report["run_id"]);
    let verdict = if report["ok"] == true { "done" } else { "FAILED" };
    lines.push(format!("run {run}: {verdict}"));
    for copy in list(&report["copies"]) {
        lines.push(format!(
            "  copy on {}: {} ({} bytes, verified)",
            text(&copy["endpoint"]),
            text(&copy["path"]),
            copy["bytes"]
        ));
    }
    let pid = report["scicat"]["pid"].as_str();
    if let Some(pid) = pid.or(report["dataset_id"].as_str()) {
        lines.push(format!("  SciCat dataset {pid}"));
    }
    for prune in list(&report["prunes"]) {
        lines.push(format!(
            "  prune of {} at {} (proved by {}; {})",
            text(&prune["endpoint"]),
            text(&prune["at"]),
            text(&prune["check_endpoint"]),
            text(&prune["id"])
        ));
    }
    if let Some(outcome) = report["outcome"].as_str() {
        lines.push(format!(
            "  {} on {}: {}",
            text(&report["path"]),
            text(&report["endpoint"]),
            outcome.replace('_', " ")
        ));
    }
    if let Some(trash) = report["trash"]["path"].as_str() {
        lines.push(format!(
            "  in the trash as {trash} until {}",
            text(&report["trash"]["until"])
        ));
    }
    if let Some(at) = report["again"]["at"].as_str() {
        lines.push(format!(
            "  tried again at {at} ({})",
            text(&report["again"]["id"])
        ));
    }
    lines.extend(remarks(report));
    lines.join("\n")
}

/// The lines that people read after `ingest --dry-run`.
pub fn dry_ingest(document: &Value) -> String {
    let dataset = &document["dataset"];
    let mut lines = vec![format!(
        "would catalogue {:?} in {}",
        text(&dataset["datasetName"]),
        text(&dataset["sourceFolder"])
    )];
    for (name, key) in [
        ("owner", "ownerGroup"),
        ("contact", "contactEmail"),
        ("time", "creationTime"),
    ] {
        lines.push(format!("  {name}: {}", text(&dataset[key])));
    }
    let values = dataset["scientificMetadata"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    lines.push(format!("  {values} values of scientific metadata"));
    let block = &document["origdatablock"];
    let files = list(&block["dataFileList"]).len();
    lines.push(format!("  {files} files, {} bytes", block["size"]));
    let picture = document["attachment"]["thumbnail"].as_str().map(str::len);
    lines.push(match picture {
        Some(length) => format!("  a picture of {} KiB as text", length.div_ceil(1024)),
        None => "  no picture".to_owned(),
    });
    lines.extend(remarks(document));
    lines.join("\n")
}

fn remarks(report: &Value) -> impl Iterator<Item = String> {
    let issues = list(&report["issues"]).iter();
    issues.map(|issue| format!("  {}: {}", text(&issue["severity"]), text(&issue["msg"])))
}

/// The failures of a run, one line each, with what to do; nothing if there is none.
pub fn failures(report: &Value) -> Option<String> {
    let further = list(&report["further_errors"]);
    let lines: Vec<String> = std::iter::once(&report["error"])
        .chain(further)
        .filter_map(|error| serde_json::from_value::<Failure>(error.clone()).ok())
        .map(|failure| failure.to_string())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_move_and_a_prune_read_well() {
        let moved = summary(&json!({
            "run_id": "R", "ok": true, "copies": [{"endpoint": "data832", "path": "/data/raw/x.h5", "bytes": 5}],
            "scicat": {"pid": "20.500/1"}, "prunes": [], "issues": [{"severity": "warning", "msg": "dataset not found /a"}]
        }));
        assert_eq!(
            moved,
            "run R: done\n  copy on data832: /data/raw/x.h5 (5 bytes, verified)\n  SciCat dataset 20.500/1\n  warning: dataset not found /a"
        );
        let pruned = summary(
            &json!({"run_id": "P", "ok": true, "endpoint": "spot832", "path": "/raw/x.h5", "outcome": "would_delete"}),
        );
        assert_eq!(pruned, "run P: done\n  /raw/x.h5 on spot832: would delete");
    }
}
