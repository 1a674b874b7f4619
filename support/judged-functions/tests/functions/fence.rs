//! What a command is given: its arguments as they are, whatever is in them.

use std::io::Write as _;
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
