//! The gate: steps in the order in which they are cheap to fail.

use std::time::{Duration, Instant};

use crate::{Result, peers, rules, tools};

/// The test command that the README gives; the gate runs just that.
pub(crate) const TEST: &[&str] = &["test", "--workspace"];

/// One step of the gate.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    name: &'static str,
    run: fn() -> Result,
}

const STEPS: &[Step] = &[
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
];

/// The names of all steps, in order.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// The steps that the arguments of `ci` ask for: all, or those after each `--only`, always in the gate's order.
pub(crate) fn chosen(arguments: &[&str]) -> Result<Vec<Step>> {
    let mut wanted = Vec::new();
    for pair in arguments.chunks(2) {
        match pair {
            ["--only", name] if names().contains(name) => wanted.push(*name),
            ["--only", name] => {
                return Err(format!("no step `{name}`; steps: {}", names().join(", ")).into());
            }
            _ => return Err(format!("ci takes --only STEP, not `{}`", pair.join(" ")).into()),
        }
    }
    Ok(STEPS
        .iter()
        .filter(|step| wanted.is_empty() || wanted.contains(&step.name))
        .copied()
        .collect())
}

/// Runs the steps; the first failure ends the gate and says how to repeat that step alone.
pub(crate) fn run(steps: &[Step]) -> Result {
    let mut times = Vec::new();
    for step in steps {
        println!("== {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        times.push((step.name, start.elapsed()));
        if let Err(error) = outcome {
            print_times(&times);
            return Err(format!(
                "{} failed: {error}\nto repeat: cargo xtask ci --only {}",
                step.name, step.name
            )
            .into());
        }
    }
    print_times(&times);
    println!("all passed");
    Ok(())
}

fn print_times(times: &[(&str, Duration)]) {
    println!("== times");
    for (name, time) in times {
        println!("{name:<8}{:>8.1} s", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:<8}{:>8.1} s", "total", total.as_secs_f64());
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen_names(arguments: &[&str]) -> Vec<&'static str> {
        chosen(arguments).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn without_arguments_every_step_is_chosen() {
        assert_eq!(chosen_names(&[]), names());
    }

    #[test]
    fn only_keeps_the_order_of_the_gate() {
        assert_eq!(
            chosen_names(&["--only", "rules", "--only", "fmt"]),
            ["fmt", "rules"]
        );
    }

    #[test]
    fn an_unknown_step_or_flag_is_refused() {
        assert!(chosen(&["--only", "tests"]).is_err());
        assert!(chosen(&["--only"]).is_err());
        assert!(chosen(&["fmt", "rules"]).is_err());
    }
}
