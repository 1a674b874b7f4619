//! The container files: what can be said of them without building them.

use std::process::Command;

use serde_json::Value;

fn file(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../").to_owned() + name;
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Instruction and the rest, comments left out and continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text: Vec<String> = file("Containerfile")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    text.join("\n")
        .replace("\\\n", " ")
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(word, rest)| (word.to_owned(), rest.trim().to_owned()))
        .collect()
}

fn words(rest: &str) -> Vec<String> {
    serde_json::from_str(rest).unwrap_or_else(|error| panic!("{rest}: {error}"))
}

#[test]
fn the_container_runs_a_worker_and_not_as_root() {
    let known = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "ENV",
        "VOLUME",
        "STOPSIGNAL",
        "ENTRYPOINT",
        "CMD",
    ];
    let all = instructions();
    assert_eq!(all[0].0, "FROM");
    for (word, rest) in &all {
        assert!(known.contains(&word.as_str()), "{word} {rest}");
    }
    let last = |wanted: &str| {
        all.iter()
            .rev()
            .find(|(word, _)| word == wanted)
            .map(|(_, rest)| rest.as_str())
            .unwrap()
    };
    let user: u32 = last("USER").parse().unwrap();
    assert!(user > 0);
    // What it starts is a command of this program.
    let arguments = [words(last("ENTRYPOINT")), words(last("CMD"))].concat();
    assert_eq!(arguments[0], "splash-flows");
    let output = Command::new(env!("CARGO_BIN_EXE_splash-flows"))
        .args(&arguments[1..])
        .arg("--help")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_compose_file_has_a_server_its_database_and_a_worker_that_finds_it() {
    let compose: Value = serde_saphyr::from_str(&file("compose.yml")).unwrap();
    let services = &compose["services"];
    for name in ["database", "prefect_server", "worker"] {
        assert!(services[name].is_object(), "{name}");
    }
    assert_eq!(services["worker"]["build"]["dockerfile"], "Containerfile");
    let environment = &services["worker"]["environment"];
    let url = environment["PREFECT_API_URL"].as_str().unwrap();
    // Plain http goes only where it is allowed.
    assert_eq!(url, "http://prefect_server:4200/api");
    assert_eq!(environment["ALLOW_HTTP_HOSTS"], "prefect_server");
    let volumes = compose["volumes"].as_object().unwrap();
    let mounted = services["database"]["volumes"][0]
        .as_str()
        .unwrap()
        .split(':')
        .next()
        .unwrap();
    assert!(volumes.contains_key(mounted));
    let config = services["worker"]["volumes"][0].as_str().unwrap();
    assert!(file("Containerfile").contains(config.split(':').nth(1).unwrap()));
}
