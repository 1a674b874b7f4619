//! The shell exports: what a shell has after `eval "$(splash-flows env)"`.

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const BINARY: &str = env!("CARGO_BIN_EXE_splash-flows");

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A program in `folder`, with no variable of this process.
fn program(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(name);
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

/// What a shell has in `names` after it took the exports; nothing for one that is not set.
fn evaluated(folder: &Path, process: &[(&str, &str)], names: &[&str]) -> Vec<Option<String>> {
    let asked: Vec<String> = names
        .iter()
        .map(|name| {
            format!("if [ -n \"${{{name}+x}}\" ]; then printf 'y%s\\0' \"${name}\"; else printf 'n\\0'; fi")
        })
        .collect();
    // The values are asked of a child of the shell, so that only what is exported counts.
    let script = r#"eval "$("$0" env)" && exec /bin/sh -c "$1""#;
    let mut shell = program(folder, "/bin/sh");
    shell.args(["-c", script, BINARY, &asked.join("\n")]);
    shell.envs(process.iter().copied());
    let output = shell.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let values: Vec<_> = text.split_terminator('\0').collect();
    assert_eq!(values.len(), names.len(), "{text:?}");
    let value = |text: &&str| text.strip_prefix('y').map(str::to_owned);
    values.iter().map(value).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder, BINARY).args(arguments).output().unwrap()
}

#[test]
fn a_shell_has_what_the_incumbents_login_script_gave_it() {
    let dotenv = "# Globus\nGLOBUS_CLIENT_ID=the-id # mine\nGLOBUS_CLIENT_SECRET='the secret'\nPREFECT_API_URL=https://p.example.org/api\nPREFECT_API_KEY=key\nPUSHGATEWAY_URL=http://localhost:9091\n";
    let folder = folder(&[(".env", dotenv)]);
    let names = [
        "GLOBUS_CLIENT_ID",
        "GLOBUS_CLIENT_SECRET",
        "GLOBUS_COMPUTE_CLIENT_ID",
        "GLOBUS_COMPUTE_CLIENT_SECRET",
        "GLOBUS_CLI_CLIENT_ID",
        "GLOBUS_CLI_CLIENT_SECRET",
        "PREFECT_API_URL",
        "PREFECT_API_KEY",
        "PUSHGATEWAY_URL",
        "BEAMLINE",
    ];
    let process = [
        ("PREFECT_API_KEY", "of the process"),
        ("GLOBUS_CLI_CLIENT_ID", "own"),
    ];
    let expected = [
        "the-id",
        "the secret",
        "the-id",
        "the secret",
        "own",
        "the secret",
        "https://p.example.org/api",
        "of the process",
        "http://localhost:9091",
    ];
    let mut expected: Vec<_> = expected.map(|value| Some(value.to_owned())).into();
    expected.push(None);
    assert_eq!(evaluated(folder.path(), &process, &names), expected);
}

#[test]
fn no_value_is_more_than_a_value() {
    let nasty = [
        "",
        " ",
        "it's",
        "\"",
        "$(touch ran)",
        "`touch ran`",
        "${HOME}$HOME$$",
        "a\nexport B=2\n; touch ran #",
        "a;b&c|d>ran<e",
        "\\",
        "\\'\\\"",
        "*?[a-z]~",
        "~/x",
        "!history!",
        "=ls",
        "-n",
        "ü€𝄞",
        "\t\r\u{1b}[0m\u{7}",
        "'\"'\"'",
        "$'\\n'",
        "%s%n",
        "# no comment",
        "trailing newline\n\n",
    ];
    let names: Vec<String> = (0..nasty.len()).map(|n| format!("V{n}")).collect();
    let line = |(name, value): (&String, &&str)| {
        let value = value.replace('\\', "\\\\").replace('\'', "\\'");
        // In quotes a carriage return alone would be read as the end of a line.
        format!("{name}='{}'\n", value.replace('\r', ""))
    };
    let dotenv: String = names.iter().zip(&nasty).map(line).collect();
    let folder = folder(&[(".env", &dotenv)]);
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    let given = evaluated(folder.path(), &[("HOME", "nowhere")], &asked);
    for ((name, value), given) in names.iter().zip(nasty).zip(given) {
        // python-dotenv expands ${HOME} in the file; nothing else changes.
        let value = value.replace('\r', "").replace("${HOME}", "nowhere");
        assert_eq!(given.as_deref(), Some(value.as_str()), "{name}");
    }
    assert!(!folder.path().join("ran").exists(), "a value was executed");

    // A value of the process keeps its carriage returns too.
    let folder = self::folder(&[(".env", "")]);
    let value = "a\rb\r\n'";
    let given = evaluated(folder.path(), &[("BEAMLINE", value)], &["BEAMLINE"]);
    assert_eq!(given, [Some(value.to_owned())]);
}

#[test]
fn credentials_in_config_yml_win_and_a_nul_is_refused() {
    let config = |secret: &str| {
        format!(
            "globus: {{globus_apps: {{als_transfer: {{client_id: from-config, client_secret: {secret}}}}}}}\n"
        )
    };
    let dotenv = (".env", "GLOBUS_CLIENT_ID=from-env\n");
    let folder = folder(&[dotenv, ("config.yml", &config("pa$$word"))]);
    let names = ["GLOBUS_CLIENT_ID", "GLOBUS_CLI_CLIENT_SECRET"];
    let given = evaluated(folder.path(), &[], &names);
    assert_eq!(
        given,
        [Some("from-config".to_owned()), Some("pa$$word".to_owned())]
    );

    std::fs::write(folder.path().join("config.yml"), config("\"a\\0b\"")).unwrap();
    let refused = run(folder.path(), &["env"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(
        text(&refused.stderr).contains("GLOBUS_CLIENT_SECRET has a NUL"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn what_cannot_be_read_exports_nothing() {
    let folder = folder(&[(".env", "A=1\nB b\n")]);
    let wrong = run(folder.path(), &["env"]);
    assert_eq!(
        (wrong.status.code(), text(&wrong.stdout)),
        (Some(1), String::new())
    );
    assert!(text(&wrong.stderr).contains("line 2"), "{}", text(&wrong.stderr));
    for arguments in [["--env-file", "none", "env"], ["--config", "none.yml", "env"]] {
        std::fs::write(folder.path().join(".env"), "A=1\n").unwrap();
        let missing = run(folder.path(), &arguments);
        assert_eq!(
            (missing.status.code(), text(&missing.stdout)),
            (Some(1), String::new())
        );
        assert!(
            text(&missing.stderr).contains("none"),
            "{}",
            text(&missing.stderr)
        );
    }
}

#[test]
fn a_name_that_no_shell_takes_and_a_missing_credential_are_told() {
    let folder = folder(&[(".env", "A.b=secret\nGOOD=1\n")]);
    let output = run(folder.path(), &["env"]);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "export GOOD=1\n");
    let told = text(&output.stderr);
    assert!(
        told.contains("\"A.b\"") && told.contains("GLOBUS_CLIENT_ID is not set"),
        "{told}"
    );
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn secrets_go_to_a_terminal_only_if_that_is_asked_for() {
    let folder = folder(&[(".env", "GLOBUS_CLIENT_SECRET=hunter2\n")]);
    for (arguments, shown) in [(&["env"][..], false), (&["env", "--force"], true)] {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let terminal = File::options().read(true).write(true).open(path).unwrap();
        let output = program(folder.path(), BINARY)
            .args(arguments)
            .stdout(Stdio::from(terminal))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.success(), shown);
        let told = text(&output.stderr);
        assert_eq!(told.contains("--force"), !shown, "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
