//! Tomography.

use serde_json::{Value, json};

use super::{Cron, DeploymentSpec, at, ingest, prune};

const TWICE_A_DAY: Cron = Cron {
    cron: "0 */12 * * *",
    timezone: "America/Los_Angeles",
    // The incumbent's, though it means another beamline.
    slug: "test-move-733-flight-check",
};

/// As the incumbent's newest version has them.
pub(super) const NEWEST: &[DeploymentSpec] = &[
    at(
        "dispatcher",
        "run_832_dispatcher",
        ("dispatcher_832_pool", "dispatcher_832_queue"),
        "orchestration/flows/bl832/dispatcher.py:dispatcher",
    ),
    at(
        "new_832_file_flow",
        "new_file_832",
        ("new_file_832_pool", "new_file_832_queue"),
        "orchestration/flows/bl832/move.py:process_new_832_file_flow",
    ),
    DeploymentSpec {
        schedule: Some(TWICE_A_DAY),
        ..at(
            "test_832_transfers",
            "test_transfers_832",
            ("new_file_832_pool", "test_transfers_832_queue"),
            "orchestration/flows/bl832/move.py:test_transfers_832",
        )
    },
    at(
        "test_832_transfers_grafana",
        "test_832_transfers_grafana",
        ("new_file_832_pool", "test_832_transfers_grafana_queue"),
        "orchestration/flows/bl832/move.py:test_transfers_832_grafana",
    ),
    ingest("new_file_832_pool"),
    at(
        "nersc_recon_flow",
        "nersc_recon_flow",
        ("nersc_recon_flow_pool", "nersc_recon_flow_queue"),
        "orchestration/flows/bl832/nersc.py:nersc_recon_flow",
    ),
    at(
        "nersc_streaming_flow",
        "nersc_streaming_flow",
        ("nersc_streaming_pool", "nersc_832_streaming_flow_queue"),
        "orchestration/flows/bl832/nersc.py:nersc_streaming_flow",
    ),
    at(
        "alcf_recon_flow",
        "alcf_recon_flow",
        ("alcf_recon_flow_pool", "alcf_recon_flow_queue"),
        "orchestration/flows/bl832/alcf.py:alcf_recon_flow",
    ),
    prune(
        "prune_globus_endpoint",
        ("prune_832_pool", "prune_832_queue"),
        "orchestration/prune_controller.py:prune_globus_endpoint",
    ),
    prune(
        "prune_data832_raw",
        ("prune_832_pool", "prune_data832_raw_queue"),
        "orchestration/flows/bl832/prune.py:prune_data832_raw",
    ),
    prune(
        "prune_data832_scratch",
        ("prune_832_pool", "prune_data832_scratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_data832_scratch",
    ),
    prune(
        "prune_data832",
        ("prune_832_pool", "prune_832_queue"),
        "orchestration/flows/bl832/prune.py:prune_data832",
    ),
    prune(
        "prune_spot832",
        ("prune_832_pool", "prune_832_queue"),
        "orchestration/flows/bl832/prune.py:prune_spot832",
    ),
    prune(
        "prune_alcf832_raw",
        ("prune_832_pool", "prune_alcf832_raw_queue"),
        "orchestration/flows/bl832/prune.py:prune_alcf832_raw",
    ),
    prune(
        "prune_alcf832_scratch",
        ("prune_832_pool", "prune_alcf832_scratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_alcf832_scratch",
    ),
    prune(
        "prune_nersc832_alsdev_pscratch_raw",
        ("prune_832_pool", "prune_nersc832_pscratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_nersc832_alsdev_pscratch_raw",
    ),
    prune(
        "prune_nersc832_alsdev_pscratch_scratch",
        ("prune_832_pool", "prune_nersc832_pscratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_nersc832_alsdev_pscratch_scratch",
    ),
];

/// As its first versions had them.
pub(super) const SEED: &[DeploymentSpec] = &[
    at(
        "dispatcher",
        "run_832_dispatcher",
        ("dispatcher_pool", "bl832"),
        "orchestration/flows/bl832/dispatcher.py:dispatcher",
    ),
    at(
        "new_832_file_flow",
        "new_file_832",
        ("new_file_832_flow_pool", "new_file_832_queue"),
        "orchestration/flows/bl832/move.py:process_new_832_file",
    ),
    at(
        "test_832_transfers",
        "test_transfers_832",
        ("new_file_832_flow_pool", "test_transfers_832_queue"),
        "orchestration/flows/bl832/move.py:test_transfers_832",
    ),
    at(
        "test_832_transfers_grafana",
        "test_transfers_832_grafana",
        ("new_file_832_flow_pool", "test_transfers_832_queue"),
        "orchestration/flows/bl832/move.py:test_transfers_832_grafana",
    ),
    prune(
        "prune_spot832",
        ("new_file_832_prune_pool", "prune_spot832_queue"),
        "orchestration/flows/bl832/prune.py:prune_spot832",
    ),
    prune(
        "prune_data832",
        ("new_file_832_prune_pool", "prune_data832_queue"),
        "orchestration/flows/bl832/prune.py:prune_data832",
    ),
    at(
        "scicat_dataset_ingest",
        "ingest_dataset",
        ("scicat_ingest_pool", "ingest_dataset_queue"),
        "orchestration/flows/scicat/ingest.py:ingest_dataset",
    ),
    ingest("scicat_ingest_pool"),
    at(
        "alcf_recon_flow",
        "alcf_recon_flow",
        ("alcf_flow_pool", "alcf_recon_flow_queue"),
        "orchestration/flows/bl832/alcf.py:alcf_recon_flow",
    ),
    prune(
        "prune_alcf832_raw",
        ("alcf_prune_pool", "prune_alcf832_raw_queue"),
        "orchestration/flows/bl832/prune.py:prune_alcf832_raw",
    ),
    prune(
        "prune_alcf832_scratch",
        ("alcf_prune_pool", "prune_alcf832_scratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_alcf832_scratch",
    ),
    prune(
        "prune_data832_raw",
        ("alcf_prune_pool", "prune_data832_raw_queue"),
        "orchestration/flows/bl832/prune.py:prune_data832_raw",
    ),
    prune(
        "prune_data832_scratch",
        ("alcf_prune_pool", "prune_data832_scratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_data832_scratch",
    ),
    at(
        "nersc_recon_flow",
        "nersc_recon_flow",
        ("nersc_flow_pool", "nersc_recon_flow_queue"),
        "orchestration/flows/bl832/nersc.py:nersc_recon_flow",
    ),
    prune(
        "prune_nersc832_alsdev_pscratch_raw",
        ("nersc_prune_pool", "prune_nersc832_pscratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_nersc832_alsdev_pscratch_raw",
    ),
    prune(
        "prune_nersc832_alsdev_pscratch_scratch",
        ("nersc_prune_pool", "prune_nersc832_pscratch_queue"),
        "orchestration/flows/bl832/prune.py:prune_nersc832_alsdev_pscratch_scratch",
    ),
    at(
        "nersc_streaming_flow",
        "nersc_streaming_flow",
        ("nersc_streaming_pool", "nersc_832_streaming_flow_queue"),
        "orchestration/flows/bl832/nersc.py:nersc_streaming_flow",
    ),
    // Later than the seed, but a move of today schedules its prunes here.
    prune(
        "prune_globus_endpoint",
        ("new_file_832_prune_pool", "prune_spot832_queue"),
        "orchestration/prune_controller.py:prune_globus_endpoint",
    ),
];

/// The variables with the values that the incumbent's set-up gives them.
pub(super) fn variables() -> Vec<(&'static str, Value)> {
    vec![
        (
            "bl832-settings",
            json!({"delete_spot832_files_after_days": 1, "delete_data832_files_after_days": 35}),
        ),
        (
            "pruning-config",
            json!({
                "max_wait_seconds": 120, "delete_alcf832_files_after_days": 1,
                "delete_data832_files_after_days": 14, "delete_nersc832_files_after_days": 7,
            }),
        ),
        ("globus-settings", json!({"max_wait_seconds": 600})),
        (
            "decision-settings",
            json!({
                "nersc_recon_flow/nersc_recon_flow": true, "new_832_file_flow/new_file_832": true,
                "alcf_recon_flow/alcf_recon_flow": false,
            }),
        ),
        (
            "alcf-allocation-root-path",
            json!({"alcf-allocation-root-path": "/eagle/IRIBeta/als"}),
        ),
    ]
}
