//! What takes too long for the gate: every feature alone, many more cases of every property, the peers under faults,
//! a hundred kills, and a soak of twenty minutes.

use serde_json::Value;

use crate::steps::{Step, Steps};
use crate::{Result, peers, project, soak, tools};

/// How many cases a property has, unless `PROPTEST_CASES` says otherwise. The gate has 256.
const CASES: &str = "2000";

/// The steps in the order in which they are cheap to fail.
pub(crate) const NIGHTLY: Steps = Steps {
    command: "nightly",
    steps: &[
        Step {
            name: "features",
            run: features,
        },
        Step {
            name: "test",
            run: test,
        },
        Step {
            name: "peers",
            run: || peers::run(peers::Extent::Full),
        },
        Step {
            name: "crash",
            run: crash,
        },
        Step {
            name: "soak",
            run: soak::night,
        },
        Step {
            name: "fuzz",
            run: fuzz,
        },
    ],
};

/// Every library with none of its features, and with each of them alone: code of one must not lean on another's.
/// Libraries only, for a crate's tests may ask for all that they need.
///
/// Pedantic lints judge the whole crate's shape, which the gate looks at; a part of it may well have a method too
/// many, and a crate that is nothing without its features need only build without them.
fn features() -> Result {
    for (package, features) in library_features(&project::metadata()?) {
        let alone = ["--lib", "--no-default-features", "--package", &package];
        println!("{package}");
        let mut check = tools::cargo(&["check", "--quiet"]);
        check.args(alone);
        tools::run(check)?;
        for feature in features {
            println!("{package} with {feature}");
            let mut clippy = tools::cargo(&["clippy", "--quiet"]);
            clippy.args(alone).args(["--features", &feature]);
            clippy.args(["--", "-D", "warnings", "-A", "clippy::pedantic"]);
            tools::run(clippy)?;
        }
    }
    Ok(())
}

/// The packages that have features, with their names.
fn library_features(metadata: &Value) -> Vec<(String, Vec<String>)> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter_map(|package| {
            let features = package["features"].as_object()?;
            let names = features.keys().filter(|name| *name != "default").cloned();
            let names: Vec<String> = names.collect();
            let name = package["name"].as_str()?.to_owned();
            (!names.is_empty()).then_some((name, names))
        })
        .collect()
}

/// All features together, in the number of cases that the gate has. The tests that need installed peers are `peers`.
fn test() -> Result {
    let mut test = tools::cargo(&["test", "--workspace", "--exclude", "peer-tests", "--all-features"]);
    test.env("INSTA_UPDATE", "no");
    tools::run(test)
}

/// The command killed at a hundred random instants of a move and its prunes.
fn crash() -> Result {
    let mut test = tools::cargo(&["test", "--package", "splash-flows-cli", "--test", "crash"]);
    test.args(["instants", "--", "--nocapture"])
        .env("CRASH_INSTANTS", "100");
    tools::run(test)
}

/// For ten minutes hostile results of compute tasks; then the same tests with many cases. A failure does not hide
/// others, and a case that failed is printed with its input.
fn fuzz() -> Result {
    let mut hostile = tools::cargo(&["test", "--package", "globus-compute", "--test", "fuzz"]);
    hostile.args(["--", "--nocapture"]);
    if std::env::var_os("FUZZ_SECONDS").is_none() {
        hostile.env("FUZZ_SECONDS", "600");
    }
    tools::run(hostile)?;
    let mut test = tools::cargo(&["test", "--workspace", "--exclude", "peer-tests"]);
    test.args(["--all-features", "--no-fail-fast"]);
    test.env("INSTA_UPDATE", "no");
    if std::env::var_os("PROPTEST_CASES").is_none() {
        test.env("PROPTEST_CASES", CASES);
    }
    tools::run(test)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn features_are_those_of_the_manifests_without_the_default() {
        let metadata = json!({"packages": [
            {"name": "plain", "features": {}},
            {"name": "one", "features": {"default": ["a"], "a": [], "b": ["dep:x"]}},
            {"name": "only-default", "features": {"default": []}},
        ]});
        assert_eq!(
            library_features(&metadata),
            [("one".to_owned(), vec!["a".to_owned(), "b".to_owned()])]
        );
    }
}
