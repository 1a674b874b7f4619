//! What a beamline's Prefect server holds: the names of the incumbent, so that its triggers and either worker go on.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

/// A beamline whose server can be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Beamline {
    /// 8.3.2, tomography.
    #[value(name = "832")]
    Bl832,
    /// 7.0.1.2, ptychography.
    #[value(name = "7012")]
    Bl7012,
}

/// How pools and queues are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// As the incumbent's newest version has them.
    #[default]
    Newest,
    /// As its first versions had them, with Prefect 2.
    Seed,
}

/// A schedule of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cron {
    /// When, as cron writes it.
    pub cron: &'static str,
    /// The time zone that it is meant in.
    pub timezone: &'static str,
    /// Its name on the server.
    pub slug: &'static str,
}

/// A deployment and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeploymentSpec {
    /// The flow's name.
    pub flow: &'static str,
    /// The deployment's name.
    pub name: &'static str,
    /// Its work pool, of type `process`.
    pub pool: &'static str,
    /// Its queue in that pool.
    pub queue: &'static str,
    /// The Python function, for a worker of the incumbent.
    pub entrypoint: Option<&'static str>,
    /// When it starts by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Cron>,
}

const fn at(
    flow: &'static str,
    name: &'static str,
    (pool, queue): (&'static str, &'static str),
    entrypoint: &'static str,
) -> DeploymentSpec {
    DeploymentSpec {
        flow,
        name,
        pool,
        queue,
        entrypoint: if entrypoint.is_empty() {
            None
        } else {
            Some(entrypoint)
        },
        schedule: None,
    }
}

/// A prune: flow, deployment and function have one name.
const fn prune(
    name: &'static str,
    place: (&'static str, &'static str),
    entrypoint: &'static str,
) -> DeploymentSpec {
    at(name, name, place, entrypoint)
}

/// What the catalogue did not take is tried again by runs of it. The incumbent ran it within its moves and had no
/// deployment; the queue is one that none of its workers serves, for they do not know all of its parameters.
const fn ingest(pool: &'static str) -> DeploymentSpec {
    at(
        "scicat-ingest-flow",
        "scicat-ingest-flow",
        (pool, "scicat_ingest_queue"),
        "orchestration/flows/scicat/ingest.py:scicat_ingest_flow",
    )
}

const TWICE_A_DAY: Cron = Cron {
    cron: "0 */12 * * *",
    timezone: "America/Los_Angeles",
    // The incumbent's, though it means another beamline.
    slug: "test-move-733-flight-check",
};

const NEWEST_832: &[DeploymentSpec] = &[
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

const SEED_832: &[DeploymentSpec] = &[
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

const NEWEST_7012: &[DeploymentSpec] = &[
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

const SEED_7012: &[DeploymentSpec] = &[
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

/// The deployments of a beamline.
pub fn deployments(beamline: Beamline, layout: Layout) -> &'static [DeploymentSpec] {
    match (beamline, layout) {
        (Beamline::Bl832, Layout::Newest) => NEWEST_832,
        (Beamline::Bl832, Layout::Seed) => SEED_832,
        (Beamline::Bl7012, Layout::Newest) => NEWEST_7012,
        (Beamline::Bl7012, Layout::Seed) => SEED_7012,
    }
}

/// The variables that staff set, with the values that the incumbent's set-up gives them.
pub fn variables(beamline: Beamline) -> Vec<(&'static str, Value)> {
    match beamline {
        Beamline::Bl832 => vec![
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
        ],
        Beamline::Bl7012 => vec![("globus-settings", json!({"max_wait_seconds": 600}))],
    }
}

/// The Secret blocks of the incumbent, and the variables of the environment that hold their values here.
pub const SECRETS: &[(&str, &str)] = &[
    ("globus-client-id", "GLOBUS_CLIENT_ID"),
    ("globus-client-secret", "GLOBUS_CLIENT_SECRET"),
    ("globus-compute-endpoint", "GLOBUS_COMPUTE_ENDPOINT"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// One row per line, so that a change is one line in the snapshot.
    fn table(beamline: Beamline, layout: Layout) -> String {
        let row = |one: &DeploymentSpec| {
            let schedule = one.schedule.map_or(String::new(), |cron| {
                format!(" | cron {} {} {}", cron.cron, cron.timezone, cron.slug)
            });
            format!(
                "{}/{} | {} | {}{schedule}",
                one.flow, one.name, one.pool, one.queue
            )
        };
        deployments(beamline, layout)
            .iter()
            .map(row)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_tables_are_the_incumbents() {
        for (beamline, layout, name) in [
            (Beamline::Bl832, Layout::Newest, "832_newest"),
            (Beamline::Bl832, Layout::Seed, "832_seed"),
            (Beamline::Bl7012, Layout::Newest, "7012_newest"),
            (Beamline::Bl7012, Layout::Seed, "7012_seed"),
        ] {
            insta::assert_snapshot!(format!("deployments_{name}"), table(beamline, layout));
        }
        insta::assert_json_snapshot!("variables_832", variables(Beamline::Bl832));
    }

    #[test]
    fn no_deployment_stands_twice_and_each_names_its_function() {
        for beamline in [Beamline::Bl832, Beamline::Bl7012] {
            for layout in [Layout::Newest, Layout::Seed] {
                let all = deployments(beamline, layout);
                let names: std::collections::BTreeSet<_> =
                    all.iter().map(|one| (one.flow, one.name)).collect();
                assert_eq!(names.len(), all.len());
                // A prune that only we have is no Python function.
                assert!(
                    all.iter()
                        .all(|one| one.entrypoint.is_some() || one.flow == "prune_data7012")
                );
            }
        }
    }
}
