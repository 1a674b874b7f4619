//! Files that nobody meant: no panic, memory in proportion, and no value in a message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use proptest::sample::Index;
use settings::dotenv::Environment;
use settings::{Document, Section};

const SECRET: &str = "hushHUSH0123456789";

const ENV: &str = "# the services\nexport GLOBUS_CLIENT_ID='app'\nGLOBUS_CLIENT_SECRET=\"hushHUSH0123456789\" # secret\n\
    PREFECT_API_URL=http://localhost:4200/api\nBOTH=${GLOBUS_CLIENT_ID}:${NONE:-default}\nEMPTY=\n";

const YAML: &str = "globus:\n  globus_endpoints:\n    spot: {root_path: /raw, uuid: 'x', name: \"spot\"}\n  globus_apps:\n    \
    als: {client_id: ${GLOBUS_CLIENT_ID}, client_secret: hushHUSH0123456789}\nstall: 1h\nlist: [1, 2.5, ~, true, $SECRET]\n\
    base: &base {a: 1}\nderived:\n  <<: *base\n  text: |\n    two\n    lines\n";

/// Asks a section, and those below it, for everything in every way.
fn ask_all(section: &Section<'_>, depth: u32) {
    for key in section.keys() {
        let shown = section
            .setting(key)
            .map(|setting| format!("{setting:?} {:?}", setting.get().err()));
        assert!(!shown.unwrap_or_default().contains(SECRET));
        let _ = (section.duration(key), section.value(key));
        if depth < 4 {
            ask_all(&section.section(key), depth + 1);
        }
    }
}

/// Reads a text as YAML with all that it holds; what is said of it.
fn yaml(text: &str) -> String {
    let vars = [("GLOBUS_CLIENT_ID", "app"), ("SECRET", SECRET)];
    let env = Environment::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned())));
    match Document::read(text, "config.yml", &env) {
        Ok(document) => {
            ask_all(&document.top(), 0);
            let mistakes = document.mistakes().map(|mistakes| mistakes.to_string());
            format!("{:?} {:?} {document:?}", mistakes, document.unknown_keys())
        }
        Err(mistake) => format!("{mistake} {mistake:?}"),
    }
}

fn dotenv(text: &str) -> String {
    match Environment::default().with_dotenv(text) {
        Ok(environment) => format!("{environment:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// A text with pieces taken out, doubled or put in.
fn edited(text: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\n",
            "  ",
            "\t",
            "'",
            "\"",
            "\\",
            "$",
            "${",
            "}",
            "#",
            "=",
            ":",
            ": ",
            "- ",
            "{",
            "[",
            "]",
            "&a",
            "*a",
            "*base",
            "<<: ",
            "---\n",
            "...\n",
            "|",
            ">-",
            "!",
            "!!int ",
            "? ",
            "\0",
            "\r",
            "\u{feff}",
            "\u{85}",
            "%YAML 1.2\n",
            "A=",
            "export "
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    let edit = (any::<Index>(), 0_usize..12, piece);
    prop::collection::vec(edit, 1..5).prop_map(move |edits| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + length).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

/// Whether the secret stands alone, so that an edit has not made something else of it, such as a part of a key.
fn is_value(text: &str, before: &str) -> bool {
    text.contains(&format!("{before}{SECRET}"))
}

proptest! {
    #[test]
    fn an_edited_yaml_file_is_read_or_refused_and_no_value_is_told(text in edited(YAML)) {
        let told = yaml(&text);
        if is_value(&text, "client_secret: ") {
            prop_assert!(!told.contains(SECRET), "{}\n{}", text, told);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "([a-z]{0,3}|[-:{}\\[\\],&*#?|>'\"%@!~ \t\n\r]|\\PC){0,60}") {
        let _ = (yaml(&text), dotenv(&text));
    }

    #[test]
    fn an_edited_env_file_is_read_or_refused_and_no_value_is_told(text in edited(ENV)) {
        let told = dotenv(&text);
        if is_value(&text, "GLOBUS_CLIENT_SECRET=\"") {
            prop_assert!(!told.contains(SECRET), "{}\n{}", text, told);
        }
    }
}

/// The most memory that this process has had, in MiB; nothing where the system does not tell.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

#[test]
fn files_that_grow_as_they_are_read_are_refused() {
    // Each line doubles the one above: a kilobyte that would be a terabyte.
    let doubled = "A=0123456789abcdef\n".to_owned() + &"A=${A}${A}\n".repeat(40);
    let error = Environment::default().with_dotenv(&doubled).unwrap_err();
    assert!(error.problem.contains("long"), "{error}");

    let laughs: Vec<String> = (1..40)
        .map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1))
        .collect();
    let laughs = "a0: &a0 [ha, ha]\n".to_owned() + &laughs.concat();
    let deep: Vec<String> = (0..3_000).map(|depth| " ".repeat(depth) + "a:\n").collect();
    let nested = ["[", "{a: ", "? ", "- "].map(|opening| opening.repeat(50_000));
    for refused in nested.into_iter().chain([laughs, deep.concat()]) {
        let told = yaml(&refused);
        assert!(
            told.contains("this is not YAML"),
            "{}: {}",
            &refused[..40],
            &told[..200]
        );
    }
    let _ = dotenv(&"A=".repeat(200_000));
    assert!(peak_mib() < 512, "{} MiB", peak_mib());
}
