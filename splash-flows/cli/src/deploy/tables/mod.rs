//! What a beamline's Prefect server holds: the names of the incumbent, so that its triggers and either worker go on.

mod bl7012;
mod bl832;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

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

/// The deployments of a beamline.
pub fn deployments(beamline: Beamline, layout: Layout) -> &'static [DeploymentSpec] {
    match (beamline, layout) {
        (Beamline::Bl832, Layout::Newest) => bl832::NEWEST,
        (Beamline::Bl832, Layout::Seed) => bl832::SEED,
        (Beamline::Bl7012, Layout::Newest) => bl7012::NEWEST,
        (Beamline::Bl7012, Layout::Seed) => bl7012::SEED,
    }
}

/// The variables that staff set, with the values that the incumbent's set-up gives them.
pub fn variables(beamline: Beamline) -> Vec<(&'static str, Value)> {
    match beamline {
        Beamline::Bl832 => bl832::variables(),
        Beamline::Bl7012 => bl7012::variables(),
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
