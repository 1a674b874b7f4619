//! Ptychography.

use serde_json::{Value, json};

use super::{DeploymentSpec, at, ingest, prune};

/// As the incumbent's newest version has them.
pub(super) const NEWEST: &[DeploymentSpec] = &[
    at(
        "process_newfile_7012_ptycho4",
        "bl7012-process-new-file",
        ("process_newdata7012_ptycho4", "bl7012_ptycho4"),
        "orchestration/flows/bl7012/move.py:process_new_file",
    ),
    // Those below have no deployment of the incumbent's; the queues are its earlier ones.
    at(
        "transfer_auto_recon",
        "transfer_auto_recon",
        ("process_newdata7012_ptycho4", "transfer_auto_recon"),
        "orchestration/flows/bl7012/move_recon.py:transfer_auto_recon",
    ),
    at(
        "test_cosmicDTN_transfers",
        "test_cosmicDTN_transfers",
        ("process_newdata7012_ptycho4", "bl7012_ptycho4"),
        "orchestration/flows/bl7012/move.py:test_transfers_7012",
    ),
    prune(
        "prune_globus_endpoint",
        ("prune_7012_pool", "prune_7012_queue"),
        "orchestration/prune_controller.py:prune_globus_endpoint",
    ),
    prune("prune_data7012", ("prune_7012_pool", "prune_7012_queue"), ""),
    ingest("process_newdata7012_ptycho4"),
];

/// As its first versions had them.
pub(super) const SEED: &[DeploymentSpec] = &[
    at(
        "process_newfile_7012_ptycho4",
        "process_newdata7012",
        ("default-agent-pool", "bl7012"),
        "orchestration/flows/bl7012/move.py:process_new_file",
    ),
    at(
        "transfer_auto_recon",
        "transfer_auto_recon",
        ("default-agent-pool", "transfer_auto_recon"),
        "orchestration/flows/bl7012/move_recon.py:transfer_auto_recon",
    ),
    at(
        "test_cosmicDTN_transfers",
        "test_cosmicDTN_transfers",
        ("default-agent-pool", "bl7012"),
        "orchestration/flows/bl7012/move_recon.py:test_transfers_7012",
    ),
    prune(
        "prune_globus_endpoint",
        ("default-agent-pool", "bl7012"),
        "orchestration/prune_controller.py:prune_globus_endpoint",
    ),
    prune("prune_data7012", ("default-agent-pool", "bl7012"), ""),
    ingest("default-agent-pool"),
];

/// The variables with the values that the incumbent's set-up gives them.
pub(super) fn variables() -> Vec<(&'static str, Value)> {
    vec![("globus-settings", json!({"max_wait_seconds": 600}))]
}
