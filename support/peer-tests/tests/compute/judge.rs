//! The real Globus Compute SDK reads, runs and answers what our client writes, and our client reads its answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use globus_compute::serial::{Value, decode_value, to_value};
use globus_compute::{Arguments, Dialect, Function};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// What the SDK makes of calls, in their order.
fn judged(calls: &[(&Function, &Arguments, Dialect)]) -> Vec<Json> {
    let folder =
        PathBuf::from(std::env::var_os("PEER_COMPUTE").expect("cargo xtask peers sets PEER_COMPUTE"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/compute_judge.py");
    let mut judge = Command::new(folder.join("bin/python"))
        .arg(script)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for (function, arguments, dialect) in calls {
        let code = function.code(*dialect).unwrap();
        let payload = arguments.payload(*dialect).unwrap();
        lines += &json!({"code": code, "payload": payload}).to_string();
        lines.push('\n');
    }
    let mut stdin = judge.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let answers = BufReader::new(judge.stdout.take().unwrap());
    let answers: Vec<Json> = answers
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    writer.join().unwrap();
    assert!(judge.wait().unwrap().success());
    assert_eq!(answers.len(), calls.len());
    answers
}

const DIALECTS: [Dialect; 2] = [Dialect::Modern, Dialect::Legacy];

#[test]
fn values_arrive_and_return_as_they_are() {
    let echo = Function::from_source("echo", "def echo(value):\n    return value\n").unwrap();
    let deep = (0..50).fold(json!("bottom"), |inner, _| json!([inner]));
    let mut values = vec![
        to_value(&json!(null)).unwrap(),
        to_value(&json!([
            true,
            false,
            0,
            -1,
            255,
            256,
            65536,
            2_147_483_648_i64,
            i64::MIN,
            u64::MAX
        ]))
        .unwrap(),
        to_value(&json!({"ü☃😀": "größe \u{0} \n \"q\" \\ \u{2028} \u{7f}", "": {"a": [[], {}]}})).unwrap(),
        to_value(&[0.1, -0.0, 1e300, 5e-324, f64::INFINITY, f64::NEG_INFINITY]).unwrap(),
        to_value(&(i128::MAX, i128::MIN, u128::MAX)).unwrap(),
        to_value(&deep).unwrap(),
        Value::Text("x".repeat(100_000)),
    ];
    values.push(to_value(&BTreeMap::from([("k", Some(1)), ("n", None)])).unwrap());
    for dialect in DIALECTS {
        let arguments: Vec<Arguments> = values
            .iter()
            .map(|value| Arguments::new().arg(Plain(value)))
            .collect();
        let calls: Vec<_> = arguments
            .iter()
            .map(|arguments| (&echo, arguments, dialect))
            .collect();
        for (value, answer) in values.iter().zip(judged(&calls)) {
            for form in ["json", "dill"] {
                let text = answer[form]
                    .as_str()
                    .unwrap_or_else(|| panic!("{value:?}: {answer}"));
                assert_eq!(&decode_value(text).unwrap(), value, "{dialect:?} {form}");
            }
        }
    }
}

/// A value as serde has it.
struct Plain<'a>(&'a Value);

impl serde::Serialize for Plain<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::None => serializer.serialize_none(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Int(number) => serializer.serialize_i128(*number),
            Value::BigInt(digits) => serializer.serialize_u128(digits.parse().unwrap()),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items.iter().map(Plain)),
            Value::Dict(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (Plain(key), Plain(value))))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn functions_run_in_both_dialects() {
    let source = "def recon(h5, folder='f', *, n=1):\n    \"\"\"Doc: ünïcödé ☃ 😀\"\"\"\n    import math\n\n    def helper(x):\n        return math.floor(x * 3)\n\n    return {'h5': h5, 'folder': folder, 'n': helper(n)}\n";
    let inside = Function::from_source("recon", source).unwrap();
    let beside = "import math\r\nBASE = 3\r\ndef helper(x):\r\n    return math.floor(x * BASE)\r\ndef recon(h5, folder='f', *, n=1):\r\n    return {'h5': h5, 'folder': folder, 'n': helper(n)}\r\n";
    let beside = Function::from_source("recon", beside).unwrap();
    let lambda = Function::from_source(
        "recon",
        "recon = lambda h5, folder='f', *, n=1: {'h5': h5, 'folder': folder, 'n': 3 * n}\n",
    )
    .unwrap();
    let arguments = Arguments::new()
        .arg("scan_ü😀.h5")
        .kwarg("folder", "α/β")
        .kwarg("n", 7);
    let calls = [
        (&inside, &arguments, Dialect::Modern),
        (&inside, &arguments, Dialect::Legacy),
        (&beside, &arguments, Dialect::Modern),
        (&lambda, &arguments, Dialect::Modern),
    ];
    for answer in judged(&calls) {
        let text = answer["json"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let value = Json::deserialize(decode_value(text).unwrap()).unwrap();
        assert_eq!(value, json!({"h5": "scan_ü😀.h5", "folder": "α/β", "n": 21}));
    }
}

#[test]
fn commands_run() {
    let run = globus_compute::Command::function().unwrap();
    let command =
        globus_compute::Command::shell("printf '%s' \"$A\"; echo err >&2; exit 3").env("A", "a 'b' {c}");
    let arguments = command.arguments().unwrap();
    for dialect in DIALECTS {
        let answer = &judged(&[(&run, &arguments, dialect)])[0];
        let text = answer["json"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let output = globus_compute::CommandOutput::deserialize(decode_value(text).unwrap()).unwrap();
        assert_eq!((output.returncode, output.stdout.as_str()), (3, "a 'b' {c}"));
        assert!(!output.is_success() && output.stderr == "err\n");
    }
}

#[test]
fn what_we_refuse_the_sdk_would_stumble_over() {
    let plain = Arguments::new();
    let payload = plain.payload(Dialect::Modern).unwrap();
    assert_eq!(payload, "5\n11\n[]5\n11\n{}");
    let wrong = Function::from_source("f", "def f():\n    break\n").unwrap();
    let answer = &judged(&[(&wrong, &plain, Dialect::Modern)])[0];
    assert!(
        answer["error"].as_str().unwrap().contains("SyntaxError"),
        "{answer}"
    );
    assert!(Function::from_source("f", "    def f():\n        return 1\n").is_err());
}
