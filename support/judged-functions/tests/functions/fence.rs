//! What a command is given: its arguments as they are, whatever is in them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::bench::function;

/// Calls the function in a Python of its own, once for each list of arguments; what each command was given.
const DRIVER: &str = "
import json, sys
job = json.load(sys.stdin)
space = {}
exec(job['source'], space)
show = 'import json, sys; print(json.dumps(sys.argv[1:]))'
for arguments in job['cases']:
    outcome = space['run']([sys.executable, '-c', show] + arguments)
    assert outcome['returncode'] == 0 and outcome['duplicate'] is False, outcome
    print(json.dumps(json.loads(outcome['stdout']) == arguments))
";

#[test]
fn odd_names_pass_as_single_arguments() {
    let mut runner = TestRunner::default();
    let text = "[ -~\\u{a0}-\\u{2fff}\n\t'\"$`;&|*?\\\\]{0,20}";
    let strategy = prop::collection::vec(prop::collection::vec(text, 1..4), 12);
    let mut cases = vec![
        vec!["a b".to_owned(), "$(touch PWNED)".to_owned(), "x;y|z".to_owned()],
        vec!["-rf".to_owned(), "'\"".to_owned(), "line\nbreak".to_owned()],
    ];
    cases.extend(strategy.new_tree(&mut runner).unwrap().current());
    let mut child = Command::new("python3")
        .args(["-c", DRIVER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let job = json!({ "source": function().source(), "cases": cases });
    child
        .stdin
        .take()
        .unwrap()
        .write_all(job.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{cases:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<&str> = lines.lines().collect();
    assert_eq!(verdicts, vec!["true"; cases.len()], "{cases:?}");
}

/// Calls the function with one command.
const ONE: &str = "
import json, sys
job = json.load(sys.stdin)
space = {}
exec(job['source'], space)
print(json.dumps(space['run'](job['argv'])))
";

fn python(argv: &[&str]) -> std::process::Child {
    let mut child = Command::new("python3")
        .args(["-c", ONE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let job = json!({ "source": function().source(), "argv": argv });
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(job.to_string().as_bytes()).unwrap();
    child
}

fn outcome(argv: &[&str]) -> serde_json::Value {
    let output = python(argv).wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_status_is_the_command_s_own_and_so_are_its_signals() {
    assert_eq!(outcome(&["sh", "-c", "exit 3"])["returncode"], 3);
    assert_eq!(outcome(&["sh", "-c", "kill -9 $$"])["returncode"], -9);
    // A writer ends with its reader, and complains where that signal is ignored.
    let ended = outcome(&["sh", "-c", "yes | head -n 1"]);
    assert_eq!((&ended["stdout"], &ended["stderr"]), (&json!("y\n"), &json!("")));
    // It has no child that it did not start.
    let alone = "import os\ntry:\n    os.wait()\nexcept ChildProcessError:\n    print('alone')\n";
    assert_eq!(outcome(&["python3", "-c", alone])["stdout"], "alone\n");
}

#[test]
fn a_command_does_not_outlive_the_worker_that_keeps_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("alive");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // The pipe is at its end when the last of the command's processes is dead.
    let line = format!("exec 3>'{}'; sleep 1000 & echo begun >&3; wait", fifo.display());
    let mut worker = python(&["sh", "-c", &line]);
    let mut alive = BufReader::new(std::fs::File::open(&fifo).unwrap());
    let mut said = String::new();
    alive.read_line(&mut said).unwrap();
    assert_eq!(said, "begun\n");
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(alive.read_line(&mut said).unwrap(), 0);
}
