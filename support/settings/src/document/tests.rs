use std::time::Duration;

use serde_json::json;

use super::*;

fn env() -> Environment {
    Environment::default().with_dotenv("A=1\nDATA=/data").unwrap()
}

/// Reads `text`, asks it, and answers what was wrong.
fn mistakes(text: &str, ask: impl FnOnce(Section<'_>)) -> Vec<String> {
    let env = env();
    let document = Document::read(text, "c.yml", &env).unwrap();
    ask(document.top());
    let found = document.mistakes();
    let found = found.as_ref().map_or(&[][..], Mistakes::list);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_mistake_is_found_in_one_reading_and_no_value_is_shown() {
    let text = "\
a: [hunter2]
b: hunter2
c:
  d: {x: hunter2}
  d: 2
e: hunter2
f: [1, [2], hunter2]
g: $HUNTER
b: 3
";
    let found = mistakes(text, |top| {
        assert_eq!(top.setting("a"), None);
        assert_eq!(top.duration("b"), None);
        assert_eq!(top.section("c").setting("d"), None);
        assert_eq!(top.section("e").keys(), [""; 0]);
        assert_eq!(
            top.list("f", "must be a number", |text| text.parse::<u8>().ok()),
            Some(vec![1])
        );
        assert_eq!(top.count("g"), None);
        assert_eq!(top.section("none").required("h").text(), "");
        assert_eq!(top.boolean("b"), None);
    });
    assert_eq!(
        found,
        [
            "c.yml:1:1: none.h is missing: add it",
            "c.yml:1:4: a must be a text or a number, not a list or a mapping",
            "c.yml:2:4: b must be a time above zero such as 1h, 30m, 90s, or a number of seconds",
            "c.yml:2:4: b must be true or false",
            "c.yml:4:6: c.d must be a text or a number, not a list or a mapping",
            "c.yml:5:3: c.d stands twice in this mapping (first in line 4): keep one of them",
            "c.yml:6:4: e must be a mapping (lines of `key: value`)",
            "c.yml:7:8: f[1] must be a text or a number, not a list or a mapping",
            "c.yml:7:13: f[2] must be a number",
            "c.yml:8:4: g needs the variable HUNTER, which is not set: set it in the environment or in .env",
            "c.yml:9:1: b stands twice in this mapping (first in line 2): keep one of them",
        ]
    );
}

#[test]
fn texts_keep_every_character_and_are_expanded() {
    let text = "\u{feff}id: 012\ne: 1e5\nhex: 0x10\nyes: on\nq: '$A'\nnothing:\nn: 12345678901234567890123456789012345678901234567890\nt: ${A}m\n";
    let found = mistakes(text, |top| {
        let text = |name: &str| {
            let setting = top.setting(name)?;
            Some(setting.get().unwrap().to_owned())
        };
        assert_eq!(text("id").as_deref(), Some("012"));
        assert_eq!(text("e").as_deref(), Some("1e5"));
        assert_eq!(text("hex").as_deref(), Some("0x10"));
        assert_eq!(text("yes").as_deref(), Some("on"));
        assert_eq!(text("q").as_deref(), Some("1"));
        assert_eq!((text("nothing"), text("absent")), (None, None));
        assert!(text("n").unwrap().ends_with("67890"));
        assert_eq!(top.boolean("yes"), Some(true));
        assert_eq!(top.duration("t"), Some(Duration::from_secs(60)));
        assert_eq!(top.count("id"), Some(12));
        let place = top.setting("q").unwrap().place().unwrap().to_string();
        assert_eq!(place, "c.yml:5:4");
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn values_are_those_of_yaml_with_their_texts_expanded() {
    let found = mistakes(
        "v: {x: [$A, $NO, 2, 0.5, yes, ~, .inf], y: &z {k: $DATA}, w: *z}\n",
        |top| {
            assert_eq!(
                top.value("v"),
                Some(
                    json!({"x": ["1", "$NO", 2, 0.5, true, null, ".inf"], "y": {"k": "/data"}, "w": {"k": "/data"}})
                )
            );
        },
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_dollar_inside_a_secret_is_part_of_it() {
    let found = mistakes("a: pa$$word\nb: ${WORD}\n", |top| {
        assert_eq!(top.required_secret("a").get(), Ok("pa$$word"));
        assert_eq!(top.required_secret("b").get().unwrap_err().variable, "WORD");
        let error = top.required("a").get().unwrap_err().to_string();
        assert!(
            error.starts_with("c.yml:1:4: a needs the variable word"),
            "{error}"
        );
        assert!(!format!("{:?}{top:?}", top.required_secret("a")).contains("word"));
        top.required_secret("c");
    });
    assert_eq!(found, ["c.yml:1:1: c is missing: add it"]);
}

#[test]
fn an_alias_stands_where_it_is_used() {
    mistakes("a: &x $NO\n\nb: *x\n", |top| {
        let error = top.required("b").get().unwrap_err().to_string();
        assert!(
            error.starts_with("c.yml:3:4: b needs the variable NO, which is not set"),
            "{error}"
        );
    });
}

#[test]
fn keys_that_nobody_knows_are_told_where_they_could_be_meant() {
    let env = env();
    let text = "known: 1\nknwon: 2\nmap:\n  x: 1\n  y: 2\nother:\n  z: 1\n";
    let document = Document::read(text, "c.yml", &env).unwrap();
    document.top().count("known");
    document.top().section("map").count("x");
    let unknown: Vec<String> = document
        .unknown_keys()
        .into_iter()
        .map(|(place, key)| format!("{place} {key}"))
        .collect();
    assert_eq!(unknown, ["c.yml:2:1 knwon", "c.yml:5:3 map.y", "c.yml:6:1 other"]);
}

#[test]
fn every_key_has_the_place_of_its_value() {
    let env = env();
    let document = Document::read("a:\n  b: {c: 1}\n  b: 2\nd:\n", "c.yml", &env).unwrap();
    let places: Vec<String> = document
        .places()
        .into_iter()
        .map(|(key, place)| format!("{key} {place}"))
        .collect();
    assert_eq!(
        places,
        ["a c.yml:2:3", "a.b c.yml:2:6", "a.b.c c.yml:2:10", "d c.yml:4:2"]
    );
}

#[test]
fn what_is_no_yaml_is_one_mistake_with_its_place() {
    let env = env();
    for (text, place) in [
        ("a: [\n", "c.yml:1:4: "),
        ("x: 1\na: 'hunter2\n", "c.yml:2:4: "),
        ("a: b: c\n", "c.yml:1:5: "),
        ("a: 1\n---\nb: 2\n", "c.yml:3:1: "),
        ("? [hunter2]\n: 1\n", "c.yml:1:3: "),
        ("a: *no\n", "c.yml:1:4: "),
    ] {
        let mistake = Document::read(text, "c.yml", &env).unwrap_err().to_string();
        assert!(
            mistake.starts_with(place) && mistake.contains("not looked at"),
            "{mistake}"
        );
        assert!(!mistake.contains("hunter"), "{mistake}");
    }
}

#[test]
fn an_empty_file_has_no_keys_and_a_list_is_no_file() {
    for text in ["", "# nothing\n", "~\n"] {
        assert!(mistakes(text, |top| assert!(top.keys().is_empty())).is_empty());
    }
    assert_eq!(
        mistakes("- 1\n", |top| assert!(top.keys().is_empty())),
        ["c.yml:1:1: the file must be a mapping (lines of `key: value`)"]
    );
}

#[test]
fn a_list_of_mistakes_shows_the_first_and_counts_the_others() {
    let mistake = |line: u64| Mistake {
        place: Place {
            file: "c.yml".to_owned(),
            line,
            column: 1,
        },
        key: "a".to_owned(),
        problem: "is wrong".to_owned(),
    };
    let shown = |lines: &[u64]| {
        Mistakes::new(lines.iter().map(|line| mistake(*line)).collect())
            .unwrap()
            .to_string()
    };
    assert_eq!(shown(&[1]), "c.yml:1:1: a is wrong");
    assert_eq!(shown(&[2, 1]), "c.yml:1:1: a is wrong (and 1 more mistake)");
    assert_eq!(shown(&[3, 2, 1]), "c.yml:1:1: a is wrong (and 2 more mistakes)");
    assert_eq!(Mistakes::new(Vec::new()), None);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"([ab:\[\]{}#&*!|>'" \n\t0-9$~<-]|\PC){0,60}"#) {
        let env = env();
        if let Ok(document) = Document::read(&text, "c.yml", &env) {
            let top = document.top();
            for key in top.keys() {
                let _ = (top.setting(key), top.value(key), top.duration(key), top.section(key).keys());
            }
            let _ = (document.mistakes(), document.unknown_keys());
        }
    }
}
