//! Who may depend on whom, among our own crates.

use super::{CLIENTS, GLOBUS_CLIENTS, Violation};
use crate::project::{Dependency, Package, Project};

/// Checks the dependencies that the manifests name.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &project.packages {
        let ours = package
            .dependencies
            .iter()
            .filter(|one| project.package(&one.name).is_some());
        for dependency in ours.filter(|one| !allowed(package, one)) {
            let kind = if dependency.dev { " (for tests)" } else { "" };
            let what = format!("depends on {}{kind}; {}", dependency.name, remedy(package));
            found.push(Violation::new(format!("{}/Cargo.toml", package.folder), what));
        }
    }
    found
}

/// The crates that know no facility, and all that these may use of ours.
fn foundation(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "rest-core" | "run-store" | "scan-h5" | "service-sim" | "settings" => Some(&[]),
        "globus-auth" | "method-table" | "pushgateway" | "webhook" => Some(&["rest-core"]),
        "scan-ingest" => Some(&["scan-h5", "scicat"]),
        "prefect-run-store" => Some(&["prefect-client", "rest-core", "run-store"]),
        "proved-transfer" => Some(&["globus-transfer", "rest-core", "run-store", "settings"]),
        "judged-functions" => Some(&["globus-compute", "proved-transfer", "rest-core", "run-store"]),
        "judged-jobs" => Some(&["proved-transfer", "rest-core", "run-store", "sfapi"]),
        "pipeline" => Some(&[
            "globus-auth",
            "globus-compute",
            "globus-transfer",
            "judged-functions",
            "judged-jobs",
            "prefect-client",
            "prefect-run-store",
            "proved-transfer",
            "pushgateway",
            "rest-core",
            "run-store",
            "scan-h5",
            "scan-ingest",
            "scicat",
            "settings",
            "sfapi",
            "webhook",
        ]),
        _ => None,
    }
}

fn allowed(package: &Package, dependency: &Dependency) -> bool {
    let (name, wanted) = (package.name.as_str(), dependency.name.as_str());
    // A crate names itself to have its own features in its tests.
    if wanted == name {
        return dependency.dev;
    }
    // Tables of a client's methods are for its tests.
    if wanted == "method-table" {
        return dependency.dev;
    }
    if let Some(foundation) = foundation(name) {
        let tries = dependency.dev
            && matches!(wanted, "service-sim" | "globus-transfer")
            && name.starts_with("judged-");
        return tries || foundation.contains(&wanted);
    }
    if CLIENTS.contains(&name) {
        return wanted == "rest-core"
            || (wanted == "globus-auth" && GLOBUS_CLIENTS.contains(&name))
            || (wanted == "service-sim" && dependency.dev);
    }
    match wanted {
        "splash-flows" => {
            matches!(name, "splash-flows-cli" | "examples") || (name == "peer-tests" && dependency.dev)
        }
        "service-sim" => dependency.dev || name == "examples",
        _ => true,
    }
}

fn remedy(package: &Package) -> &'static str {
    match package.name.as_str() {
        "service-sim" => "the simulator shares no code with what it judges",
        "scan-ingest" => "it stands on the catalogue's client and the scan reader, below every facility",
        "proved-transfer" => "it stands on the Globus client and the run store, below every facility",
        "pipeline" => "it composes the clients, below every beamline",
        name if foundation(name).is_some() => "it stands below the clients",
        name if GLOBUS_CLIENTS.contains(&name) => {
            "a Globus client may use rest-core and globus-auth, its tests service-sim"
        }
        name if CLIENTS.contains(&name) => "a client may use rest-core, its tests service-sim",
        _ => {
            "only the command and the examples stand above splash-flows, and only examples ship the simulator"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::package;
    use super::*;

    /// Every crate of ours, and one with the given dependencies.
    fn found(name: &str, dependencies: &[&str]) -> usize {
        let others = [
            "rest-core",
            "globus-auth",
            "globus-transfer",
            "method-table",
            "scicat",
            "sfapi",
            "service-sim",
            "splash-flows",
        ];
        let mut packages: Vec<Package> = others
            .iter()
            .filter(|other| **other != name)
            .map(|other| package(other, other, &[]))
            .collect();
        packages.push(package(name, name, dependencies));
        check(&Project {
            packages,
            ..Project::default()
        })
        .len()
    }

    #[test]
    fn a_client_uses_rest_core_and_others_code_only() {
        assert_eq!(
            found(
                "scicat",
                &["rest-core", "serde", "dev:service-sim", "dev:wiremock"]
            ),
            0
        );
        assert_eq!(found("scicat", &["globus-auth"]), 1);
        assert_eq!(found("scicat", &["service-sim"]), 1);
        assert_eq!(found("scicat", &["dev:globus-transfer", "splash-flows"]), 2);
    }

    #[test]
    fn a_globus_client_also_uses_globus_auth() {
        assert_eq!(found("globus-transfer", &["rest-core", "globus-auth"]), 0);
        assert_eq!(found("globus-compute", &["globus-auth", "globus-transfer"]), 1);
    }

    #[test]
    fn a_client_that_is_still_to_come_is_held_to_the_same() {
        assert_eq!(found("sfapi", &["globus-auth"]), 1);
    }

    #[test]
    fn the_simulator_uses_nothing_of_ours_not_even_for_tests() {
        assert_eq!(found("service-sim", &["axum", "dev:reqwest"]), 0);
        assert_eq!(found("service-sim", &["dev:rest-core"]), 1);
        assert_eq!(found("scicat", &["method-table", "dev:method-table"]), 1);
        assert_eq!(found("peer-tests", &["splash-flows", "dev:splash-flows"]), 1);
    }

    #[test]
    fn splash_flows_has_the_simulator_only_in_tests() {
        assert_eq!(found("splash-flows", &["globus-transfer", "dev:service-sim"]), 0);
        assert_eq!(found("splash-flows", &["service-sim"]), 1);
        assert_eq!(found("examples", &["service-sim", "splash-flows"]), 0);
        assert_eq!(found("run-store", &["splash-flows", "dev:run-store"]), 1);
        assert_eq!(
            found("proved-transfer", &["globus-transfer", "splash-flows", "scicat"]),
            2
        );
        assert_eq!(found("scan-ingest", &["scicat", "globus-transfer"]), 1);
    }
}
