//! The gate: steps in the order in which they are cheap to fail.

use crate::steps::{Step, Steps};
use crate::{Result, peers, rules, soak, tools};

/// The test command that the README gives; the gate runs just that.
pub(crate) const TEST: &[&str] = &["test", "--workspace"];

/// The gate.
pub(crate) const CI: Steps = Steps {
    command: "ci",
    steps: &[
        Step {
            name: "fmt",
            run: fmt,
        },
        Step {
            name: "clippy",
            run: clippy,
        },
        Step {
            name: "test",
            run: test,
        },
        Step {
            name: "doc",
            run: doc,
        },
        Step {
            name: "rules",
            run: rules::run,
        },
        Step {
            name: "deny",
            run: deny,
        },
        Step {
            name: "peers",
            run: || peers::run(peers::Extent::Quick),
        },
        Step {
            name: "soak",
            run: soak::gate,
        },
    ],
};

fn fmt() -> Result {
    tools::run(tools::cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ];
    tools::run(tools::cargo(&arguments))
}

fn test() -> Result {
    let mut test = tools::cargo(TEST);
    // A snapshot that differs is a failure here, never a new file.
    test.env("INSTA_UPDATE", "no");
    tools::run(test)
}

/// Libraries only: the binary `splash-flows` and the library of that name would be written to one folder.
fn doc() -> Result {
    let mut doc = tools::cargo(&["doc", "--workspace", "--no-deps", "--all-features", "--lib"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    tools::run(doc)
}

/// Not `advisories`: its database is a git repository, which a machine that sees only package registries
/// cannot fetch, and a gate that passes or fails by the weather is none.
fn deny() -> Result {
    let mut deny = tools::command(tools::cargo_deny()?, &["--all-features"]);
    deny.args(["check", "bans", "licenses", "sources"]);
    tools::run(deny)
}
