//! `login`: who the credentials are, without a secret; and a person's login by link and code.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use service_sim::{NATIVE_CLIENT_ID, default_collections};

use crate::child::{Beamline, finish};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The word after each line's name.
fn line<'a>(output: &'a str, name: &str) -> &'a str {
    let found = output.lines().find_map(|line| line.strip_prefix(name));
    found
        .unwrap_or_else(|| panic!("no line {name} in {output}"))
        .trim()
}

fn assert_no_secret(beamline: &Beamline, output: &Output) {
    let seen = text(&output.stdout) + &text(&output.stderr);
    assert!(
        !seen.contains(&beamline.sim.env()["GLOBUS_CLIENT_SECRET"]),
        "{seen}"
    );
    assert!(!seen.contains("Bearer"), "{seen}");
}

#[test]
fn the_credentials_of_env_are_told_one_line_each() {
    let beamline = Beamline::with(|sim| sim);
    let output = finish(beamline.command(&["login"]));
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{err}");
    let env = beamline.sim.env();
    let id = &env["GLOBUS_CLIENT_ID"];
    let service = line(&out, "service");
    for name in ["GLOBUS_SDK_SERVICE_URL_AUTH", "GLOBUS_SDK_SERVICE_URL_TRANSFER"] {
        assert!(service.contains(&env[name]), "{service}");
    }
    assert!(
        line(&out, "identity").contains(&format!("{id}@clients.auth.globus.org")),
        "{out}"
    );
    assert_eq!(
        line(&out, "scopes"),
        "urn:globus:auth:scope:transfer.api.globus.org:all"
    );
    assert!(line(&out, "expires").contains("(in 47 h)"), "{out}");
    assert_eq!(line(&out, "transfer"), "takes the token");
    assert_eq!(out.lines().count(), 5, "{out}");
    assert_no_secret(&beamline, &output);
}

#[test]
fn credentials_that_are_refused_are_one_line_with_what_to_do() {
    let beamline = Beamline::with(|sim| sim);
    let mut command = beamline.command(&["login"]);
    command
        .env("GLOBUS_CLIENT_SECRET", "hunter2")
        .env("RUST_LOG", "trace");
    let output = finish(command);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let err = text(&output.stderr);
    assert!(!err.contains("hunter2"), "{err}");
    let last = err.lines().last().unwrap();
    for part in ["login failed (invalid_client)", "GLOBUS_CLIENT_SECRET in .env"] {
        assert!(last.contains(part), "{last}");
    }
}

#[test]
fn a_token_that_transfer_does_not_take_is_a_failure() {
    let beamline = Beamline::with(|sim| sim.fault("transfer.task_list:status=403".parse().unwrap()));
    let output = finish(beamline.command(&["login"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("Transfer does not take it"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_mapped_collection_is_opened_where_the_configuration_says_so() {
    let mapped = |sim: service_sim::SimBuilder| {
        let specs = default_collections().into_iter();
        sim.collections(
            specs
                .map(|spec| {
                    let mapped = spec.key == "nersc832";
                    spec.mapped(mapped)
                })
                .collect(),
        )
    };
    let beamline = Beamline::with(mapped);
    beamline.sim.collection("nersc832").write("raw/a.txt", b"a");
    let check = ["check", "transfer", "nersc832", "--read-only"];
    let refused = finish(beamline.command(&check));
    let out = text(&refused.stdout);
    assert_eq!(refused.status.code(), Some(1), "{out}");
    assert!(out.contains("a mapped collection"), "{out}");
    let id = beamline.sim.collection("nersc832").uuid().to_owned();
    for part in [
        "ConsentRequired",
        &format!("scopes/{id}/data_access"),
        "`data_access: true`",
        "splash-flows login",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }

    let path = beamline.folder().join("config.yml");
    let mut config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    config["globus"]["globus_endpoints"]["nersc832"]["data_access"] = true.into();
    std::fs::write(&path, config.to_string()).unwrap();
    assert!(finish(beamline.command(&check)).status.success());
    let login = finish(beamline.command(&["login"]));
    assert_eq!(line(&text(&login.stdout), "data"), "access asked for: nersc832");
}

/// Reads the link that the command shows, opens it, and gives the code that the page shows.
fn open_link(stderr: &mut impl BufRead) -> String {
    let mut link = String::new();
    while !link.starts_with("http") {
        link.clear();
        assert_ne!(stderr.read_line(&mut link).unwrap(), 0, "no link was shown");
    }
    let page = curl(link.trim());
    let (_, rest) = page.split_once("<code>").unwrap_or_else(|| panic!("{page}"));
    rest.split_once("</code>").unwrap().0.to_owned()
}

/// What a browser does with a link: a GET, and where it is sent on to, another.
fn curl(link: &str) -> String {
    let mut url = link.to_owned();
    for _ in 0..3 {
        let rest = url.strip_prefix("http://").unwrap().to_owned();
        let (host, path) = rest.split_once('/').unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let next = answer.lines().find_map(|line| line.strip_prefix("location: "));
        match next {
            Some(next) => next.clone_into(&mut url),
            None => return answer,
        }
    }
    panic!("sent round in circles: {url}");
}

/// The command as a person's, in that beamline.
fn of_person(beamline: &Beamline, arguments: &[&str]) -> Command {
    let mut command = beamline.command(arguments);
    command
        .env("GLOBUS_NATIVE_CLIENT_ID", NATIVE_CLIENT_ID)
        .env("GLOBUS_CLIENT_ID", "")
        .env("GLOBUS_CLIENT_SECRET", "");
    command
}

#[test]
fn a_person_logs_in_by_link_and_code_and_flows_run_in_that_name() {
    let beamline = Beamline::with(|sim| sim);
    let before = finish(of_person(&beamline, &["login"]));
    assert_eq!(before.status.code(), Some(1));
    assert!(
        text(&before.stderr).contains("splash-flows login --native"),
        "{}",
        text(&before.stderr)
    );

    let mut child = of_person(&beamline, &["login", "--native"]);
    let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let code = open_link(&mut stderr);
    writeln!(child.stdin.take().unwrap(), " {code} ").unwrap();
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    let output = child.wait_with_output().unwrap();
    let out = text(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(line(&out, "identity").contains("scientist@lbl.example"), "{out}");
    assert!(line(&out, "expires").ends_with("renewed by itself"), "{out}");
    assert!(!told.contains(&code) && !out.contains(&code));

    let store = beamline
        .folder()
        .join(".local/state/splash-flows/globus-tokens.json");
    let mode = std::fs::metadata(&store).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let again = finish(of_person(&beamline, &["login"]));
    assert_eq!(line(&text(&again.stdout), "identity"), line(&out, "identity"));

    beamline
        .sim
        .collection("spot832")
        .write("raw/transfer_tests/test.txt", b"a test");
    let flight = finish(of_person(&beamline, &["flight-check"]));
    assert!(flight.status.success(), "{}", text(&flight.stderr));
    let tokens: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&store).unwrap()).unwrap();
    let secret = tokens["tokens"]["transfer.api.globus.org"]["access_token"]
        .as_str()
        .unwrap();
    for output in [&output, &again, &flight] {
        let seen = text(&output.stdout) + &text(&output.stderr);
        assert!(!seen.contains(secret), "{seen}");
    }
}

#[test]
fn without_a_code_or_a_native_client_nothing_is_changed() {
    let beamline = Beamline::with(|sim| sim);
    let nobody = finish(beamline.command(&["login", "--native"]));
    assert_eq!(nobody.status.code(), Some(1));
    assert!(
        text(&nobody.stderr).contains("GLOBUS_NATIVE_CLIENT_ID"),
        "{}",
        text(&nobody.stderr)
    );
    let silent = finish(of_person(&beamline, &["login", "--native"]));
    assert_eq!(silent.status.code(), Some(1));
    assert!(
        text(&silent.stderr).contains("no code was given"),
        "{}",
        text(&silent.stderr)
    );
    assert!(beamline.sim.journal().entries().is_empty());
    assert!(
        !beamline
            .folder()
            .join(".local/state/splash-flows/globus-tokens.json")
            .exists()
    );
}
