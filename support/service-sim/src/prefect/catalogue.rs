//! What the server of beamline 8.3.2 knows from the start.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Deployment;

/// Flow, deployment, pool, queue.
const DEPLOYMENTS: &[(&str, &str, &str, &str)] = &[
    (
        "dispatcher",
        "run_832_dispatcher",
        "dispatcher_832_pool",
        "dispatcher_832_queue",
    ),
    (
        "new_832_file_flow",
        "new_file_832",
        "new_file_832_pool",
        "new_file_832_queue",
    ),
    (
        "test_832_transfers",
        "test_transfers_832",
        "new_file_832_pool",
        "test_transfers_832_queue",
    ),
    (
        "test_832_transfers_grafana",
        "test_832_transfers_grafana",
        "new_file_832_pool",
        "test_832_transfers_grafana_queue",
    ),
    (
        "scicat-ingest-flow",
        "scicat-ingest-flow",
        "new_file_832_pool",
        "scicat_ingest_queue",
    ),
    (
        "nersc_recon_flow",
        "nersc_recon_flow",
        "nersc_recon_flow_pool",
        "nersc_recon_flow_queue",
    ),
    (
        "nersc_streaming_flow",
        "nersc_streaming_flow",
        "nersc_streaming_pool",
        "nersc_832_streaming_flow_queue",
    ),
    (
        "alcf_recon_flow",
        "alcf_recon_flow",
        "alcf_recon_flow_pool",
        "alcf_recon_flow_queue",
    ),
    (
        "prune_globus_endpoint",
        "prune_globus_endpoint",
        PRUNE_POOL,
        "prune_832_queue",
    ),
    (
        "prune_data832_raw",
        "prune_data832_raw",
        PRUNE_POOL,
        "prune_data832_raw_queue",
    ),
    (
        "prune_data832_scratch",
        "prune_data832_scratch",
        PRUNE_POOL,
        "prune_data832_scratch_queue",
    ),
    ("prune_data832", "prune_data832", PRUNE_POOL, "prune_832_queue"),
    ("prune_spot832", "prune_spot832", PRUNE_POOL, "prune_832_queue"),
    (
        "prune_alcf832_raw",
        "prune_alcf832_raw",
        PRUNE_POOL,
        "prune_alcf832_raw_queue",
    ),
    (
        "prune_alcf832_scratch",
        "prune_alcf832_scratch",
        PRUNE_POOL,
        "prune_alcf832_scratch_queue",
    ),
    (
        "prune_nersc832_alsdev_pscratch_raw",
        "prune_nersc832_alsdev_pscratch_raw",
        PRUNE_POOL,
        "prune_nersc832_pscratch_queue",
    ),
    (
        "prune_nersc832_alsdev_pscratch_scratch",
        "prune_nersc832_alsdev_pscratch_scratch",
        PRUNE_POOL,
        "prune_nersc832_pscratch_queue",
    ),
];
const PRUNE_POOL: &str = "prune_832_pool";

/// The deployments, each with ids made from its names, so that they are the same every time.
pub(super) fn deployments(now: &str) -> Vec<Deployment> {
    DEPLOYMENTS
        .iter()
        .map(|(flow, name, pool, queue)| deployment(now, flow, name, pool, queue))
        .collect()
}

fn deployment(now: &str, flow_name: &'static str, name: &str, pool: &str, queue: &str) -> Deployment {
    let document = json!({
        "id": id(&["deployment", flow_name, name]),
        "created": now,
        "updated": now,
        "name": name,
        "version": null,
        "description": null,
        "flow_id": id(&["flow", flow_name]),
        "paused": false,
        "schedules": [],
        "concurrency_limit": null,
        "global_concurrency_limit": null,
        "concurrency_options": null,
        "job_variables": {},
        "parameters": {},
        "tags": [],
        "labels": { "prefect.flow.id": id(&["flow", flow_name]) },
        "work_pool_name": pool,
        "work_queue_name": queue,
        "work_queue_id": id(&["queue", pool, queue]),
        "last_polled": null,
        "parameter_openapi_schema": schema(flow_name),
        "path": null,
        "pull_steps": [],
        "entrypoint": null,
        "storage_document_id": null,
        "infrastructure_document_id": null,
        "created_by": null,
        "updated_by": null,
        "status": "NOT_READY",
        "enforce_parameter_schema": true,
    });
    Deployment { flow_name, document }
}

/// A flow's parameters in the order of its signature, the required ones first.
fn parameters(flow_name: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match flow_name {
        "dispatcher" => (&[], &["file_path", "is_export_control", "config"]),
        "new_832_file_flow" => (&["file_path"], &["is_export_control", "send_to_nersc", "config"]),
        "test_832_transfers" | "test_832_transfers_grafana" => (&[], &["file_path"]),
        "nersc_streaming_flow" => (&[], &["walltime", "monitor_interval"]),
        prune if prune.starts_with("prune_") => (
            &["relative_path", "source_endpoint"],
            &["check_endpoint", "config"],
        ),
        "scicat-ingest-flow" => (
            &["dataset_path"],
            &[
                "ingester_spec",
                "owner_username",
                "scicat_url",
                "scicat_username",
                "scicat_password",
            ],
        ),
        _ => (&["file_path"], &["config"]),
    }
}

/// The JSON schema of a flow's parameters, which the server holds new runs to.
fn schema(flow_name: &str) -> Value {
    let (required, optional) = parameters(flow_name);
    let property = |(position, name): (usize, &&str)| {
        ((*name).to_owned(), json!({ "title": name, "position": position }))
    };
    let properties: serde_json::Map<String, Value> = required
        .iter()
        .chain(optional)
        .enumerate()
        .map(property)
        .collect();
    json!({
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "required": required,
        "definitions": {},
    })
}

/// The variables with their production values.
pub(super) fn variables(now: &str) -> Vec<Value> {
    let pruning = json!({
        "max_wait_seconds": 120,
        "delete_alcf832_files_after_days": 1,
        "delete_data832_files_after_days": 14,
        "delete_nersc832_files_after_days": 7,
    });
    let decisions = json!({
        "nersc_recon_flow/nersc_recon_flow": true,
        "new_832_file_flow/new_file_832": true,
        "alcf_recon_flow/alcf_recon_flow": false,
    });
    let values = [
        (
            "bl832-settings",
            json!({ "delete_spot832_files_after_days": 1, "delete_data832_files_after_days": 35 }),
        ),
        ("pruning-config", pruning),
        ("globus-settings", json!({ "max_wait_seconds": 600 })),
        ("decision-settings", decisions),
        (
            "alcf-allocation-root-path",
            json!({ "alcf-allocation-root-path": "/eagle/IRIBeta/als" }),
        ),
    ];
    values
        .into_iter()
        .map(|(name, value)| variable(name, &value, &json!([]), now))
        .collect()
}

/// A variable's document.
pub(super) fn variable(name: &str, value: &Value, tags: &Value, now: &str) -> Value {
    json!({
        "id": id(&["variable", name]),
        "created": now,
        "updated": now,
        "name": name,
        "value": value,
        "tags": tags,
    })
}

/// An id that follows from what it stands for.
pub(super) fn id(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, parts.join("\n").as_bytes())
}
