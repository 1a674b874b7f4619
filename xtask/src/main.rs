//! The project's own commands: `cargo xtask ci` is the gate, `cargo xtask peers` runs the real peers. Plain Rust and `serde_json`, so that it builds in seconds on a fresh machine.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to its user"
)]

mod bench;
mod ci;
mod nightly;
mod peers;
mod project;
mod rules;
mod sim;
mod soak;
mod steps;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  ci [--only STEP]...   the gate: every step in order, or only the named ones
  nightly [--only STEP]...  the long things: features alone, all features, peers under faults, many cases
  peers [--quick | --only PEER]  real peers (globus, sfapi, prefect); --quick is what ci runs, without it also what takes long
  soak [--seed N] [--minutes M] [--seconds S]  many scans, everything goes wrong at once, processes are killed
  bench [--only WHAT]   what the main job (moves), reading a scan (ingest), 10,000 small files (many), a large listing (walk)
                        and waiting for jobs (waits) cost;
                        printed, not judged
  help                  this text
";

/// What any command of this program ends in: nothing, or a line for the user.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ci", rest @ ..] => ci::CI.run(rest),
        ["nightly", rest @ ..] => nightly::NIGHTLY.run(rest),
        ["peers"] => peers::run(peers::Extent::Full),
        ["peers", "--quick"] => peers::run(peers::Extent::Quick),
        ["peers", "--only", name] => peers::only(name),
        ["soak", rest @ ..] => soak::run(soak::Plan::parse(rest)?),
        ["bench"] => bench::run(),
        ["bench", "--only", name] => bench::only(name),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}\nsteps of ci: {}\n", ci::CI.names().join(", "));
            println!("steps of nightly: {}", nightly::NIGHTLY.names().join(", "));
            Ok(())
        }
        other => Err(format!("unknown command `{}`; try `cargo xtask help`", other.join(" ")).into()),
    }
}
