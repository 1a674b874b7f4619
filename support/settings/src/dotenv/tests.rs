//! The expected values are those of python-dotenv 1.2.4 (Python 3.11, `load_dotenv(override=False)` on a file).

use super::*;

fn parse(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    let process = Environment::from_vars([("P".to_owned(), "proc".to_owned())]);
    let read = parse::variables(text, &process);
    if let Some(error) = read.errors.into_iter().next() {
        return Err(error);
    }
    let set = read.variables.into_iter();
    Ok(set
        .filter_map(|(name, variable)| Some((name, variable.value?)))
        .collect())
}

#[test]
fn reads_as_python_dotenv_does() {
    let table: &[(&str, &[(&str, &str)])] = &[
        ("", &[]),
        ("A=1\n", &[("A", "1")]),
        ("A=1", &[("A", "1")]),
        ("export A=1", &[("A", "1")]),
        ("export\tA = 1", &[("A", "1")]),
        ("  A  =  1  ", &[("A", "1")]),
        ("A=", &[("A", "")]),
        ("A", &[]),
        ("A\nB=${A:-d}", &[("B", "")]),
        ("A= # c", &[("A", "")]),
        ("A=#1", &[("A", "#1")]),
        ("A=1 # c", &[("A", "1")]),
        ("A=1# c", &[("A", "1# c")]),
        ("A=a b\tc  #d # e", &[("A", "a b\tc")]),
        ("# c\n\n  # d\nA=1 \n", &[("A", "1")]),
        ("A='x'", &[("A", "x")]),
        ("A=\"x\" # c", &[("A", "x")]),
        ("A='x'# c", &[("A", "x")]),
        ("A='a # b'", &[("A", "a # b")]),
        ("A=\"a # b\"", &[("A", "a # b")]),
        ("A='a\\nb\\'c\\\\'", &[("A", "a\\nb'c\\")]),
        ("A=\"a\\nb\\tc\\\"d\\'e\\\\f\\x\"", &[("A", "a\nb\tc\"d'e\\f\\x")]),
        ("A=a\\nb", &[("A", "a\\nb")]),
        ("A=\"l1\nl2\"\nB=2", &[("A", "l1\nl2"), ("B", "2")]),
        ("A='l1\nl2'", &[("A", "l1\nl2")]),
        ("A='l1\r\nl2'\r\nB=2\r\n", &[("A", "l1\nl2"), ("B", "2")]),
        ("A=1\rB=2", &[("A", "1"), ("B", "2")]),
        ("\u{feff}A=1", &[("A", "1")]),
        ("A=\u{e9}\u{20ac}", &[("A", "\u{e9}\u{20ac}")]),
        ("A=x\u{a0}#c", &[("A", "x")]),
        ("A=a=b=c", &[("A", "a=b=c")]),
        ("A=it's", &[("A", "it's")]),
        ("A=a\"b\"", &[("A", "a\"b\"")]),
        ("A=\"\"", &[("A", "")]),
        ("'A B'=1", &[("A B", "1")]),
        ("A.b-c=1", &[("A.b-c", "1")]),
        ("1A=2", &[("1A", "2")]),
        ("A=1\nB=${A}x", &[("A", "1"), ("B", "1x")]),
        ("B=${A}x\nA=1", &[("A", "1"), ("B", "x")]),
        ("A=${P}", &[("A", "proc")]),
        ("P=mine\nA=${P}", &[("A", "proc"), ("P", "mine")]),
        ("A=${NO}|", &[("A", "|")]),
        ("A=${NO:-d e}", &[("A", "d e")]),
        ("A=${P:-d}", &[("A", "proc")]),
        ("A=\nB=${A:-d}", &[("A", ""), ("B", "")]),
        ("A='${P}'", &[("A", "proc")]),
        ("A=\"${P}\"", &[("A", "proc")]),
        ("A=$P", &[("A", "$P")]),
        ("A=${P", &[("A", "${P")]),
        ("A=${P:x}", &[("A", "${P:x}")]),
        ("A=${P:-${P}}", &[("A", "proc}")]),
        ("A=\\${P}", &[("A", "\\proc")]),
        ("A=1\nA=2", &[("A", "2")]),
        ("A=1\nB=3\nA=${A}2", &[("A", "12"), ("B", "3")]),
        ("A=1\nA\n", &[]),
        ("A=${B}\nB=1", &[("A", ""), ("B", "1")]),
        ("export=1", &[("export", "1")]),
        ("A=a\u{1c}#b", &[("A", "a")]),
    ];
    for (text, expected) in table {
        let got = parse(text).unwrap();
        let got: Vec<_> = got.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(got, *expected, "{text:?}");
    }
}

/// python-dotenv warns of each of these and leaves it out.
#[test]
fn what_python_dotenv_cannot_read_is_an_error_with_its_line() {
    for (text, line) in [
        ("A='x", 1),
        ("A=\"x\ny", 1),
        ("A='a'b", 1),
        ("A b", 1),
        ("=1", 1),
        ("export =1", 1),
        ("B=2\n\nA b\n", 3),
        ("''=1", 1),
        ("A='x' y", 1),
        ("'A=1", 1),
        ("B='1\n2'\nA b", 3),
        ("A=1\r\n\r\nB", 0),
        ("A=1\r\n\r\n=B", 3),
    ] {
        let got = parse(text).err().map_or(0, |error| error.line);
        assert_eq!(got, line, "{text:?}");
    }
    assert_eq!(parse("A='x\0'").unwrap_err().line, 1);
}

#[test]
fn the_process_wins_and_values_are_never_shown() {
    let env = Environment::from_vars([("P".into(), "proc-secret".into())]);
    let env = env.with_dotenv("P=file\nQ=\"file secret\"").unwrap();
    assert_eq!(
        (env.get("P"), env.get("Q"), env.get("R")),
        (Some("proc-secret"), Some("file secret"), None)
    );
    assert_eq!(env.lookup()("Q").as_deref(), Some("file secret"));
    assert_eq!(format!("{env:?}"), r#"{"P", "Q"}"#);
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("the.env");
    std::fs::write(&path, "PATH=mine\nONLY_IN_FILE='x'\n").unwrap();
    let env = Environment::load(Some(&path)).unwrap();
    assert_eq!(env.get("ONLY_IN_FILE"), Some("x"));
    assert_eq!(env.get("PATH").map(str::to_owned), std::env::var("PATH").ok());

    std::fs::write(&path, "A=1\nSECRET='hunter2\n").unwrap();
    let error = Environment::load(Some(&path)).unwrap_err().to_string();
    assert!(
        error.ends_with("the.env cannot be understood: line 2: the value's quote is not closed"),
        "{error}"
    );

    let missing = Environment::load(Some(&folder.path().join("none"))).unwrap_err();
    assert!(missing.to_string().contains("--env-file"), "{missing}");
}

#[test]
fn behind_a_wrong_line_reading_goes_on_and_every_variable_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("the.env");
    std::fs::write(&path, "A=1\nB b\n  C='hunter2\n=\nexport PATH=3\n").unwrap();
    let (env, errors) = Environment::inspect(Some(&path)).unwrap();
    let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    assert_eq!(env.get("A"), Some("1"));
    assert_ne!(env.get("PATH"), Some("3"), "the process wins");
    let place = |name: &str| env.place(name).map(|place| (place.line, place.column));
    assert_eq!(
        (place("A"), place("PATH"), place("C"), place("HOME")),
        (Some((1, 1)), None, None, None)
    );
    assert!(env.place("A").unwrap().file.ends_with("the.env"));
    assert_eq!(env.file_names().collect::<Vec<_>>(), ["A", "PATH"]);
    assert!(!format!("{errors:?}").contains("hunter"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"([AB=# \n\r'"\\${}:-]|export |\PC){0,60}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn a_single_quoted_value_comes_back(value in r"[^\x00\r]{0,40}") {
        let quoted = value.replace('\\', r"\\").replace('\'', r"\'");
        let got = parse(&format!("A='{quoted}'\n")).unwrap();
        proptest::prop_assume!(!value.contains("${"));
        proptest::prop_assert_eq!(got, BTreeMap::from([("A".to_owned(), value)]));
    }
}
